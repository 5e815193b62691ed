// The same words in English. Laws keep their Chinese names; what they require is told in the words of the table of rules.
const LAW_NOTE = '(law as published, in Chinese)';

class SaysEnglish extends Says {
  constructor(pack, answer, site, names) {
    super(pack, answer, site);
    Object.assign(this, {english: pack.words.english, names});
    this.rules = Object.fromEntries(pack.rules.map(rule => [rule.rule_id, rule]));
  }

  name(finding) { return this.names.get(finding.feature_id) || finding.name_zh; }

  amount(m2, sharp) {
    const small = !sharp && m2 > 0 && m2 < 50;
    return `${small ? 'less than 0.01' : (m2 / 1e4).toFixed(sharp ? 4 : 2)} ha (${thousands(m2, sharp ? 1 : 0)} m², ${small ? 'less than 0.1' : (m2 * 3 / 2000).toFixed(sharp ? 2 : 1)} mu)`;
  }

  law(finding) {
    if (!finding.law) return '(no rule known)';
    return `《${finding.law}》 ${finding.article ? `Art. ${finding.article}` : '(article not seen)'} ${LAW_NOTE}`;
  }

  required(finding) { return (own(this.rules, finding.rule_id) || {}).requirement_en || finding.requirement || ''; }

  condition(finding) {
    if (!finding.condition) return '';
    const words = finding.condition.split(';').map(c => this.english.project_types[c] ? `is of type “${this.english.project_types[c]}”` : this.english.conditions[c] || c);
    return ` (if the project ${[...new Set(words)].join(' or ')})`;
  }

  held() {
    const {all, complete, part, empty, limited} = this.counts();
    return `${all} classes${limited ? ' (limited by --class)' : ''}: ${complete} declared whole, ${part} partly held, ${empty} empty`;
  }

  heldOf(entry) {
    const layer = this.layers[entry.resource_class];
    const official = entry.official_count === null ? 'no official count' : `official ${thousands(entry.official_count)}${layer.unit === 'ha' ? ' ha' : ''}`;
    return `${official}, held ${entry.held}, located ${entry.located}, with boundary ${layer.polygons}`;
  }

  headline() { return this.usable() ? super.headline() : 'The site cannot be used and was not screened.'; }

  besides() {
    const count = this.site.verdict === 'regulated' ? 0 : this.hits('regulated').length;
    return count ? ` Besides, ${count} matter(s) need approval or consultation first.` : '';
  }

  touch(f) {
    const subzone = own(this.english.subzones, f.subzone), where = `${this.name(f)}${subzone ? ` (${subzone})` : ''}`;
    if (f.overlap_m2) return `the site overlaps ${where} by ${this.amount(f.overlap_m2, this.sharp(f))}, ${percent(f.overlap_share)} of it`;
    if (f.overlap_length_m) return `the line crosses ${where} for ${thousands(f.overlap_length_m, 1)} m`;
    return f.distance_m ? `the site is ${thousands(f.distance_m)} m from ${where}, less than the required ${f.required_m} m` : `the site covers the point of ${where} itself`;
  }

  conflict() {
    const first = this.worst(), away = this.away(first);
    return `${this.hits('conflict').length} prohibited conflict(s) found: ${this.touch(first)}. ${this.law(first)}: ${this.required(first)}${this.condition(first)}.`
      + (away === null ? '' : ` Keep away by ${thousands(away)} m or more.`);
  }

  undetermined() {
    const open = this.asked.filter(e => e.outcome === 'undetermined'), near = this.nearest();
    const bringing = open.filter(e => e.reason_code !== 'doubtful_site'), layer = bringing.length ? this.layers[bringing[0].resource_class] : null;
    return `“No conflict found” cannot be concluded yet: ${open.length} class(es) are to be verified.`
      + (near ? ` As far as is known, the nearest resource is ${this.name(near)}, ${thousands(near.distance_m)} m away (error ±${thousands(near.uncertainty_m)} m).` : '')
      + (this.site.doubtful ? ' The reading of the site holds guesses, repairs or doubts (see its problems): confirm its coordinates first.' : '')
      + (layer ? ` It can be judged again with: ${layer.material_en} (${layer.keeper_en})${bringing.length > 1 ? ', and others' : ''}.` : '');
  }

  regulated() {
    return `No prohibited conflict was found in what was screened; ${this.hits('regulated').length} matter(s) need approval or consultation first, see below.`;
  }

  not_screened() {
    const names = this.asked.filter(e => e.outcome === 'not_screened').map(e => this.className(e));
    return `${names.length} class(es) not screened: ${names.join(', ')}. Not screened does not mean no conflict.`;
  }

  clear() {
    const least = this.leastMargin();
    return `Within the data and the day that the table names, no conflict was found in ${this.asked.length} classes`
      + (least ? `; the least margin is ${thousands(least.margin_m, 1)} m, more than the combined error of ${thousands(least.uncertainty_m, 1)} m.` : '.');
  }

  unsaid() {
    return this.unsaidCodes().map(code => ({type: 'type of the project', height: 'height of the building'}[code] || `whether it ${this.english.conditions[code]}`)).join(', ');
  }

  area() {
    const {site, surveyed} = this;
    const where = site.area_m2 ? `Area on the plane ${this.amount(site.area_m2, surveyed)}; on the ellipsoid ${thousands(site.area_ellipsoid_m2, surveyed ? 1 : 0)} m²; ` : '';
    return `${where}${site.crs} (3-degree zone, central meridian ${meridianOf(site.crs)}°); accuracy of the site ±${site.accuracy_m} m`;
  }

  className(entry) { return this.layers[entry.resource_class].en; }

  reasonOf(entry) {
    const failed = entry.reason_code === 'layer_failed' ? `: ${this.layers[entry.resource_class].failed}` : '';
    return `${this.english.class_reasons[entry.reason_code]}${failed}. ${this.heldOf(entry)}`;
  }

  lines(finding) {
    const found = [], reason = this.english.finding_reasons[finding.reason_code];
    found.push(finding.overlap_m2 ? `Overlap ${this.amount(finding.overlap_m2, this.sharp(finding))}, ${percent(finding.overlap_share)} of the site`
      : finding.overlap_length_m ? `${thousands(finding.overlap_length_m, 1)} m of the line inside`
        : finding.distance_m === null ? reason : finding.distance_m ? `${thousands(finding.distance_m)} m away` : 'touches or inside');
    if (finding.law) found.push(`${this.law(finding)}: ${this.required(finding)}${this.condition(finding)}`);
    if (finding.margin_m !== null) {
      found.push(`Margin ${thousands(finding.margin_m, 1)} m, combined error ±${thousands(finding.uncertainty_m, 1)} m`
        + (finding.flip_distance_m === null ? '' : `; if a boundary moves by ${thousands(finding.flip_distance_m, 1)} m, the answer changes`));
    }
    if (finding.max_height_m !== null) found.push(`Certainly lawful up to a height of ${thousands(finding.max_height_m, 1)} m`);
    found.push(`${finding.relation === 'missed' || finding.distance_m === null ? '' : `${reason}; `}${own(this.english.memberships, finding.membership) || finding.membership}`);
    return found;
  }
}
