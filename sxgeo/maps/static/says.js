// The words of an answer, as the library's text report says them; `words` and `layers` come from the pack.
function outcomeLabel(words, outcome, effect, english) {
  if (english) return outcome === 'regulated' && effect === 'notify' ? 'affected (consult the authority)' : words.outcome_en[outcome];
  return outcome === 'regulated' && effect === 'notify' ? words.notify_zh[0] : words.outcome_zh[outcome];
}

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

function areaWords(m2) { return `${thousands(m2, 1)} ㎡（${(m2 / 1e4).toFixed(4)} 公顷，${(m2 * 3 / 2000).toFixed(2)} 亩）`; }

class Says {
  constructor(pack, answer, site) {
    this.pack = pack;
    this.answer = answer;
    this.site = site;
    this.asked = [...site.screening, ...site.extra].filter(entry => entry.requested);
    this.layers = Object.fromEntries(pack.layers.map(layer => [layer.id, layer]));
  }

  usable() { return this.site.crs !== null; }

  hits(kind) { return this.asked.flatMap(entry => gravestPerFeature(entry).filter(f => f.outcome === kind).map(f => [entry, f])); }

  knownLabel(english) {
    const known = this.site.known_verdict, entry = this.asked.find(e => e.known_outcome === known);
    return outcomeLabel(this.pack.words, known, entry && entry.effect, english);
  }

  held() {
    const complete = this.asked.filter(e => this.layers[e.resource_class].complete_in.length).length, empty = this.asked.filter(e => !e.held).length;
    return `${this.asked.length}类：声明完整${complete}类，收录不全${this.asked.length - complete - empty}类，未收录${empty}类`;
  }

  heldEn() {
    const complete = this.asked.filter(e => this.layers[e.resource_class].complete_in.length).length, empty = this.asked.filter(e => !e.held).length;
    return `${this.asked.length} classes: ${complete} declared whole, ${this.asked.length - complete - empty} partly held, ${empty} empty`;
  }

  heldOf(entry) {
    const layer = this.layers[entry.resource_class], unit = layer.unit === 'ha' ? '公顷' : '处';
    const official = entry.official_count === null ? '未公布数量' : `公布${entry.official_count}${unit}`;
    return `${official}，收录${entry.held}处，已定位${entry.located}处，有边界${layer.polygons}处`;
  }

  headline() {
    if (!this.usable()) return '地块不可用，未作筛查。';
    return this[this.site.verdict]();
  }

  conflict() {
    const hits = this.hits('conflict').map(([, f]) => f), weight = f => [f.overlap_m2, f.overlap_length_m, f.flip_distance_m || 0];
    const first = hits.reduce((best, f) => {
      const a = weight(f), b = weight(best), i = a.findIndex((v, k) => v !== b[k]);
      return i >= 0 && a[i] > b[i] ? f : best;
    });
    const where = `${first.name_zh}${this.pack.words.subzones[first.subzone] || ''}`;
    const touch = first.overlap_m2 ? `地块压占${where}${(first.overlap_m2 / 1e4).toFixed(4)}公顷（${(first.overlap_m2 * 3 / 2000).toFixed(2)}亩，占${(first.overlap_share * 100).toFixed(1)}%）`
      : first.overlap_length_m ? `线路穿越${where}${thousands(first.overlap_length_m, 1)}米`
        : first.distance_m ? `地块距${where}${thousands(first.distance_m)}米，小于规定的${first.required_m}米` : `地块压占${where}本体点位`;
    const away = first.flip_distance_m === null ? '' : `建议避让${thousands(Math.trunc((first.uncertainty_m || 0) - (first.margin_m || 0)) + 1)}米以上。`;
    return `发现禁止性冲突${hits.length}项：${touch}。依据${lawOf(first)}，${first.requirement}。${ifOf(first, this.pack)}${away}`;
  }

  undetermined() {
    const open = this.asked.filter(e => e.outcome === 'undetermined');
    const near = this.asked.flatMap(e => e.findings).filter(f => f.distance_m !== null)
      .sort((a, b) => a.distance_m - b.distance_m || order(a.feature_id, b.feature_id))[0];
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
    const least = this.asked.flatMap(e => e.findings).filter(f => f.margin_m !== null).sort((a, b) => a.margin_m - b.margin_m)[0];
    return `在附表所列资料及时点范围内，${this.asked.length}类均未发现冲突`
      + (least ? `；最小余量${thousands(least.margin_m, 1)}米，大于合成误差${thousands(least.uncertainty_m, 1)}米。` : '。');
  }

  unsaid() {
    const findings = this.asked.flatMap(e => e.findings).filter(f => f.relation !== 'missed');
    const conditions = new Set(findings.flatMap(f => (f.condition || '').split(';')));
    return [
      ...(this.answer.receipt.parameters.project_type === null ? ['项目类型'] : []), ...(findings.some(f => f.reason_code === 'height_unknown') ? ['建筑高度'] : []),
      ...Object.entries(this.pack.tables.conditions).filter(([code]) => conditions.has(code)).map(([, zh]) => `是否${zh}`),
    ];
  }

  // What a reader sees of one finding: what it is, how near or deep, on which law, and what would change it.
  lines(finding) {
    const words = this.pack.words, found = [];
    const amount = finding.overlap_m2 ? `压占 ${areaWords(finding.overlap_m2)}，占地块 ${(finding.overlap_share * 100).toFixed(1)}%`
      : finding.overlap_length_m ? `线路在内 ${thousands(finding.overlap_length_m, 1)} 米`
        : finding.distance_m === null ? finding.reason : finding.distance_m ? `距 ${thousands(finding.distance_m)} 米` : '相接或在内';
    found.push(amount);
    if (finding.law) found.push(`${lawOf(finding)}：${finding.requirement || ''}${ifOf(finding, this.pack)}`);
    if (finding.margin_m !== null) {
      found.push(`余量 ${thousands(finding.margin_m, 1)} 米，合成误差 ±${thousands(finding.uncertainty_m, 1)} 米`
        + (finding.flip_distance_m === null ? '' : `；边界移动${thousands(finding.flip_distance_m, 1)}米，结论将改变`));
    }
    if (finding.max_height_m !== null) found.push(`建筑高度不超过${thousands(finding.max_height_m, 1)}米方可确定合法`);
    found.push(`${finding.relation === 'missed' || finding.distance_m === null ? '' : `${finding.reason}；`}${words.memberships[finding.membership] || finding.membership}`);
    return found;
  }
}
