// Two engines that vote on one class at one site: what they measure otherwise by more than 1 mm or 1e-4 m2 decides nothing.
import {distance, inPolys, toBoundary} from '../check/geometry.js';
import {commonPlaces} from '../check/overlay.js';

export const SAME_M = 1e-3;
const SAME_M2 = 1e-4;
const SHOWN = 3;

const same = (one, other, bound) => Math.abs(one - other) <= bound;

export class Vote {
  // `geos` measures; what it says of the ground stands in `ground`, once for all classes of a site.
  constructor(geos, ground = null) {
    this.geos = geos;
    this.ground = ground;
    this.records = new Set();
    this.told = [];
  }

  dissent(record, zh, en, unit, own, theirs) {
    if (record) {
      this.records.add(record);
    }
    const figures = ` page ${own.toFixed(4)} ${unit}, geos ${theirs.toFixed(4)} ${unit}`;
    const name = record ? record.name_zh : '';
    this.told.push([`${name}${zh}${figures}`, `${name} ${en}${figures}`]);
  }

  // Whether a record is measured otherwise by the two.
  of(record) {
    return this.records.has(record);
  }

  // Own distance of two shapes, Infinity beyond a limit; the other engine measures it, too.
  distance(zh, en, one, other, limit = Infinity, record = null) {
    const own = distance(one, other, limit + 2 * SAME_M);
    const theirs = this.geos.distance(one, other);
    if (own === Infinity ? !(theirs > limit + SAME_M) : !same(own, theirs, SAME_M)) {
      this.dissent(record, zh, en, 'm', own, theirs);
    }
    return own > limit ? Infinity : own;
  }

  // What a site and a record have in common, measured by the other engine, too; where it cannot, that is no agreement.
  measured(record, site, resource, overlap) {
    try {
      const apart = this.geos.distance(site, resource);
      if (!same(apart, overlap.distance, SAME_M)) {
        this.dissent(record, '距离', 'distance', 'm', overlap.distance, apart);
      } else if (apart === 0 && overlap.common) {
        this.overlap(record, site, resource, overlap);
      }
    } catch {
      this.dissent(record, '压占', 'overlap', 'm2', overlap.area, NaN);
    }
  }

  overlap(record, site, resource, overlap) {
    const common = this.geos.common(site, resource);
    const areas = site.dimension === 2 && resource.dimension === 2;
    const line = site.dimension + resource.dimension === 3;
    const area = areas ? common.area : 0;
    const length = line ? common.length : 0;
    if (!same(overlap.area, area, SAME_M2)) {
      this.dissent(record, '压占', 'overlap', 'm2', overlap.area, area);
    }
    if (!same(overlap.length, length, SAME_M)) {
      this.dissent(record, '线路在内', 'length inside', 'm', overlap.length, length);
    }
    const shapes = [resource, site].filter(shape => shape.dimension === 2);
    const [own, theirs] = this.depths(shapes, overlap, common.shape);
    if (!same(own, theirs, SAME_M)) {
      this.dissent(record, '压入深度', 'depth', 'm', own, theirs);
    }
  }

  // How deep either reaches inside the other, by both; each engine is given the deepest place that the other found.
  depths(shapes, overlap, common) {
    const gravest = pairs => pairs.reduce((best, pair) => (pair[0] <= best[0] ? best : pair), [0]);
    const places = [...commonPlaces(common), ...(overlap.deepest ? [overlap.deepest] : [])];
    const [theirs, place] = gravest(shapes.map(shape => this.geos.deepest(places, shape)));
    const inside =
      place &&
      shapes.every(({polys}) => inPolys(place, polys) >= 0 || toBoundary(place, polys) <= SAME_M);
    const given = inside ? shapes.map(({polys}) => toBoundary(place, polys)) : [];
    return [Math.max(0, -overlap.separation, ...given), theirs];
  }

  // Whether an edge with the force of law is shared, by the length that both find.
  edge(record, site, resource, length, law) {
    const theirs = this.geos.along(site, resource, law.touch_m);
    const least = law.shared_length_m;
    if (length >= least !== theirs >= least && Math.abs(theirs - least) > law.touch_m) {
      this.dissent(record, '共边长度', 'shared edge', 'm', length, theirs);
    }
  }

  // Whether polygons cover a shape, as the page says; the other engine measures what lies outside.
  covers(zh, en, own, others, shape) {
    if (!others.length) {
      return own;
    }
    const beyond = this.geos.beyond(shape, this.ringsOf(others));
    const {area, length} = beyond;
    const amount = [beyond.shape.points.length, length, area][shape.dimension];
    const none = amount <= (shape.dimension === 2 ? SAME_M2 : SAME_M);
    const close = () => this.geos.along(shape, this.ringsOf(others), SAME_M) > 0;
    if (own !== none && !(none && shape.dimension === 2 && close())) {
      this.dissent(null, zh, en, ['', 'm', 'm2'][shape.dimension], own ? 0 : Infinity, amount);
    }
    return own;
  }

  // The same polygons as one shape, made once.
  ringsOf(polys) {
    this.made = this.made || new Map();
    if (!this.made.has(polys)) {
      this.made.set(polys, {polys, lines: [], points: []});
    }
    return this.made.get(polys);
  }

  // What is disputed, in Chinese and English, with both figures; null where nothing is.
  disputed() {
    const ground = this.onGround && this.ground ? this.ground.told : [];
    const told = [...new Map([...this.told, ...ground].map(words => [words[0], words])).values()];
    const more = told.length - SHOWN;
    return told.length
      ? [0, 1].map(
          i =>
            told
              .slice(0, SHOWN)
              .map(words => words[i])
              .join('；') + (more > 0 ? `；+${more}` : ''),
        )
      : null;
  }
}
