// CGCS2000 3-degree Gauss-Krueger, both ways, and areas on the ellipsoid. Krueger's series to n^6: below a micrometre here.
export function meridianOf(crs) {
  return 75 + 3 * (Number(crs.replace('EPSG:', '')) - 4534);
}
const FLATTENING = 1 / 298.257222101;
const SEMI_MAJOR = 6378137;
export const RADIAN = Math.PI / 180;
const THIRD = FLATTENING / (2 - FLATTENING);
const RECTIFYING =
  (SEMI_MAJOR / (1 + THIRD)) * (1 + THIRD ** 2 / 4 + THIRD ** 4 / 64 + THIRD ** 6 / 256);
const FIRST = (2 * Math.sqrt(THIRD)) / (1 + THIRD);
const series = rows =>
  rows.map(row => row.reduce((sum, [power, value]) => sum + value * THIRD ** power, 0));
const FORWARD = series([
  [
    [1, 1 / 2],
    [2, -2 / 3],
    [3, 5 / 16],
    [4, 41 / 180],
    [5, -127 / 288],
    [6, 7891 / 37800],
  ],
  [
    [2, 13 / 48],
    [3, -3 / 5],
    [4, 557 / 1440],
    [5, 281 / 630],
    [6, -1983433 / 1935360],
  ],
  [
    [3, 61 / 240],
    [4, -103 / 140],
    [5, 15061 / 26880],
    [6, 167603 / 181440],
  ],
  [
    [4, 49561 / 161280],
    [5, -179 / 168],
    [6, 6601661 / 7257600],
  ],
  [
    [5, 34729 / 80640],
    [6, -3418889 / 1995840],
  ],
  [[6, 212378941 / 319334400]],
]);
const BACKWARD = series([
  [
    [1, 1 / 2],
    [2, -2 / 3],
    [3, 37 / 96],
    [4, -1 / 360],
    [5, -81 / 512],
    [6, 96199 / 604800],
  ],
  [
    [2, 1 / 48],
    [3, 1 / 15],
    [4, -437 / 1440],
    [5, 46 / 105],
    [6, -1118711 / 3870720],
  ],
  [
    [3, 17 / 480],
    [4, -37 / 840],
    [5, -209 / 4480],
    [6, 5569 / 90720],
  ],
  [
    [4, 4397 / 161280],
    [5, -11 / 504],
    [6, -830251 / 7257600],
  ],
  [
    [5, 4583 / 161280],
    [6, -108847 / 3991680],
  ],
  [[6, 20648693 / 638668800]],
]);

// A longitude counts to 1e-9 degree: the centroid of a shape about 112.5 exactly is off in its last digits.
export function centralMeridian(lon) {
  return 3 * Math.floor((Math.round(lon * 1e9) / 1e9 + 1.5) / 3);
}

// name of the plane without zone prefix, as the library says it; null outside 75 E to 135 E
export function planeName(meridian) {
  return meridian >= 75 && meridian <= 135 ? `EPSG:${4534 + (meridian - 75) / 3}` : null;
}

// [east, north] in metres, false easting 500 km
export function toPlane(lon, lat, meridian) {
  const s = Math.sin(lat * RADIAN);
  const along = (lon - meridian) * RADIAN;
  const t = Math.sinh(Math.atanh(s) - FIRST * Math.atanh(FIRST * s));
  const xi = Math.atan2(t, Math.cos(along));
  const eta = Math.atanh(Math.sin(along) / Math.sqrt(1 + t * t));
  let north = xi;
  let east = eta;
  for (let i = 0; i < 6; i += 1) {
    const k = 2 * (i + 1);
    north += FORWARD[i] * Math.sin(k * xi) * Math.cosh(k * eta);
    east += FORWARD[i] * Math.cos(k * xi) * Math.sinh(k * eta);
  }
  return [RECTIFYING * east + 500000, RECTIFYING * north];
}

// [lon, lat] in degrees
export function toDegrees(east, north, meridian) {
  const x = north / RECTIFYING;
  const y = (east - 500000) / RECTIFYING;
  let xi = x;
  let eta = y;
  for (let i = 0; i < 6; i += 1) {
    const k = 2 * (i + 1);
    xi -= BACKWARD[i] * Math.sin(k * x) * Math.cosh(k * y);
    eta -= BACKWARD[i] * Math.cos(k * x) * Math.sinh(k * y);
  }
  const conformal = Math.sin(xi) / Math.hypot(Math.sinh(eta), Math.cos(xi));
  let t = conformal;
  for (let step = 0; step < 6; step += 1) {
    const root = Math.sqrt(1 + t * t);
    const sigma = Math.sinh(FIRST * Math.atanh((FIRST * t) / root));
    const now = t * Math.sqrt(1 + sigma * sigma) - sigma * root;
    t +=
      (((conformal - now) / Math.sqrt(1 + now * now)) * (1 + (1 - FIRST ** 2) * t * t)) /
      ((1 - FIRST ** 2) * root);
  }
  return [meridian + Math.atan2(Math.sinh(eta), Math.cos(xi)) / RADIAN, Math.atan(t) / RADIAN];
}

// An edge is straight in the system of its file; before it moves to another one points are put on it, as in the library's straight.py.
const STRAIGHT_M = 0.003;
const RADIUS_M = 6.4e6;
const SHORT_DEG = 0.0025;
const PIECE_M = 150;

// Into how many pieces an edge in degrees is cut, so that each is straight on a plane to STRAIGHT_M.
function piecesOnPlane([lon, lat], [lon2, lat2], meridian) {
  if ((lon2 - lon) ** 2 + (lat2 - lat) ** 2 <= SHORT_DEG ** 2) {
    return 1;
  }
  const along = Math.abs(lon2 - lon) * RADIAN;
  const up = Math.abs(lat2 - lat) * RADIAN;
  const low = Math.min(Math.abs(lat), Math.abs(lat2)) * RADIAN;
  const off = Math.min(90, Math.max(Math.abs(lon - meridian), Math.abs(lon2 - meridian))) * RADIAN;
  const sine = Math.sin(Math.max(Math.abs(lat), Math.abs(lat2)) * RADIAN);
  const cosine = Math.cos(low);
  const across = cosine * Math.sin(off);
  const scale = 1 / Math.sqrt(Math.max(1 - across ** 2, 0.01));
  const bend =
    scale *
    (2 * sine * along * up +
      sine * cosine * along ** 2 +
      scale * across * (up ** 2 + (cosine * along) ** 2));
  return Math.max(1, Math.ceil(Math.sqrt((1.02 * RADIUS_M * bend) / (8 * STRAIGHT_M))));
}

function piecesByLength(a, b) {
  return Math.max(1, Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1]) / PIECE_M));
}

// A chain with points on its edges; an edge is walked from its smaller end, so that two shapes which share it get the same points.
function refined(chain, pieces) {
  const found = [];
  for (let i = 0; i + 1 < chain.length; i += 1) {
    const a = chain[i];
    const b = chain[i + 1];
    const swapped = b[0] < a[0] || (b[0] === a[0] && b[1] < a[1]);
    const [from, to] = swapped ? [b, a] : [a, b];
    const count = pieces(from, to);
    found.push(a);
    for (let k = 1; k < count; k += 1) {
      const share = (swapped ? count - k : k) / count;
      found.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
    }
  }
  if (chain.length) {
    found.push(chain[chain.length - 1]);
  }
  return found;
}

// The way of shapes in degrees to a plane: of a place, and of a chain with its edges straight in degrees, or on the plane they were drawn on.
export function wayTo(meridian, drawnOn = null) {
  const move = (lon, lat) => toPlane(lon, lat, meridian);
  const place = p => toPlane(p[0], p[1], meridian);
  move.chain = chain => {
    if (drawnOn === meridian || chain.length < 2) {
      return chain.map(place);
    }
    if (drawnOn === null) {
      return refined(chain, (a, b) => piecesOnPlane(a, b, meridian)).map(place);
    }
    return refined(
      chain.map(p => toPlane(p[0], p[1], drawnOn)),
      piecesByLength,
    ).map(([east, north]) => place(toDegrees(east, north, drawnOn)));
  };
  return move;
}

export function gaussKrueger(lon, lat) {
  const meridian = centralMeridian(lon);
  const [east, north] = toPlane(lon, lat, meridian);
  return {x: north, y: east, zone: meridian / 3, meridian};
}

// Area in m2 on the ellipsoid of rings on the plane (first an outer one): the plane's area with its scale taken out, with geodesics
// between points so near that they follow the plane's straight lines.
export function ellipsoidArea(rings) {
  return Math.abs(
    rings.reduce(
      (sum, ring, index) =>
        sum + (index ? -1 : 1) * Math.abs(ringEllipsoidArea(refined(ring, piecesByLength))),
      0,
    ),
  );
}

function ringEllipsoidArea(ring) {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [x1, y1] = ring[i];
    const [x2, y2] = ring[i + 1];
    const length = Math.hypot(x2 - x1, y2 - y1);
    if (!length) {
      continue;
    }
    const steps = Math.max(1, Math.ceil(length / 5000));
    for (let k = 0; k < steps; k += 1) {
      const at = share => unscaled(x1 + (x2 - x1) * share, y1 + (y2 - y1) * share);
      sum +=
        (((at(k / steps) + 4 * at((k + 0.5) / steps) + at((k + 1) / steps)) / 6) * (y2 - y1)) /
        steps;
    }
    const east = (x1 + x2) / 2 - 500000;
    const radius2 = radiusSquared((y1 + y2) / 2);
    sum += (((east * (y2 - y1)) / length / radius2) * length ** 3) / 12;
  }
  return sum;
}

function unscaled(east, north) {
  const y = east - 500000;
  const radius2 = radiusSquared(north);
  return y - y ** 3 / (3 * radius2) + (2 * y ** 5) / (15 * radius2 ** 2);
}

// square of the mean radius of curvature at the latitude whose meridian arc is `north`
function radiusSquared(north) {
  const x = north / RECTIFYING;
  const lat = x + ((3 * THIRD) / 2) * Math.sin(2 * x) + (21 / 16) * THIRD ** 2 * Math.sin(4 * x);
  const w2 = 1 - FIRST ** 2 * Math.sin(lat) ** 2;
  return (SEMI_MAJOR ** 2 * (1 - FIRST ** 2)) / w2 ** 2;
}

export function sexagesimal(value) {
  const tenths = Math.round(Math.abs(value) * 36000);
  const pad = (v, w) => String(v).padStart(w, '0');
  const whole = Math.floor(tenths / 36000);
  const minutes = Math.floor(tenths / 600) % 60;
  return `${whole}°${pad(minutes, 2)}′${pad(((tenths % 600) / 10).toFixed(1), 4)}″`;
}
