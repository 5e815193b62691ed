// Findings in their order, rounded as the library rounds them. Pure.
import {order, round} from './plain.js';

const METRES = [
  'distance_m',
  'required_m',
  'margin_m',
  'uncertainty_m',
  'flip_distance_m',
  'max_height_m',
  'extent_m',
  'overlap_length_m',
  'overlap_m2',
  'overlap_ellipsoid_m2',
  'no_build_m2',
  'set_back_m',
];

export function gravestPerFeature(entry) {
  const seen = new Set();
  return entry.findings.filter(f => !seen.has(f.feature_id) && seen.add(f.feature_id));
}

export function findingOrder({effects, outcomes}) {
  const effect = f => (effects.includes(f.effect) ? effects.indexOf(f.effect) : effects.length);
  return (a, b) =>
    outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome) ||
    (a.exact ?? Infinity) - (b.exact ?? Infinity) ||
    order(a.feature_id, b.feature_id) ||
    effect(a) - effect(b) ||
    order(a.rule_id || '', b.rule_id || '');
}

export function rounded(finding) {
  const told = {...finding};
  for (const [name, value] of [
    ['common', finding.common],
    ['exact', finding.distance_m],
    ['area', finding.overlap_m2],
  ]) {
    Object.defineProperty(told, name, {value, enumerable: false});
  }
  for (const key of METRES) {
    told[key] = round(told[key], 4);
  }
  told.overlap_share = round(told.overlap_share, 6);
  return told;
}
