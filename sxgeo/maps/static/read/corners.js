// Points that may be the corners of a plot. The rule is that of the library's corners.py, whose words and limits the pack carries. Pure.
import {boxOf, toBoundary} from '../check/geometry.js';
import {has} from '../check/plain.js';
import {crosses} from '../check/validity.js';
import {guessed} from './guesses.js';
import {DEGREE_M, DOUBTS, ID_KEYS, NAME_KEYS, PART, closed, doubted} from './marks.js';

const plain = text =>
  text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/[\s_:°]+|\(.*?\)|\[.*?\]/g, '');

const keysOf = values => [...new Set(values.flatMap(Object.keys))];
const valuesOf = (features, rows) => rows.map(i => (features[i] && features[i].properties) || {});

function textsOf(values, key) {
  return values.map(one => (has(one, key) ? String(one[key] ?? '').trim() : ''));
}

// How many times in a row each text stands.
function runsOf(texts) {
  const runs = [];
  texts.forEach((text, i) => {
    if (i && text === texts[i - 1]) {
      runs[runs.length - 1] += 1;
    } else {
      runs.push(1);
    }
  });
  return runs;
}

function isGrouping(texts, runs) {
  return (
    texts.every(Boolean) &&
    runs.length === new Set(texts).size &&
    runs.length > 1 &&
    runs.length < texts.length
  );
}

// The plot of some corners: it is called as the first one is, and as unsure as the least sure one.
function joined(features, rows, sites, ring) {
  const [first] = rows.map(i => features[i]);
  const unsure = Math.max(...rows.map(i => sites[i].accuracy_m));
  const told = rows.some(i => sites[i].accuracy_source === 'file') ? {site_accuracy_m: unsure} : {};
  const feature = {
    ...first,
    properties: {...first.properties, ...told},
    geometry: {type: 'Polygon', coordinates: [ring]},
  };
  return doubted(feature, [...new Set(rows.flatMap(i => features[i][DOUBTS] || []))]);
}

export class Corners {
  constructor(rule) {
    const whole = (pattern, flags) => new RegExp(`^(?:${pattern})$`, flags);
    Object.assign(this, rule, {
      corner: whole(rule.corner_heading),
      plot: whole(rule.plot_heading),
      label: whole(rule.label, 'i'),
      word: new RegExp(rule.word, 'i'),
      number: whole(rule.number),
    });
  }

  // Doubts by the number of the feature; none where somebody said that they are points.
  doubts(sites, features, said) {
    const doubts = new Map();
    const layers = said === 'points' ? [] : this.suspected(sites, features);
    for (const {rows, evidence} of layers) {
      const guess =
        said === 'ring'
          ? 'points are not joined to a ring in the page; use sxgeo check --assume shape=ring'
          : guessed(
              'shape',
              'points',
              evidence,
              'ring: the corners of a plot, whose inside counts',
            );
      rows.forEach(i => doubts.set(i, guess));
    }
    return doubts;
  }

  // Layers of which the points may be corners: the numbers of those features, and what makes corners of them.
  suspected(sites, features) {
    const layers = new Map();
    sites.forEach(({geometry}, i) => {
      if (geometry && geometry.type === 'Point') {
        const part = features[i][PART];
        layers.set(part, [...(layers.get(part) || []), i]);
      }
    });
    const suspected = [...layers.values()].flatMap(rows => {
      if (rows.length < this.fewest) {
        return [];
      }
      const points = rows.map(i => sites[i].geometry.coordinates);
      const evidence = this.evidence(points, valuesOf(features, rows));
      return evidence === null || this.onAnEdge(points, sites) ? [] : [{rows, evidence}];
    });
    return [...suspected, ...this.severalInOne(sites)];
  }

  // Features of several points that go round a plot.
  severalInOne(sites) {
    const rows = sites.flatMap(({geometry}, i) =>
      geometry &&
      geometry.type === 'MultiPoint' &&
      this.drawAPlot(geometry.coordinates, this.fewest)
        ? [i]
        : [],
    );
    const places = i => sites[i].geometry.coordinates;
    if (rows.every(i => this.onAnEdge(places(i), sites))) {
      return [];
    }
    const evidence = `the ${places(rows[0]).length} points of one feature go round an area`;
    return [{rows, evidence, alone: true}];
  }

  // Features with a polygon in place of the first corner of each plot, as somebody said; null where the page cannot be sure of
  // every corner.
  ringed(sites, features) {
    if (sites.some(site => !site.geometry)) {
      return null;
    }
    const suspected = this.suspected(sites, features);
    const plots = suspected.flatMap(({rows, alone}) => (alone ? [] : this.groups(features, rows)));
    const rings = new Map();
    for (const i of suspected.flatMap(({rows, alone}) => (alone ? rows : []))) {
      const geometry = {type: 'Polygon', coordinates: [closed(sites[i].geometry.coordinates)]};
      rings.set(i, {...features[i], geometry});
    }
    for (const rows of plots) {
      const corners = this.inOrder(features, rows).map(i => sites[i].geometry.coordinates);
      const ring = closed(corners);
      if (new Set(ring.map(String)).size < this.fewest) {
        return null;
      }
      rings.set(rows[0], joined(features, rows, sites, ring));
    }
    const gone = new Set(plots.flat());
    return features.flatMap((one, i) => rings.get(i) || (gone.has(i) ? [] : one));
  }

  // Rows by the first column that names plots and repeats in runs; all are one plot where none does.
  groups(features, rows) {
    const values = valuesOf(features, rows);
    for (const texts of this.plotColumns(values)) {
      const runs = runsOf(texts);
      if (isGrouping(texts, runs)) {
        return runs.map((length, k) => {
          const start = runs.slice(0, k).reduce((sum, one) => sum + one, 0);
          return rows.slice(start, start + length);
        });
      }
    }
    // labels that begin anew begin another plot
    for (const key of keysOf(values).filter(one => this.isOfLabels(one))) {
      const texts = textsOf(values, key);
      const rounds = this.rounds(texts);
      if (rounds.length > 1 && this.count(texts)) {
        return rounds.map(round => rows.slice(...round));
      }
    }
    return [rows];
  }

  isOfLabels(key) {
    const heading = plain(key);
    const isKnown = NAME_KEYS.includes(key) || ID_KEYS.includes(key);
    return isKnown || this.corner.test(heading) || this.isOrder(heading);
  }

  // Rows by the column that numbers their points, where it numbers all of them otherwise.
  inOrder(features, rows) {
    const values = valuesOf(features, rows);
    for (const key of keysOf(values).filter(one => this.isOrder(plain(one)))) {
      const places = textsOf(values, key).map(text =>
        text ? Number(text.normalize('NFKC')) : NaN,
      );
      if (places.every(Number.isFinite) && new Set(places).size === rows.length) {
        return rows
          .map((row, k) => [places[k], row])
          .sort((a, b) => a[0] - b[0])
          .map(([, row]) => row);
      }
    }
    return rows;
  }

  plotColumns(values) {
    return keysOf(values)
      .filter(key => this.plot.test(plain(key)))
      .map(key => textsOf(values, key));
  }

  // What makes corners of points; null where nothing does.
  evidence(points, values) {
    const keys = keysOf(values);
    const texts = key => textsOf(values, key);
    const numbered = found =>
      `${points.length} points are numbered as corners are, '${found[0]}', '${found[1]}'`;
    const shared = (found, key) =>
      found[0] && new Set(found).size === 1
        ? `${points.length} points share a '${key}', '${found[0].slice(0, 40)}'`
        : null;
    for (const key of keys) {
      const heading = plain(key);
      const isCorner = this.corner.test(heading);
      if (isCorner || this.isOrder(heading)) {
        const found = this.inTheirOrder(texts(key));
        // who numbers places and names each of them counts no corners
        if (this.count(found) && (isCorner || !this.areNamed(keys, texts))) {
          return numbered(found);
        }
      }
      const one = this.plot.test(heading) ? shared(texts(key), key) : null;
      if (one) {
        return one;
      }
    }
    // places have names that count up, too, and names in common: corners only where they draw a plot
    for (const key of keys.filter(one => NAME_KEYS.includes(one) || ID_KEYS.includes(one))) {
      const found = texts(key);
      const isLabel = found.slice(0, this.first).every(text => this.label.test(text));
      if (isLabel && this.count(found)) {
        return numbered(found);
      }
      // an id that counts up is that of any record
      if (!NAME_KEYS.includes(key)) {
        continue;
      }
      const goRound = round => this.drawAPlot(points.slice(...round));
      if (this.count(found) && this.rounds(found).every(goRound)) {
        return numbered(found);
      }
      const one = shared(found, key);
      if (one && this.drawAPlot(points)) {
        return one;
      }
    }
    const [a, b] = [points[0], points[points.length - 1]];
    if (points.length > this.fewest && a[0] === b[0] && a[1] === b[1]) {
      return `the last of ${points.length} points comes back to the first`;
    }
    return this.grouped(this.plotColumns(values))
      ? `${points.length} points are grouped as corners are`
      : null;
  }

  isOrder(heading) {
    return this.order.includes(heading) || /^(vertexind|vertexno)/.test(heading);
  }

  // Whether a column parts the points into runs of three or more.
  grouped(columns) {
    for (const found of columns) {
      const runs = runsOf(found);
      if (isGrouping(found, runs)) {
        return runs.every(length => length >= this.fewest);
      }
    }
    return false;
  }

  // Whether every point has a name of its own, one that is no number of a corner.
  areNamed(keys, texts) {
    return keys.some(key => {
      const found = NAME_KEYS.includes(key) ? texts(key) : [];
      const isEach = found.every(Boolean) && new Set(found).size === found.length;
      return found.length > 0 && isEach && !this.counts(found);
    });
  }

  // Labels and places need not stand in their order; those of several plots count once.
  inTheirOrder(texts) {
    const distinct = [...new Set(texts)];
    const kept = distinct.length >= this.fewest ? distinct : texts;
    return [...kept].sort((a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0));
  }

  // Whether texts count up, one plot after another.
  count(texts) {
    const parts = this.rounds(texts).map(run => {
      const part = texts.slice(...run);
      const returns = part.length > this.fewest && part[part.length - 1] === part[0];
      return returns ? part.slice(0, -1) : part;
    });
    const first = parts[0].slice(0, this.first);
    return (
      first.every(Boolean) &&
      this.counts(first) &&
      parts.every(part => part.every(Boolean) && this.counts(part))
    );
  }

  // Where the labels of each plot stand: anew where the first one comes again, unless that closes the plot.
  rounds(texts) {
    const starts = texts.flatMap((text, i) => (text === texts[0] ? [i] : []));
    const runs = [];
    for (const [k, start] of starts.entries()) {
      const stop = k + 1 < starts.length ? starts[k + 1] : texts.length;
      if (stop - start >= this.fewest) {
        runs.push([start, stop]);
      } else if (runs.length && stop - start === 1) {
        runs[runs.length - 1][1] = stop;
      } else {
        return [[0, texts.length]];
      }
    }
    return runs;
  }

  // Whether texts are those of corners: they count up, or speak of corners.
  counts(texts) {
    if (texts.every(text => this.word.test(text))) {
      return true;
    }
    const step = list => list.slice(1).map((value, i) => value - list[i]);
    for (const signs of this.counted) {
      const places = texts.map(text => {
        const sign = text.replace(/^[.、()（）]+|[.、()（）]+$/g, '');
        return [...sign].length === 1 ? [...signs].indexOf(sign) : -1;
      });
      if (!places.includes(-1) && step(places).every(one => one === 1)) {
        return true;
      }
    }
    const parts = texts.map(text => this.number.exec(text.normalize('NFKC')));
    if (parts.some(part => !part) || new Set(parts.map(part => part[1])).size > 1) {
      return false;
    }
    const steps = step(parts.map(part => Number(part[2])));
    const even = new Set(steps).size === 1 && steps[0] !== 0;
    return even || (parts[0][1] !== '' && steps.every(one => one >= 1 && one <= 3));
  }

  // Whether so many points or more, in their order, go round a plot of a size that plots have.
  drawAPlot(points, fewest = this.fewest + 1) {
    const [a, b] = [points[0], points[points.length - 1]];
    const corners = a[0] === b[0] && a[1] === b[1] ? points.slice(0, -1) : points;
    if (corners.length < fewest) {
      return false;
    }
    const [x0, y0, x1, y1] = boxOf(corners);
    const ring = [...corners, a];
    return Math.max(x1 - x0, y1 - y0) * DEGREE_M <= this.widest_m && !crosses([ring]);
  }

  // Whether all points lie on the edge of a polygon beside them: its corners, drawn twice.
  onAnEdge(points, sites) {
    const polys = sites.flatMap(({geometry}) =>
      geometry && geometry.type === 'Polygon'
        ? [geometry.coordinates]
        : geometry && geometry.type === 'MultiPolygon'
          ? geometry.coordinates
          : [],
    );
    const near = this.on_edge_m / DEGREE_M;
    return polys.length > 0 && points.every(p => toBoundary(p, polys, near) <= near);
  }
}
