// A tree over the boxes of many features: built once, asked for what lies in a window. Boxes are west, south, east, north in flat arrays. Pure.
const FAN = 16;

// Bits of x and y (15 each) in turns: features that are near each other get near numbers.
function interleaved(x, y) {
  let code = 0;
  for (let bit = 14; bit >= 0; bit -= 1) {
    code = code * 4 + ((x >> bit) & 1) * 2 + ((y >> bit) & 1);
  }
  return code;
}

export class BoxTree {
  constructor(boxes) {
    const count = boxes.length / 4;
    const keys = new Float64Array(count);
    const whole = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < boxes.length; i += 1) {
      whole[i % 4] =
        i % 4 < 2 ? Math.min(whole[i % 4], boxes[i]) : Math.max(whole[i % 4], boxes[i]);
    }
    const [wide, high] = [whole[2] - whole[0] || 1, whole[3] - whole[1] || 1];
    for (let i = 0; i < count; i += 1) {
      const x = ((boxes[4 * i] + boxes[4 * i + 2]) / 2 - whole[0]) / wide;
      const y = ((boxes[4 * i + 1] + boxes[4 * i + 3]) / 2 - whole[1]) / high;
      keys[i] = interleaved(Math.floor(x * 32767), Math.floor(y * 32767)) * 2 ** 23 + i;
    }
    keys.sort();
    this.items = Uint32Array.from(keys, key => key % 2 ** 23);
    this.boxes = boxes;
    this.box = count ? whole : [0, 0, 0, 0];
    this.levels = [];
    let below = i => 4 * this.items[i];
    let source = boxes;
    let size = count;
    do {
      const level = new Int32Array(4 * Math.ceil(size / FAN));
      for (let node = 0; 4 * node < level.length; node += 1) {
        const into = level.subarray(4 * node, 4 * node + 4);
        into.set(source.subarray(below(node * FAN), below(node * FAN) + 4));
        for (let i = node * FAN + 1; i < Math.min(size, (node + 1) * FAN); i += 1) {
          const at = below(i);
          if (source[at] < into[0]) {
            into[0] = source[at];
          }
          if (source[at + 1] < into[1]) {
            into[1] = source[at + 1];
          }
          if (source[at + 2] > into[2]) {
            into[2] = source[at + 2];
          }
          if (source[at + 3] > into[3]) {
            into[3] = source[at + 3];
          }
        }
      }
      this.levels.push(level);
      source = level;
      size = level.length / 4;
      below = i => 4 * i;
    } while (size > 1);
  }

  // fn(feature) for every feature whose box meets the window
  search(west, south, east, north, fn) {
    const {boxes, items, levels} = this;
    const meets = (list, at) =>
      list[at] <= east && list[at + 2] >= west && list[at + 1] <= north && list[at + 3] >= south;
    const descend = (depth, node) => {
      if (!meets(levels[depth], 4 * node)) {
        return;
      }
      const first = node * FAN;
      const last = first + FAN;
      if (depth > 0) {
        const size = levels[depth - 1].length / 4;
        for (let i = first; i < last && i < size; i += 1) {
          descend(depth - 1, i);
        }
      } else {
        for (let i = first; i < last && i < items.length; i += 1) {
          if (meets(boxes, 4 * items[i])) {
            fn(items[i]);
          }
        }
      }
    };
    if (items.length) {
      descend(levels.length - 1, 0);
    }
  }
}

// Numbers of the features from the largest box to the smallest, so that small ones are drawn over large ones, and each feature's place in it.
export function drawingOrder(boxes) {
  const count = boxes.length / 4;
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const area = (boxes[4 * i + 2] - boxes[4 * i] + 1) * (boxes[4 * i + 3] - boxes[4 * i + 1] + 1);
    keys[i] = (2 ** 29 - Math.floor(Math.min(2 ** 29, Math.log2(area) * 2 ** 22))) * 2 ** 23 + i;
  }
  keys.sort();
  const order = Uint32Array.from(keys, key => key % 2 ** 23);
  const rank = new Uint32Array(count);
  order.forEach((feature, place) => {
    rank[feature] = place;
  });
  return {order, rank};
}
