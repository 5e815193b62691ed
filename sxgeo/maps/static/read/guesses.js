// What has to be guessed of an input, in the words of the library.
export function guessed(key, taken, evidence, alternative) {
  return `guess: ${key} taken as ${taken} (${evidence}); it could be ${alternative}; settle it with --assume ${key}=...`;
}

export const GUESSES = {
  order:
    'guess: latitude taken to stand before longitude (typed in that order); write longitude first to settle it',
  datum:
    "guess: datum taken as CGCS2000 (metres, and nothing says which datum; Xi'an 1980 and Beijing 1954 lie up to 150 m apart); give degrees, or use sxgeo check --assume datum=CGCS2000",
  kml: guessed(
    'datum',
    'CGCS2000',
    'KML is WGS 84 by definition, and nothing names the imagery that it was drawn on',
    'GCJ-02: imagery of Chinese map services lies some 560 m away',
  ),
  survey:
    'a survey TXT is read in short here: closure, number of points, area, order of axes and zone were not compared with its header; use sxgeo check for a clear answer',
};
