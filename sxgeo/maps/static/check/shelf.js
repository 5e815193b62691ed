// The shapes of one layer on one plane, each moved there when it is first needed. Pure.
import {RADIAN} from './geodesy.js';
import {shapeOf} from './geometry.js';

const METRES_A_DEGREE = 110574;
const SURE = 0.95;

export class Shelf {
  constructor(layer, move) {
    this.layer = layer;
    this.move = move;
    this.known = new Map();
    this.count = layer.records.length;
  }

  has(row) {
    return this.layer.chains
      ? this.layer.chains.rowOf[row] >= 0
      : Boolean(this.layer.records[row].geometry);
  }

  at(row) {
    if (!this.has(row)) {
      return null;
    }
    if (!this.known.has(row)) {
      const {chains, records} = this.layer;
      this.known.set(
        row,
        shapeOf(chains ? chains.geometry(chains.rowOf[row]) : records[row].geometry, this.move),
      );
    }
    return this.known.get(row);
  }

  // The drawn record whose box lies nearest to a box in degrees, -1 where none is told so; the first of several.
  likely(box) {
    const {chains} = this.layer;
    let found = -1;
    let least = Infinity;
    for (let row = 0; chains && row < this.count; row += 1) {
      if (this.has(row) && !this.beyond(row, box, least)) {
        const far = leastMetres(chains.box(chains.rowOf[row]), box);
        if (far < least) {
          least = far;
          found = row;
        }
      }
    }
    return found;
  }

  // Whether a shape is certainly farther than `limit` metres from a box in degrees, told without moving it to the plane.
  beyond(row, box, limit) {
    const {chains} = this.layer;
    if (!chains || limit === Infinity) {
      return false;
    }
    // Most records lie too far north or south: that is told before anything is put together.
    const at = 4 * chains.rowOf[row];
    const {boxes, scale} = chains;
    const up = Math.max(boxes[at + 1] / scale - box[3], box[1] - boxes[at + 3] / scale);
    return (
      SURE * METRES_A_DEGREE * up > limit || leastMetres(chains.box(chains.rowOf[row]), box) > limit
    );
  }
}

// A distance that two boxes in degrees are certainly apart: the shortest degrees of their latitudes, less a twentieth.
function leastMetres(a, b) {
  const up = Math.max(0, a[1] - b[3], b[1] - a[3]);
  const along = Math.max(0, a[0] - b[2], b[0] - a[2]);
  const squeeze = Math.cos(
    Math.max(Math.abs(a[1]), Math.abs(a[3]), Math.abs(b[1]), Math.abs(b[3])) * RADIAN,
  );
  return SURE * METRES_A_DEGREE * Math.hypot(up, along * squeeze);
}
