// What a class must show before it may be called clear; the word is made here and nowhere else. The grounds and their order are the library's.
import {gravestPerFeature} from './findings.js';

const ENGINES = ['page'];

// The engines that measure: the page's own, and a second one where it was asked for and runs.
export function enginesOf(second) {
  return second && second.failed === null ? [...ENGINES, second.name] : ENGINES;
}

// Why a class cannot be called clear: the reason code of the first ground that is not there; null when all are.
export function lackingGround(grounds) {
  const checks = [
    [grounds.all_missed_or_unbound, 'between'],
    [grounds.layer_read_whole, 'layer_failed'],
    [grounds.held, 'nothing_held'],
    [grounds.covered, 'outside_coverage'],
    [grounds.complete && grounds.document, 'incomplete'],
    [grounds.subzones_held, 'subzone_missing'],
    [grounds.read_without_doubt && grounds.input_accounted_for, 'doubtful_site'],
    [grounds.engines_agree, 'engines_disagree'],
  ];
  const lost = checks.find(([shown]) => !shown);
  return lost ? lost[1] : null;
}

// The certificate of a class that is clear, built from its grounds; it cannot exist without them.
export function certificate(layer, grounds, needed) {
  const lost = lackingGround(grounds);
  if (lost) {
    throw new Error(`a class cannot be called clear here: ${lost}`);
  }
  return {
    reading: 'without_doubt',
    input: 'accounted_for',
    layer: 'read_whole',
    complete_in: layer.complete_in,
    complete_document: grounds.document,
    subzones: needed,
    subzones_absent: layer.subzones_absent,
    records: layer.records.length,
    engines: grounds.engines,
  };
}

// What a clear class touches though nothing binds it, and the edges that it shares.
export function besidesOf(entry) {
  const of = relation => gravestPerFeature(entry).filter(f => f.relation === relation);
  return {
    unbound: of('unbound').map(f => ({feature_id: f.feature_id, unbound_by: f.unbound_by})),
    shared_edges: of('shared').map(f => f.feature_id),
  };
}
