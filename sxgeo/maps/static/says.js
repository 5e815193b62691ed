// The words of an answer, as the library's reports say them; `words` and `layers` come from the pack.
const SURVEYED_M = 0.5;

// Label and line of an outcome; some effects have their own.
function outcomeWords(words, outcome, effect, english) {
  const labels = english ? words.english.labels : words.labels_zh, exact = own(labels, `${outcome}:${effect}`);
  return exact || (english ? [words.outcome_en[outcome], words.english.lines[outcome] || ''] : [words.outcome_zh[outcome], words.lines_zh[outcome] || '']);
}

function outcomeLabel(words, outcome, effect, english) { return outcomeWords(words, outcome, effect, english)[0]; }

function thousands(value, digits = 0) { return value.toLocaleString('en-US', {minimumFractionDigits: digits, maximumFractionDigits: digits}); }

function lawOf(finding) {
  if (!finding.law) return '（无已知规则）';
  return `《${finding.law}》${finding.article ? `第${finding.article}条` : '（条号未见）'}`;
}

function ifOf(finding, pack) {
  if (!finding.condition) return '';
  const words = finding.condition.split(';').map(c => pack.tables.project_types[c] || pack.tables.conditions[c] || c);
  return `（若项目属于：${[...new Set(words)].join('、')}）`;
}

function gravestPerFeature(entry) {
  const seen = new Set();
  return entry.findings.filter(f => !seen.has(f.feature_id) && seen.add(f.feature_id));
}

// Hectares have four decimals only where both edges are surveyed, else two; mu follow.
function hectares(m2, surveyed) { return !surveyed && m2 > 0 && m2 < 50 ? '不足0.01' : (m2 / 1e4).toFixed(surveyed ? 4 : 2); }
function mu(m2, surveyed) { return !surveyed && m2 > 0 && m2 < 50 ? '不足0.1' : (m2 * 3 / 2000).toFixed(surveyed ? 2 : 1); }
function areaWords(m2, surveyed) { return `${thousands(m2, surveyed ? 1 : 0)} ㎡（${hectares(m2, surveyed)} 公顷，${mu(m2, surveyed)} 亩）`; }
function percent(share) { return `${(share * 100).toFixed(1)}%`; }

class Says {
  constructor(pack, answer, site) {
    this.pack = pack;
    this.answer = answer;
    this.site = site;
    this.asked = [...site.screening, ...site.extra].filter(entry => entry.requested);
    this.layers = Object.fromEntries(pack.layers.map(layer => [layer.id, layer]));
    this.surveyed = ['file', 'option'].includes(site.accuracy_source) && site.accuracy_m <= SURVEYED_M;
  }

  usable() { return this.site.crs !== null; }

  hits(kind) { return this.asked.flatMap(entry => gravestPerFeature(entry).filter(f => f.outcome === kind).map(f => [entry, f])); }

  sharp(finding) { return this.surveyed && finding.geometry_kind === 'surveyed'; }

  knownLabel(english) {
    const known = this.site.known_verdict, entry = this.asked.find(e => e.known_outcome === known);
    return outcomeLabel(this.pack.words, known, entry && entry.effect, english);
  }

  counts() {
    const complete = this.asked.filter(e => this.layers[e.resource_class].complete_in.length).length, empty = this.asked.filter(e => !e.held).length;
    return {all: this.asked.length, complete, part: this.asked.length - complete - empty, empty, limited: this.answer.receipt.parameters.classes !== null};
  }

  held() {
    const {all, complete, part, empty, limited} = this.counts();
    return `${all}类${limited ? '（按 --class 限定）' : ''}：声明完整${complete}类，收录不全${part}类，未收录${empty}类`;
  }

  heldOf(entry) {
    const layer = this.layers[entry.resource_class], unit = layer.unit === 'ha' ? '公顷' : '处';
    const official = entry.official_count === null ? '未公布数量' : `公布${entry.official_count}${unit}`;
    return `${official}，收录${entry.held}处，已定位${entry.located}处，有边界${layer.polygons}处`;
  }

  headline() {
    if (!this.usable()) return '地块不可用，未作筛查。';
    return this[this.site.verdict]() + this.besides();
  }

  besides() {
    const count = this.site.verdict === 'regulated' ? 0 : this.hits('regulated').length;
    return count ? `另涉及须专项审批或征求意见事项${count}项，须先行办理。` : '';
  }

  // The finding that a conflict is told by: the largest overlap, then the longest, then the farthest from changing.
  worst() {
    const weight = f => [f.overlap_m2, f.overlap_length_m, f.flip_distance_m || 0];
    return this.hits('conflict').map(([, f]) => f).reduce((best, f) => {
      const a = weight(f), b = weight(best), i = a.findIndex((v, k) => v !== b[k]);
      return i >= 0 && a[i] > b[i] ? f : best;
    });
  }

  away(finding) { return finding.flip_distance_m === null ? null : Math.trunc((finding.uncertainty_m || 0) - (finding.margin_m || 0)) + 1; }

  nearest() {
    return this.asked.flatMap(e => e.findings).filter(f => f.distance_m !== null)
      .sort((a, b) => a.distance_m - b.distance_m || order(a.feature_id, b.feature_id))[0];
  }

  leastMargin() {
    return this.asked.flatMap(e => e.findings).filter(f => f.margin_m !== null && f.uncertainty_m !== null)
      .sort((a, b) => a.margin_m - b.margin_m || a.uncertainty_m - b.uncertainty_m)[0];
  }

  touch(f) {
    const where = `${f.name_zh}${own(this.pack.words.subzones, f.subzone) || ''}`, sharp = this.sharp(f);
    if (f.overlap_m2) return `地块压占${where}${hectares(f.overlap_m2, sharp)}公顷（${mu(f.overlap_m2, sharp)}亩，占${percent(f.overlap_share)}）`;
    if (f.overlap_length_m) return `线路穿越${where}${thousands(f.overlap_length_m, 1)}米`;
    return f.distance_m ? `地块距${where}${thousands(f.distance_m)}米，小于规定的${f.required_m}米` : `地块压占${where}本体点位`;
  }

  conflict() {
    const first = this.worst(), away = this.away(first);
    return `发现禁止性冲突${this.hits('conflict').length}项：${this.touch(first)}。依据${lawOf(first)}，${first.requirement}。${ifOf(first, this.pack)}`
      + (away === null ? '' : `建议避让${thousands(away)}米以上。`);
  }

  undetermined() {
    const open = this.asked.filter(e => e.outcome === 'undetermined'), near = this.nearest();
    const bringing = open.filter(e => e.reason_code !== 'doubtful_site'), layer = bringing.length ? this.layers[bringing[0].resource_class] : null;
    const doubt = this.site.doubtful ? '地块的读取含推测、修复或疑点（见问题），须先确认地块坐标。' : '';
    return `目前不能得出“未发现冲突”的结论：${open.length}类资源待核实。`
      + (near ? `据现有资料，最近的已知资源为${near.name_zh}，距${thousands(near.distance_m)}米（误差±${thousands(near.uncertainty_m)}米）。` : '')
      + doubt + (!bringing.length ? '' : `取得${layer.material}（${layer.keeper}）${bringing.length > 1 ? '等' : ''}后可重新判定。`);
  }

  regulated() {
    return `在已筛查资料范围内未发现禁止性冲突；涉及须专项审批或征求意见事项${this.hits('regulated').length}项，须先行办理，见下。`;
  }

  not_screened() {
    const names = this.asked.filter(e => e.outcome === 'not_screened').map(e => this.layers[e.resource_class].zh);
    return `${names.length}类未筛查：${names.join('、')}。未筛查不等于无冲突。`;
  }

  clear() {
    const least = this.leastMargin();
    return `在附表所列资料及时点范围内，${this.asked.length}类均未发现冲突`
      + (least ? `；最小余量${thousands(least.margin_m, 1)}米，大于合成误差${thousands(least.uncertainty_m, 1)}米。` : '。');
  }

  // What was not said of the project: 'type', 'height' or the code of a condition.
  unsaidCodes() {
    const findings = this.asked.flatMap(e => e.findings).filter(f => f.relation !== 'missed');
    const conditions = new Set(findings.flatMap(f => (f.condition || '').split(';')));
    return [...(this.answer.receipt.parameters.project_type === null ? ['type'] : []), ...(findings.some(f => f.reason_code === 'height_unknown') ? ['height'] : []),
      ...Object.keys(this.pack.tables.conditions).filter(code => conditions.has(code))];
  }

  unsaid() { return this.unsaidCodes().map(code => ({type: '项目类型', height: '建筑高度'}[code] || `是否${this.pack.tables.conditions[code]}`)).join('、'); }

  area() {
    const {site, surveyed} = this;
    const where = site.area_m2 ? `投影面积 ${areaWords(site.area_m2, surveyed)}；椭球面积 ${thousands(site.area_ellipsoid_m2, surveyed ? 1 : 0)} ㎡；` : '';
    return `${where}${site.crs}（3°带，中央子午线${meridianOf(site.crs)}°）；地块精度 ±${site.accuracy_m} 米`;
  }

  className(entry) { return this.layers[entry.resource_class].zh; }
  reasonOf(entry) { return `${entry.reason}。${this.heldOf(entry)}`; }

  // What a reader sees of one finding: what it is, how near or deep, on which law, and what would change it.
  lines(finding) {
    const words = this.pack.words, found = [];
    found.push(finding.overlap_m2 ? `压占 ${areaWords(finding.overlap_m2, this.sharp(finding))}，占地块 ${percent(finding.overlap_share)}`
      : finding.overlap_length_m ? `线路在内 ${thousands(finding.overlap_length_m, 1)} 米`
        : finding.distance_m === null ? finding.reason : finding.distance_m ? `距 ${thousands(finding.distance_m)} 米` : '相接或在内');
    if (finding.law) found.push(`${lawOf(finding)}：${finding.requirement || ''}${ifOf(finding, this.pack)}`);
    if (finding.margin_m !== null) {
      found.push(`余量 ${thousands(finding.margin_m, 1)} 米，合成误差 ±${thousands(finding.uncertainty_m, 1)} 米`
        + (finding.flip_distance_m === null ? '' : `；边界移动${thousands(finding.flip_distance_m, 1)}米，结论将改变`));
    }
    if (finding.max_height_m !== null) found.push(`建筑高度不超过${thousands(finding.max_height_m, 1)}米方可确定合法`);
    found.push(`${finding.relation === 'missed' || finding.distance_m === null ? '' : `${finding.reason}；`}${own(words.memberships, finding.membership) || finding.membership}`);
    return found;
  }
}
