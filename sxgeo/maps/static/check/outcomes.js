// Label and line of an outcome in either language.
import {own} from './plain.js';

export function outcomeWords(words, outcome, effect, english) {
  const labels = english ? words.english.labels : words.labels_zh;
  const exact = own(labels, `${outcome}:${effect}`);
  return (
    exact ||
    (english
      ? [words.outcome_en[outcome], words.english.lines[outcome] || '']
      : [words.outcome_zh[outcome], words.lines_zh[outcome] || ''])
  );
}

export function outcomeLabel(words, outcome, effect, english) {
  return outcomeWords(words, outcome, effect, english)[0];
}
