// The same words in English. Laws keep their Chinese names; what they require is told in the words of the table of rules.
import {meridianOf} from '../check/geodesy.js';
import {outcomeLabel} from '../check/outcomes.js';
import {own, thousands} from '../check/plain.js';
import {Says, percent} from './says.js';

const LAW_NOTE = '(law as published, in Chinese)';

const ITEM_EN = {
  height_m: 'the height of the tallest building',
  approval_kind: 'the kind of approval',
};

export class SaysEnglish extends Says {
  constructor(pack, answer, site, names) {
    super(pack, answer, site);
    Object.assign(this, {english: pack.words.english, names});
    this.rules = Object.fromEntries(pack.rules.map(rule => [rule.rule_id, rule]));
  }

  name(finding) {
    return this.names.get(finding.feature_id) || finding.name_zh;
  }

  hectares(m2) {
    return m2 > 0 && m2 < 0.5 ? 'less than 0.0001' : (m2 / 1e4).toFixed(4);
  }
  amount(m2) {
    return `${this.hectares(m2)} ha (${thousands(m2, 2)} m², ${m2 > 0 && m2 < 3.3 ? 'less than 0.01' : ((m2 * 3) / 2000).toFixed(2)} mu)`;
  }

  law(finding) {
    if (!finding.law) {
      return '(no rule known)';
    }
    return `《${finding.law}》 ${finding.article ? `Art. ${finding.article}` : '(article not seen)'} ${LAW_NOTE}`;
  }

  required(finding) {
    return (own(this.rules, finding.rule_id) || {}).requirement_en || finding.requirement || '';
  }

  condition(finding) {
    if (!finding.condition) {
      return '';
    }
    const words = finding.condition
      .split(';')
      .map(c =>
        this.english.project_types[c]
          ? `is of type “${this.english.project_types[c]}”`
          : this.english.conditions[c] || c,
      );
    return ` (if the project ${[...new Set(words)].join(' or ')})`;
  }

  held() {
    const {all, complete, part, empty, limited} = this.counts();
    return `${all} classes${limited ? ' (limited by --class)' : ''}: ${complete} declared whole, ${part} partly held, ${empty} empty`;
  }

  heldOf(entry) {
    const layer = this.layers[entry.resource_class];
    const official =
      entry.official_count === null
        ? 'no official count'
        : `official ${thousands(entry.official_count)}${layer.unit === 'ha' ? ' ha' : ''}`;
    return `${official}, held ${entry.held}, located ${entry.located}, with boundary ${layer.polygons}`;
  }

  title() {
    return this.limited === null
      ? 'Verdict'
      : `Verdict limited to ${this.limited.length} class(es)`;
  }

  headline() {
    if (!this.usable()) {
      return 'The site cannot be used and was not screened.';
    }
    return (
      (this.limited === null ? '' : `${this.title()}: `) +
      this[this.site.verdict]() +
      this.besides()
    );
  }

  besides() {
    const count = this.site.verdict === 'regulated' ? 0 : this.hits('regulated').length;
    const bare = this.gravest().find(f => f.no_build_m2 !== null);
    return (
      (count ? ` Besides, ${count} matter(s) need approval or consultation first.` : '') +
      (bare ? ` ${this.building(bare)}.` : '') +
      this.touched()
    );
  }

  touched() {
    const of = relation => this.toldBesides().filter(f => f.relation === relation);
    const [unbound, shared] = [of('unbound'), of('shared')];
    const names = list =>
      list
        .slice(0, 3)
        .map(f => this.place(f))
        .join(', ') + (list.length > 3 ? ' and others' : '');
    return (
      (unbound.length
        ? ` The site touches ${names(unbound)} (${unbound.length}); ${this.unbound(unbound[0])}: no rule binds; to be judged again when that changes.`
        : '') +
      (shared.length
        ? ` It shares its edge with ${names(shared)}, overlap 0.0000 ha (overlaid as legal vectors).`
        : '')
    );
  }

  place(f) {
    const zone = own(this.english.subzones, f.subzone);
    return zone ? `${this.name(f)} (${zone})` : this.name(f);
  }

  unbound(f) {
    const told = f.unbound_by
      .map(text => text.split('='))
      .map(([key, value]) =>
        key === 'project_type'
          ? `its type is “${this.english.project_types[value]}”`
          : `it ${own(this.english.conditions, key) || key}: ${value}`,
      );
    return told.length ? `said: ${told.join(', ')}` : '';
  }

  building(f) {
    return `Nothing may be built on ${thousands(f.no_build_m2, 2)} m² within the control strip; keep back ${f.set_back_m} m`;
  }

  legal(f) {
    const said = {
      apart: 'no overlap',
      shared: 'shared edge, overlap 0.0000 ha',
      overlap: `overlap ${this.hectares(f.overlap_m2)} ha`,
    };
    return f.legal_overlay ? `overlaid as a legal vector: ${said[f.legal_overlay]}` : '';
  }

  findingLabel(f) {
    if (f.relation === 'unbound') {
      return outcomeLabel(this.pack.words, 'touched_unbound', null, true);
    }
    return f.relation === 'shared'
      ? this.english.shared
      : outcomeLabel(this.pack.words, f.outcome, f.effect, true);
  }

  classLabel(entry) {
    return (
      own(this.english.urban, entry.reason_code) ||
      outcomeLabel(this.pack.words, entry.outcome, entry.effect, true)
    );
  }

  certificate(entry) {
    const told = entry.clear_because;
    const zone = code => own(this.english.subzones, code) || code;
    if (!told) {
      return '';
    }
    const zones = told.subzones.filter(one => !told.subzones_absent.includes(one));
    return [
      `declared complete (${told.complete_document})`,
      ...(zones.length ? [`all subzones (${zones.map(zone).join(', ')})`] : []),
      ...(told.subzones_absent.length
        ? [`declared absent: ${told.subzones_absent.map(zone).join(', ')}`]
        : []),
      `${told.records} record(s) looked at${told.unbound.length ? '' : ', none touched'}`,
      ...(told.unbound.length
        ? [`${told.unbound.length} touched, and no rule binds what was said`]
        : []),
      ...(told.shared_edges.length ? [`${told.shared_edges.length} shared edge(s)`] : []),
      'site read without doubt, nothing of the input left out',
      `engine ${told.engines.join(', ')}`,
    ].join('; ');
  }

  zones(entry) {
    const names = {unknown: 'no zone named', outside: 'outside'};
    return (entry.by_zone || [])
      .filter(share => share.area_m2 >= 0.5)
      .map(
        share =>
          `${names[share.zone] || this.english.subzones[share.zone]} ${this.hectares(share.area_m2)} ha (${percent(share.share)})`,
      )
      .join('; ');
  }

  question(q) {
    const label = outcome => outcomeLabel(this.pack.words, outcome, null, true);
    const item =
      own(ITEM_EN, q.attribute) || `whether the project ${this.english.conditions[q.attribute]}`;
    return `Not said: ${item}. At worst: ${label(q.worst)}; said in writing${q.frees ? ` as “${q.frees}” (with its document): ${label(q.freed)}${q.freed === q.worst ? ', and only together with the other answers' : ''}` : ': to be judged again'}.`;
  }

  touch(f) {
    const where = this.place(f);
    if (f.overlap_m2) {
      return `the site ${this.pack.words.urban_zones.includes(f.subzone) ? 'lies in' : 'overlaps'} ${where} by ${this.amount(f.overlap_m2)}, ${percent(f.overlap_share)} of it`;
    }
    if (f.overlap_length_m) {
      return `the line crosses ${where} for ${thousands(f.overlap_length_m, 1)} m`;
    }
    if (f.distance_m) {
      return `the site is ${thousands(f.distance_m)} m from ${where}, less than the required ${f.required_m} m`;
    }
    return f.relation === 'unbound' || f.relation === 'shared' || f.outcome === 'undetermined'
      ? `the site touches ${where}`
      : `the site covers the point of ${where} itself`;
  }

  conflict() {
    const first = this.worst();
    const away = this.away(first);
    return (
      `${this.hits('conflict').length} prohibited conflict(s) found: ${this.touch(first)}. ${this.law(first)}: ${this.required(first)}${this.condition(first)}.` +
      (away === null
        ? ''
        : ` Keep away by ${thousands(away)} m or more (computed, no distance of a law).`)
    );
  }

  doubt(f) {
    return f.uncertainty_m > this.pack.law.coarse_m
      ? ' (known to the county only)'
      : ` (error ±${thousands(f.uncertainty_m || 0)} m)`;
  }

  undetermined() {
    const open = this.asked.filter(e => e.outcome === 'undetermined');
    const near = this.nearest();
    const bringing = open.filter(e => e.reason_code !== 'doubtful_site');
    const layer = bringing.length ? this.layers[bringing[0].resource_class] : null;
    return (
      `“No conflict found” cannot be concluded yet: ${open.length} class(es) are to be verified.` +
      (near
        ? ` As far as is known, the nearest resource is ${this.name(near)}, ${thousands(near.distance_m)} m away${this.doubt(near)}.`
        : '') +
      (this.site.doubtful
        ? ' The reading of the site holds guesses, repairs or doubts (see its problems): confirm its coordinates first.'
        : '') +
      (layer
        ? ` It can be judged again with: ${layer.material_en} (${layer.keeper_en})${bringing.length > 1 ? ', and others' : ''}.`
        : '')
    );
  }

  regulated() {
    return `No prohibited conflict was found in what was screened; ${this.hits('regulated').length} matter(s) need approval or consultation first, see below.`;
  }

  not_screened() {
    const names = this.asked.filter(e => e.outcome === 'not_screened').map(e => this.className(e));
    return `${names.length} class(es) not screened: ${names.join(', ')}. Not screened does not mean no conflict.`;
  }

  clear() {
    const least = this.toldBesides().length ? null : this.leastMargin();
    return (
      `Within the data and the day that the table names, no conflict was found in ${this.asked.length} classes` +
      (least
        ? `; the least margin is ${thousands(least.margin_m, 3)} m, more than the combined error of ${thousands(least.uncertainty_m, 3)} m.`
        : '.')
    );
  }

  unsaid() {
    return this.unsaidCodes()
      .map(
        code =>
          ({type: 'type of the project', height: 'height of the building'})[code] ||
          `whether it ${this.english.conditions[code]}`,
      )
      .join(', ');
  }

  area() {
    const {site} = this;
    const where = site.area_m2
      ? `Area on the plane ${this.amount(site.area_m2)}; on the ellipsoid ${thousands(site.area_ellipsoid_m2, 2)} m²; `
      : '';
    return `${where}${site.crs} (3-degree zone, central meridian ${meridianOf(site.crs)}°); accuracy of the site ±${site.accuracy_m} m (${this.accuracy()})`;
  }

  accuracy() {
    return (
      {option: 'as given', file: 'as the file says'}[this.site.accuracy_source] ||
      this.site.accuracy_source
    );
  }

  className(entry) {
    return this.layers[entry.resource_class].en;
  }

  reasonOf(entry) {
    const failed =
      entry.reason_code === 'layer_failed'
        ? `: ${this.layers[entry.resource_class].failed}`
        : entry.disputed_en
          ? `: ${entry.disputed_en}`
          : '';
    return [
      this.certificate(entry) || `${this.english.class_reasons[entry.reason_code]}${failed}`,
      this.zones(entry),
      this.heldOf(entry),
    ]
      .filter(Boolean)
      .join('. ');
  }

  lines(finding) {
    const found = [];
    const reason = this.english.finding_reasons[finding.reason_code];
    found.push(
      finding.overlap_m2
        ? `Overlap ${this.amount(finding.overlap_m2)}, ${percent(finding.overlap_share)} of the site`
        : finding.overlap_length_m
          ? `${thousands(finding.overlap_length_m, 1)} m of the line inside`
          : finding.distance_m === null
            ? reason
            : finding.distance_m
              ? `${thousands(finding.distance_m)} m away`
              : 'touches or inside',
    );
    if (finding.law) {
      found.push(`${this.law(finding)}: ${this.required(finding)}${this.condition(finding)}`);
    }
    if (finding.margin_m !== null) {
      found.push(
        `Margin ${thousands(finding.margin_m, 3)} m, combined error ±${thousands(finding.uncertainty_m, 3)} m` +
          (finding.flip_distance_m === null
            ? ''
            : `; if a boundary moves by ${thousands(finding.flip_distance_m, 1)} m, the answer changes`),
      );
    }
    if (finding.max_height_m !== null) {
      found.push(`Certainly lawful up to a height of ${thousands(finding.max_height_m, 1)} m`);
    }
    for (const told of [
      finding.no_build_m2 === null ? '' : this.building(finding),
      this.unbound(finding),
      this.legal(finding),
    ]) {
      if (told) {
        found.push(told);
      }
    }
    found.push(
      `${finding.relation === 'missed' || finding.distance_m === null ? '' : `${reason}; `}${own(this.english.memberships, finding.membership) || finding.membership}`,
    );
    return found;
  }
}
