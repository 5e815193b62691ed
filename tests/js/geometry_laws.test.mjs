// The plane geometry of the page held to laws: what Pick's theorem, quarter turns, shifts and swaps say of it, on figures that floats hold exactly.
import test from 'node:test';
import assert from 'node:assert/strict';
import {load} from './load.mjs';

const page = await load();
const near = (a, b, by = 1e-9) => assert.ok(Math.abs(a - b) <= by, `${a} is not ${b}`);

// Numbers that look random and are the same every time.
function lot(seed) {
  let state = seed * 2654435761 + 12345;
  return below => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const closed = ring => [...ring, ring[0]];
const shape = polys => page.finish({polys, lines: [], points: []});
const line = (...points) => page.finish({polys: [], lines: [points], points: []});
const point = (...at) => page.finish({polys: [], lines: [], points: at});
const ringOfBox = (w, s, e, n) =>
  closed([
    [w, s],
    [e, s],
    [e, n],
    [w, n],
  ]);
const box = (w, s, e, n) => shape([[ringOfBox(w, s, e, n)]]);

// A ring on whole numbers around the origin: one corner a direction, so that it cannot cross itself.
function star(draw, reach = 12) {
  const corners = [];
  for (const [dx, dy] of [
    [1, 0],
    [2, 1],
    [1, 1],
    [1, 2],
    [0, 1],
    [-1, 2],
    [-1, 1],
    [-2, 1],
    [-1, 0],
    [-1, -1],
    [-1, -2],
    [0, -1],
    [1, -2],
    [2, -1],
  ]) {
    const far = 1 + draw(Math.floor(reach / Math.max(Math.abs(dx), Math.abs(dy))));
    corners.push([dx * far, dy * far]);
  }
  return closed(corners);
}

// The four quarter turns, each with and without a mirror and a shift; all exact on whole numbers.
const MOVES = [];
for (const mirror of [1, -1]) {
  for (const [a, b, c, d] of [
    [1, 0, 0, 1],
    [0, -1, 1, 0],
    [-1, 0, 0, -1],
    [0, 1, -1, 0],
  ]) {
    MOVES.push(([x, y]) => [a * x * mirror + b * y + 700, c * x * mirror + d * y - 300]);
  }
}
const moved = (one, move) =>
  page.finish({
    polys: one.polys.map(rings => rings.map(ring => ring.map(move))),
    lines: one.lines.map(chain => chain.map(move)),
    points: one.points.map(move),
  });

function latticePoints(ring, where) {
  const [w, s, e, n] = page.boxOf(ring);
  let count = 0;
  for (let x = w - 1; x <= e + 1; x += 1) {
    for (let y = s - 1; y <= n + 1; y += 1) {
      count += page.inRing([x, y], ring) === where ? 1 : 0;
    }
  }
  return count;
}

const gcd = (a, b) => (b ? gcd(b, a % b) : Math.abs(a));

test('inside, edge and area of a ring agree by the theorem of Pick, whatever way it is turned', () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const ring = star(lot(seed));
    const onEdge = ring
      .slice(1)
      .reduce((sum, p, i) => sum + gcd(p[0] - ring[i][0], p[1] - ring[i][1]), 0);
    for (const move of MOVES) {
      const turned = ring.map(move);
      for (const one of [turned, [...turned].reverse()]) {
        assert.equal(latticePoints(one, 0), onEdge);
        assert.equal(Math.abs(page.ringArea(one)), latticePoints(one, 1) + onEdge / 2 - 1);
      }
      near(page.ringArea(turned), -page.ringArea([...turned].reverse()));
      near(page.polyArea([turned]), Math.abs(page.ringArea(ring)));
    }
  }
  assert.equal(page.ringArea(ringOfBox(3, 4, 10, 6)), 14);
});

test('a hole is outside, its edge is the edge, and parts count for themselves', () => {
  const holed = [ringOfBox(0, 0, 20, 20), ringOfBox(5, 5, 10, 10), ringOfBox(12, 12, 15, 18)];
  const polys = [holed, [ringOfBox(30, 0, 34, 4)]];
  for (let x = -1; x <= 35; x += 1) {
    for (let y = -1; y <= 21; y += 1) {
      const at = (w, s, e, n) =>
        x < w || y < s || x > e || y > n ? -1 : x === w || x === e || y === s || y === n ? 0 : 1;
      const holes = [at(5, 5, 10, 10), at(12, 12, 15, 18)];
      const shell = at(0, 0, 20, 20);
      const first = holes.includes(1) ? -1 : holes.includes(0) ? 0 : shell;
      const wanted = Math.max(first, at(30, 0, 34, 4));
      assert.equal(page.inPolys([x, y], polys), wanted, `${x} ${y}`);
      assert.equal(page.inPolys([x, y], [...polys].reverse()), wanted, `${x} ${y}`);
    }
  }
  assert.equal(page.areaOf(polys), 400 - 25 - 18 + 16);
});

test('segments meet where whole numbers say so, each pair of a grid of three by three', () => {
  const grid = Array.from({length: 9}, (_, i) => [i % 3, Math.floor(i / 3)]);
  const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  const between = (a, b, p) =>
    turn(a, b, p) === 0 && (a[0] - p[0]) * (b[0] - p[0]) + (a[1] - p[1]) * (b[1] - p[1]) <= 0;
  for (const a of grid) {
    for (const b of grid) {
      for (const c of grid) {
        for (const d of grid) {
          const ends = between(a, b, c) || between(a, b, d) || between(c, d, a) || between(c, d, b);
          const through = turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
          assert.equal(page.segmentsMeet(a, b, c, d), ends || through);
          const at = page.cross(a, b, c, d);
          const det = turn([0, 0], [b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
          assert.equal(at === null, det === 0);
          if (at !== null) {
            const p = [a[0] + at * (b[0] - a[0]), a[1] + at * (b[1] - a[1])];
            near(turn(c, d, p), 0);
          }
        }
      }
    }
  }
});

test('a place is as far from a segment as from the nearest of many places on it', () => {
  const draw = lot(5);
  for (let i = 0; i < 300; i += 1) {
    const [p, a, b] = [0, 1, 2].map(() => [draw(9) - 4, draw(9) - 4]);
    let least = Infinity;
    for (let k = 0; k <= 840; k += 1) {
      const [x, y] = [a[0] + ((b[0] - a[0]) * k) / 840, a[1] + ((b[1] - a[1]) * k) / 840];
      least = Math.min(least, Math.hypot(p[0] - x, p[1] - y));
    }
    const told = page.pointToSegment(p, a, b);
    assert.ok(told <= least + 1e-12 && told >= least - 0.01);
    near(told, page.pointToSegment(p, b, a));
  }
  near(page.pointToSegment([5, 7], [0, 0], [10, 0]), 7);
  near(page.pointToSegment([-3, 4], [0, 0], [10, 0]), 5);
  near(page.pointToSegment([13, -4], [0, 0], [10, 0]), 5);
  near(page.pointToSegment([3, 4], [0, 0], [0, 0]), 5);
});

// Distance by its meaning: 0 where a corner lies inside or segments meet, else the least of all places to all segments.
function apart(a, b) {
  const parts = one =>
    one.chains.flatMap(chain =>
      chain.length === 1 ? [[chain[0], chain[0]]] : chain.slice(1).map((p, i) => [chain[i], p]),
    );
  for (const [one, other] of [
    [a, b],
    [b, a],
  ]) {
    if (other.polys.length && one.chains.flat().some(p => page.inPolys(p, other.polys) >= 0)) {
      return 0;
    }
  }
  let least = Infinity;
  for (const [p, q] of parts(a)) {
    for (const [u, v] of parts(b)) {
      if (page.segmentsMeet(p, q, u, v)) {
        return 0;
      }
      least = Math.min(
        least,
        ...[p, q].map(at => page.pointToSegment(at, u, v)),
        ...[u, v].map(at => page.pointToSegment(at, p, q)),
      );
    }
  }
  return least;
}

function several(seed) {
  const draw = lot(seed);
  const by = () => [draw(60) - 30, draw(60) - 30];
  const [x, y] = by();
  const ring = star(draw).map(([a, b]) => [a + x, b + y]);
  const [w, s] = by();
  return [
    shape([[ring]]),
    box(w, s, w + 1 + draw(30), s + 1 + draw(30)),
    shape([[ringOfBox(-40, -40, 40, 40), ringOfBox(-35, -35, 35, 35)], [ringOfBox(50, 0, 52, 9)]]),
    line(by(), by(), by()),
    point(by(), by()),
    point(by()),
  ];
}

test('distance is that of its meaning, to and fro, turned and mirrored, and Infinity beyond a limit alone', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const shapes = several(seed);
    for (const a of shapes) {
      for (const b of several(seed + 100)) {
        const wanted = apart(a, b);
        near(page.distance(a, b), wanted);
        near(page.distance(b, a), wanted);
        const move = MOVES[seed % MOVES.length];
        near(page.distance(moved(a, move), moved(b, move)), wanted);
        for (const limit of [0, 3, wanted, wanted + 1]) {
          const told = page.distance(a, b, limit);
          if (wanted <= limit) {
            near(told, wanted);
          } else {
            assert.ok(told > limit);
          }
        }
      }
    }
  }
});

test('boxes are as wide as what they hold, and as far apart', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const draw = lot(seed);
    const boxes = [0, 1].map(() => {
      const [w, s] = [draw(20) - 10, draw(20) - 10];
      return [w, s, w + draw(6), s + draw(6)];
    });
    const [a, b] = boxes;
    near(page.boxDistance(a, b), page.boxDistance(b, a));
    let least = Infinity;
    for (let x = a[0]; x <= a[2]; x += 1) {
      for (let y = a[1]; y <= a[3]; y += 1) {
        const dx = x < b[0] ? b[0] - x : x > b[2] ? x - b[2] : 0;
        const dy = y < b[1] ? b[1] - y : y > b[3] ? y - b[3] : 0;
        least = Math.min(least, Math.hypot(dx, dy));
      }
    }
    near(page.boxDistance(a, b), least);
    const ring = star(draw);
    const [xs, ys] = [ring.map(p => p[0]), ring.map(p => p[1])];
    assert.deepEqual(page.boxOf(ring), [
      Math.min(...xs),
      Math.min(...ys),
      Math.max(...xs),
      Math.max(...ys),
    ]);
  }
});

test('the middle is that of areas before lines before places, and goes where the shape goes', () => {
  const polygon = rings => ({type: 'Polygon', coordinates: rings});
  const lon = page.centroidLon;
  near(lon(polygon([ringOfBox(0, 0, 10, 4)])), 5);
  near(lon(polygon([[...ringOfBox(0, 0, 10, 4)].reverse()])), 5);
  // a hole takes its own weight, whichever way it runs
  for (const hole of [ringOfBox(6, 1, 8, 3), [...ringOfBox(6, 1, 8, 3)].reverse()]) {
    near(lon(polygon([ringOfBox(0, 0, 10, 4), hole])), (40 * 5 - 4 * 7) / 36);
  }
  const parts = [[ringOfBox(0, 0, 10, 4)], [ringOfBox(20, 0, 22, 5)]];
  near(lon({type: 'MultiPolygon', coordinates: parts}), (40 * 5 + 10 * 21) / 50);
  near(
    lon(
      polygon([
        closed([
          [0, 0],
          [9, 0],
          [0, 6],
        ]),
      ]),
    ),
    3,
  );
  const way = [
    [0, 0],
    [8, 0],
    [8, 2],
  ];
  near(lon({type: 'LineString', coordinates: way}), (8 * 4 + 2 * 8) / 10);
  near(
    lon({
      type: 'MultiPoint',
      coordinates: [
        [1, 5],
        [4, 7],
        [13, 0],
      ],
    }),
    6,
  );
  const all = {
    type: 'GeometryCollection',
    geometries: [
      {type: 'Point', coordinates: [900, 0]},
      {type: 'LineString', coordinates: way},
      polygon([ringOfBox(100, 0, 104, 4)]),
    ],
  };
  near(lon(all), 102);
  near(lon({type: 'GeometryCollection', geometries: all.geometries.slice(0, 2)}), 4.8);
  assert.throws(() => lon({type: 'Curve', coordinates: []}), /not known/);
});

test('a hull is convex, holds every place and has its corners among them', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const draw = lot(seed);
    const places = Array.from({length: 14}, () => [draw(15), draw(15)]);
    const ring = page.hull(places);
    for (const p of places) {
      assert.ok(page.inRing(p, ring) >= 0);
    }
    ring.slice(2).forEach((p, i) => assert.equal(page.side(ring[i], ring[i + 1], p), 1));
    assert.ok(ring.every(p => places.some(q => q[0] === p[0] && q[1] === p[1])));
  }
});

test('places are found however deep they lie, and nothing where something else lies there', () => {
  assert.deepEqual(page.positions([1, 2]), [[1, 2]]);
  assert.deepEqual(page.positions([[[[1, 2]], [[3, 4, 5]]]]), [
    [1, 2],
    [3, 4, 5],
  ]);
  assert.deepEqual(page.positions([]), []);
  for (const wrong of [null, 'x', [[1, 2], 'x'], [[[1, 2]], [null]]]) {
    assert.equal(page.positions(wrong), null);
  }
});

// what two shapes have in common
// ------------------------------------------------------------------------------------------

const common = (a, b) => page.measure(a, b);

test('boxes share what their sides share, as deep as the nearest edge of either lets it', () => {
  const fixed = [0, 0, 40, 30];
  for (let seed = 1; seed <= 60; seed += 1) {
    const draw = lot(seed);
    const [w, s] = [draw(70) - 20, draw(60) - 20];
    const other = [w, s, w + 1 + draw(40), s + 1 + draw(40)];
    const [west, south] = [Math.max(0, w), Math.max(0, s)];
    const [east, north] = [Math.min(40, other[2]), Math.min(30, other[3])];
    const area = Math.max(0, east - west) * Math.max(0, north - south);
    const told = common(box(...fixed), box(...other));
    const back = common(box(...other), box(...fixed));
    near(told.area, area);
    near(told.share, area / 1200);
    near(back.area, area);
    near(back.share, area / ((other[2] - w) * (other[3] - s)));
    near(told.separation, back.separation, 1e-6);
    near(told.distance, page.boxDistance(fixed, other));
    if (!area) {
      near(told.separation, told.distance);
      continue;
    }
    // the deepest place of what is shared, by trying many of them
    let deepest = 0;
    for (let i = 0; i <= 60; i += 1) {
      for (let k = 0; k <= 60; k += 1) {
        const p = [west + ((east - west) * i) / 60, south + ((north - south) * k) / 60];
        for (const [a, b, c, d] of [fixed, other]) {
          deepest = Math.max(deepest, Math.min(p[0] - a, c - p[0], p[1] - b, d - p[1]));
        }
      }
    }
    assert.ok(-told.separation <= deepest + 1e-6);
    // its corners are tried, and where the circle in it is largest
    const half = Math.min(east - west, north - south) / 2;
    for (const p of [west, east].flatMap(x => [south, north].map(y => [x, y]))) {
      for (const [a, b, c, d] of [fixed, other]) {
        assert.ok(-told.separation >= Math.min(p[0] - a, c - p[0], p[1] - b, d - p[1]) - 1e-6);
      }
    }
    assert.ok(-told.separation >= half - 1e-6);
    const move = MOVES[seed % MOVES.length];
    const turned = common(moved(box(...fixed), move), moved(box(...other), move));
    near(turned.area, area);
    near(turned.separation, told.separation, 0.02 * deepest);
  }
});

test('a plot cut in two shares with a resource what its halves share', () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const ring = star(lot(seed), 30);
    const resource = shape([[ring]]);
    const whole = common(box(-15, -11, 17, 13), resource).area;
    const west = common(box(-15, -11, 2, 13), resource).area;
    const east = common(box(2, -11, 17, 13), resource).area;
    near(west + east, whole, 1e-6);
    // what is shared by all lies in it, and all of it in what holds it
    near(common(resource, box(-99, -99, 99, 99)).area, Math.abs(page.ringArea(ring)), 1e-6);
    near(common(resource, box(-99, -99, 99, 99)).share, 1);
  }
});

test('a line is cut into what lies within and what lies without', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const draw = lot(seed);
    const polygon = shape([[star(draw, 20)]]);
    const chain = Array.from({length: 4}, () => [draw(50) - 25, draw(50) - 25]);
    const way = line(...chain);
    const told = common(way, polygon);
    const back = common(polygon, way);
    const around = shape([[ringOfBox(-99, -99, 99, 99), polygon.polys[0][0]]]);
    const without = common(way, around);
    near(told.length + without.length, page.lineLength(chain), 1e-6);
    near(back.length, told.length);
    near(told.share, told.length / page.lineLength(chain), 1e-9);
    assert.equal(back.share, 0);
    assert.equal(told.area, 0);
    near(back.separation, told.separation);
    const reversed = common(line(...[...chain].reverse()), polygon);
    near(reversed.length, told.length, 1e-9);
  }
  // along an edge it lies within; through a corner alone it does not
  near(common(line([-5, 0], [50, 0]), box(0, 0, 40, 30)).length, 40);
  near(common(line([-5, 5], [5, -5]), box(0, 0, 40, 30)).length, 0);
});

test('places are shared one by one, each as deep as it lies', () => {
  const square = box(0, 0, 40, 30);
  const places = point([5, 9], [40, 3], [60, 3], [20, 15]);
  const told = common(places, square);
  assert.deepEqual(told.common.points, [
    [5, 9],
    [40, 3],
    [20, 15],
  ]);
  near(told.share, 0.75);
  near(told.separation, -15);
  const back = common(square, places);
  assert.equal(back.share, 0);
  near(back.separation, -15);
  near(common(point([60, 3]), square).separation, 20);
  near(common(point([5, 9]), line([0, 9], [10, 9])).separation, 0);
  assert.equal(common(point([5, 9]), line([0, 9], [10, 9])).common.points.length, 1);
});

test('polygons cover what shares all of its area with them, and no more', () => {
  const holed = shape([
    [ringOfBox(0, 0, 40, 40), ringOfBox(10, 10, 20, 20)],
    [ringOfBox(40, 0, 60, 20)],
  ]);
  for (let seed = 1; seed <= 200; seed += 1) {
    const draw = lot(seed);
    const [w, s] = [draw(60) - 3, draw(42) - 3];
    const one = box(w, s, w + 1 + draw(22), s + 1 + draw(22));
    const whole = Math.abs(common(one, holed).area - page.areaOf(one.polys)) < 1e-6;
    assert.equal(page.covers(holed.polys, one), whole, `${one.box}`);
    const ends = [
      [w, s],
      [w + 1 + draw(30), s + draw(30)],
    ];
    const length = common(line(...ends), holed).length;
    const inside = Math.abs(length - page.lineLength(ends)) < 1e-6;
    assert.equal(page.covers(holed.polys, line(...ends)), inside, `${ends}`);
    assert.equal(page.covers(holed.polys, point([w, s])), page.inPolys([w, s], holed.polys) >= 0);
  }
  // a hole that lies whole in what is asked
  assert.equal(page.covers(holed.polys, box(5, 5, 25, 25)), false);
  assert.equal(page.covers(holed.polys, box(0, 0, 10, 40)), true);
});

test('the middle of a triangle and of a box is as deep as their circle', () => {
  const triangle = closed([
    [0, 0],
    [30, 0],
    [0, 40],
  ]);
  for (const move of MOVES) {
    for (const ring of [triangle.map(move), triangle.map(move).reverse()]) {
      const around = moved(box(-500, -500, 500, 500), move);
      const told = common(shape([[ring]]), around);
      // the resource around is deeper by far: the plot alone, in itself, has the circle of radius 10
      assert.ok(-told.separation >= 450);
      near(-common(shape([[ring]]), shape([[ring]])).separation, 10, 1e-6);
    }
  }
  for (const [w, n, deep] of [
    [40, 30, 15],
    [30, 40, 15],
    [12, 100, 6],
  ]) {
    near(-common(box(0, 0, w, n), box(0, 0, w, n)).separation, deep, 1e-6);
  }
  // no circle of a quadrilateral with an inward corner, and of one with a hole: to a hundredth
  const dart = closed([
    [0, 0],
    [40, 0],
    [10, 10],
    [0, 40],
  ]);
  const told = -common(shape([[dart]]), shape([[dart]])).separation;
  assert.ok(told > 5.8 && told <= 10, `${told}`);
  const frame = shape([[ringOfBox(0, 0, 40, 40), ringOfBox(10, 10, 40, 40)]]);
  const deep = -common(frame, frame).separation;
  // the circle in the corner touches both outer edges and the inner corner
  near(deep, (10 * Math.SQRT2) / (1 + Math.SQRT2), 0.01 * Math.sqrt(700));
});

test('lines are cut where they cross, once for each crossing, and keep their length', () => {
  const cross = [
    [
      [0, 0],
      [10, 10],
    ],
    [
      [0, 10],
      [10, 0],
    ],
    [
      [20, 0],
      [30, 0],
      [30, 5],
    ],
  ];
  const cut = page.noded(cross);
  assert.equal(cut.length, 5);
  near(page.lengthOf(cut), page.lengthOf(cross));
  assert.equal(cut.filter(one => one.some(([x, y]) => x === 5 && y === 5)).length, 4);
  const loop = [
    [0, 0],
    [10, 0],
    [10, 10],
    [5, 10],
    [5, -5],
  ];
  const pieces = page.noded([loop]);
  assert.deepEqual(
    pieces.map(one => [one[0], one[one.length - 1]]),
    [
      [
        [0, 0],
        [5, 0],
      ],
      [
        [5, 0],
        [5, 0],
      ],
      [
        [5, 0],
        [5, -5],
      ],
    ],
  );
  near(page.lengthOf(pieces), page.lineLength(loop));
});

test('depth is tried at even steps of a line, and across a polygon at its sixteenths', () => {
  const bent = [
    [0, 0],
    [31, 0],
    [31, 31],
  ];
  const tried = page.commonPlaces({polys: [], lines: [bent], points: [[7, 7]]});
  const wanted = Array.from({length: 32}, (_, k) => (k * 2 <= 31 ? [2 * k, 0] : [31, 2 * k - 31]));
  for (const [x, y] of [...wanted, ...bent, [7, 7]]) {
    assert.ok(
      tried.some(p => Math.hypot(p[0] - x, p[1] - y) < 1e-9),
      `${x} ${y}`,
    );
  }
  assert.ok(
    tried.every(p => p[0] === 7 || page.pointToSegment(p, [0, 0], [31, 0]) < 1e-9 || p[0] === 31),
  );
  const holed = [ringOfBox(0, 0, 32, 16), ringOfBox(4, 4, 12, 12)];
  const across = page.commonPlaces({polys: [holed], lines: [], points: []}).slice(10);
  const level = [];
  for (let step = 1; step < 16; step += 1) {
    const [y, x] = [step, 2 * step];
    level.push(
      ...(y >= 4 && y < 12
        ? [
            [2, y],
            [22, y],
          ]
        : [[16, y]]),
    );
    level.push(
      ...(x >= 4 && x < 12
        ? [
            [x, 2],
            [x, 14],
          ]
        : [[x, 8]]),
    );
  }
  const sorted = list => [...list].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  assert.deepEqual(sorted(across), sorted(level));
});

// rings that cross, rings in rings
// ------------------------------------------------------------------------------------------

// The same ring begun at each of its corners, in both ways.
function* told(ring) {
  const corners = ring.slice(0, -1);
  for (let k = 0; k < corners.length; k += 1) {
    const begun = closed([...corners.slice(k), ...corners.slice(0, k)]);
    yield begun;
    yield [...begun].reverse();
  }
}

test('a ring crosses itself or not wherever it begins, whichever way it runs or is turned', () => {
  const sound = [ringOfBox(0, 0, 9, 5), star(lot(3)), star(lot(8))];
  const tie = closed([
    [0, 0],
    [8, 6],
    [8, 0],
    [0, 6],
  ]);
  const spike = closed([
    [0, 0],
    [10, 0],
    [10, 5],
    [10, 9],
    [10, 5],
    [0, 5],
  ]);
  const touching = closed([
    [0, 0],
    [10, 0],
    [10, 8],
    [5, 0],
    [0, 8],
  ]);
  for (const move of MOVES) {
    for (const ring of sound) {
      for (const one of told(ring.map(move))) {
        assert.equal(page.crosses([one]), false);
      }
    }
    for (const ring of [tie, spike, touching]) {
      for (const one of told(ring.map(move))) {
        assert.equal(page.crosses([one]), true);
      }
    }
  }
});

test('rings of two parts may touch in places and share no stretch', () => {
  const one = ringOfBox(0, 0, 10, 10);
  for (const [other, wrong] of [
    [ringOfBox(10, 0, 20, 10), true],
    [ringOfBox(10, 10, 20, 20), false],
    [ringOfBox(10, 9, 20, 20), true],
    [ringOfBox(11, 0, 20, 10), false],
    [ringOfBox(5, 5, 15, 15), true],
    [
      closed([
        [10, 5],
        [20, 0],
        [20, 10],
      ]),
      false,
    ],
    [
      closed([
        [9, 5],
        [20, 0],
        [20, 10],
      ]),
      true,
    ],
  ]) {
    for (const move of MOVES) {
      const rings = [one.map(move), other.map(move)];
      assert.equal(page.crosses(rings), wrong);
      assert.equal(page.crosses([...rings].reverse()), wrong);
      assert.equal(page.entangled(rings.map(ring => [ring])), wrong);
    }
  }
});

test('parts and holes are entangled where one lies in what is not its own', () => {
  const shell = ringOfBox(0, 0, 30, 30);
  const hole = ringOfBox(5, 5, 20, 20);
  const inner = ringOfBox(8, 8, 12, 12);
  for (const [polys, wrong] of [
    [[[shell, hole]], false],
    [[[shell, hole], [inner]], false], // an island in the lake
    [[[shell], [inner]], true], // a part in a part
    [[[shell, ringOfBox(40, 40, 50, 50)]], true], // a hole outside
    [[[shell, hole, inner]], true], // a hole in a hole
    [[[shell, hole, ringOfBox(22, 22, 28, 28)]], false],
    [[[shell, hole], [ringOfBox(22, 22, 28, 28)]], true],
    [[[shell], [ringOfBox(40, 0, 50, 10)]], false],
  ]) {
    for (const move of MOVES) {
      const turned = polys.map(rings => rings.map(ring => ring.map(move)));
      assert.equal(page.entangled(turned), wrong);
      assert.equal(page.entangled([...turned].reverse()), wrong);
    }
  }
});

test('rings become parts and holes by where they lie, in whatever order they come', () => {
  const rings = [
    ringOfBox(0, 0, 30, 30),
    ringOfBox(5, 5, 20, 20),
    ringOfBox(8, 8, 12, 12),
    ringOfBox(40, 0, 50, 10),
  ];
  for (const order of [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [2, 0, 3, 1],
  ]) {
    const {type, coordinates} = page.nested(order.map(k => rings[k]));
    assert.equal(type, 'MultiPolygon');
    const sizes = coordinates.map(poly => poly.map(ring => Math.abs(page.ringArea(ring))));
    assert.deepEqual(sizes, [[900, 225], [100], [16]]);
  }
  assert.equal(page.nested([rings[1], rings[0]]).type, 'Polygon');
  assert.equal(page.liesIn(rings[1], rings[0]), true);
  assert.equal(page.liesIn(rings[0], rings[1]), false);
  assert.equal(page.liesIn(ringOfBox(0, 0, 10, 30), rings[0]), true);
  assert.equal(page.liesIn(ringOfBox(30, 0, 40, 30), rings[0]), false);
});

test('the deepest place of a frame lies in its band, whatever its outer ring alone would say', () => {
  for (const [half, hole] of [
    [20, 10],
    [20, 16],
    [40, 4],
  ]) {
    const frame = shape([
      [ringOfBox(-half, -half, half, half), ringOfBox(-hole, -hole, hole, hole).reverse()],
    ]);
    // a circle in a corner touches two sides and the corner of the hole
    const deepest = ((half - hole) * Math.SQRT2) / (1 + Math.SQRT2);
    const {separation} = common(frame, frame);
    const slack = 0.01 * Math.sqrt(4 * (half * half - hole * hole));
    assert.ok(-separation <= deepest + 1e-9, `${-separation} is deeper than ${deepest}`);
    assert.ok(-separation >= deepest - slack, `${-separation} is not ${deepest}`);
  }
});

test('ground to be kept free is counted where strips cannot be joined, and right to a cell', () => {
  const site = box(0, 0, 200, 200);
  const edge = line([-1000, 0], [1000, 0]);
  const joined = globalThis.polygonClipping;
  const fail = () => {
    throw new Error('Unable to complete output ring');
  };
  globalThis.polygonClipping = {intersection: fail, union: fail};
  try {
    for (const rows of [1, 2, 37, 200]) {
      near(page.keptFree(site, edge, rows - 0.25), rows * 200, 1e-6);
    }
  } finally {
    globalThis.polygonClipping = joined;
  }
  near(page.keptFree(site, edge, 37), 37 * 200, 1);
});

test('the deepest place of an elbow lies in its corner, wherever it lies and however it is turned', () => {
  const [long, arm] = [100, 40];
  const elbow = [
    [0, 0],
    [long, 0],
    [long, arm],
    [arm, arm],
    [arm, long],
    [0, long],
  ];
  // it touches both outer sides and the inner corner
  const deepest = (arm * Math.SQRT2) / (1 + Math.SQRT2);
  const slack = 0.01 * Math.sqrt(2 * arm * long - arm * arm);
  for (const [dx, dy] of [
    [0, 0],
    [5000, -300],
    [-70, 9000],
  ]) {
    for (const [sx, sy] of [
      [1, 1],
      [-1, 1],
      [1, -1],
      [-1, -1],
    ]) {
      const one = shape([[closed(elbow.map(([x, y]) => [sx * x + dx, sy * y + dy]))]]);
      const {separation, deepest: at} = common(one, one);
      assert.ok(-separation <= deepest + 1e-9 && -separation >= deepest - slack, `${-separation}`);
      near(Math.abs(at[0] - dx), deepest, 3 * slack);
      near(Math.abs(at[1] - dy), deepest, 3 * slack);
    }
  }
});

test('the middle of a plot as small as one is in degrees is its own, whichever way its rings run', () => {
  for (const size of [1, 1e-2, 1e-4]) {
    const scaled = ring => ring.map(([x, y]) => [112 + x * size, 38 + y * size]);
    const outer = scaled(ringOfBox(0, 0, 10, 4));
    const hole = scaled(ringOfBox(6, 1, 8, 3));
    for (const rings of [
      [outer, hole],
      [[...outer].reverse(), hole],
      [outer, [...hole].reverse()],
    ]) {
      const lon = page.centroidLon({type: 'Polygon', coordinates: rings});
      near(lon - 112, (size * (40 * 5 - 4 * 7)) / 36, 1e-6 * size);
    }
  }
});

test('lines that touch or would only meet beyond their ends stay whole', () => {
  const level = [
    [0, 0],
    [10, 0],
  ];
  for (const upright of [
    [
      [5, 1],
      [5, 3],
    ],
    [
      [5, 0],
      [5, 3],
    ],
    [
      [12, -1],
      [12, 1],
    ],
  ]) {
    for (const one of [level, [...level].reverse()]) {
      for (const other of [upright, [...upright].reverse()]) {
        assert.deepEqual(page.noded([one, other]), [one, other]);
        assert.deepEqual(page.noded([other, one]), [other, one]);
      }
    }
  }
});

test('of huge rings a hole is told to lie within or beyond as of small ones', () => {
  const round = (x, radius, count) =>
    closed(
      Array.from({length: count}, (_, k) => {
        const turn = (2 * Math.PI * k) / count;
        return [x + radius * Math.cos(turn), radius * Math.sin(turn)];
      }),
    );
  for (const count of [40, 3300]) {
    const shell = round(0, 100, count);
    assert.equal(page.entangled([[shell, round(10, 50, count)]]), false);
    assert.equal(page.entangled([[shell, round(300, 50, count)]]), true);
    assert.equal(page.entangled([[shell], [round(10, 50, count)]]), true);
    assert.equal(page.entangled([[shell], [round(300, 50, count)]]), false);
  }
});

test('a line along a side of a box shares the stretch of the side, from outside as from inside', () => {
  const block = box(0, 0, 10, 10);
  const sides = [
    [0, -5, 0, 20],
    [10, -5, 10, 20],
    [-5, 0, 20, 0],
    [-5, 10, 20, 10],
  ];
  for (const [x, y, u, v] of sides) {
    near(common(line([x, y], [u, v]), block).length, 10);
    near(common(line([u, v], [x, y]), block).length, 10);
  }
  // a vertex that only touches cuts nothing off
  for (const [from, to] of [
    [
      [-5, 15],
      [15, -5],
    ],
    [
      [0, 20],
      [20, 0],
    ],
  ]) {
    near(common(line(from, to), block).length, from[0] ? Math.hypot(10, 10) : 0);
  }
});

test('an edge is shared where it lies within the limit of a legal one, exactly at it too', () => {
  const law = {touch_m: 0.25};
  const record = {boundary: 'legal_vector'};
  const site = box(0, 0, 10, 10);
  const shared = resource => page.sharedEdge(record, site, resource, common(site, resource), law);
  for (const gap of [0, 0.125, 0.25]) {
    near(shared(box(-5, -20, 20, -gap)), 10 + 2 * Math.max(0, 0.25 - gap));
    near(shared(box(10 + gap, -5, 30, 20)), 10 + 2 * Math.max(0, 0.25 - gap));
  }
  near(shared(box(2, -20, 5, -0.25)), 3, 1e-7);
  assert.equal(shared(box(2, -20, 5, -0.375)), null);
});
