// What every room of the page uses: tables read by name, order, rounding, the grid of coordinates. Pure.
export const DECIMAL = /^\s*(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;
export const SCALE = 1e7;
export const MOST_SITES = 2000;
export const MOST_POINTS = 200000;

// Object.hasOwn, which Chromium has from 93 on.
export function has(table, name) {
  return Object.prototype.hasOwnProperty.call(table, name);
}

// What a table holds under a name that data brought: never what every object inherits.
export function own(table, name) {
  return typeof name === 'string' && has(table, name) ? table[name] : undefined;
}

export function quoted(value) {
  return `'${String(typeof value === 'object' && value ? JSON.stringify(value) : value).slice(0, 60)}'`;
}

export function isAmount(value) {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

export function order(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function round(value, digits) {
  if (value === null || !Number.isFinite(value)) {
    return null;
  }
  return Number(value.toFixed(digits)) + 0;
}

export function thousands(value, digits = 0) {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
