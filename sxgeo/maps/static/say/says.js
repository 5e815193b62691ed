// The words of an answer, as the library's reports say them; `words` and `layers` come from the pack.
// Label and line of an outcome; some effects have their own.
import {gravestPerFeature} from '../check/findings.js';
import {meridianOf} from '../check/geodesy.js';
import {outcomeLabel} from '../check/outcomes.js';
import {order, own, thousands} from '../check/plain.js';

function lawOf(finding) {
  if (!finding.law) {
    return '（无已知规则）';
  }
  return `《${finding.law}》${finding.article ? `第${finding.article}条` : '（条号未见）'}`;
}

function ifOf(finding, pack) {
  if (!finding.condition) {
    return '';
  }
  const words = finding.condition
    .split(';')
    .map(c => pack.tables.project_types[c] || pack.tables.conditions[c] || c);
  return `（若项目属于：${[...new Set(words)].join('、')}）`;
}

// Hectares have four decimals and mu two, always: the accuracy stands beside, not in the decimals.
function hectares(m2) {
  return m2 > 0 && m2 < 0.5 ? '不足0.0001' : (m2 / 1e4).toFixed(4);
}

function mu(m2) {
  return m2 > 0 && m2 < 3.3 ? '不足0.01' : ((m2 * 3) / 2000).toFixed(2);
}

export function areaWords(m2) {
  return `${thousands(m2, 2)} ㎡（${hectares(m2)} 公顷，${mu(m2)} 亩）`;
}

export function percent(share) {
  return `${(share * 100).toFixed(1)}%`;
}

export class Says {
  constructor(pack, answer, site) {
    this.pack = pack;
    this.answer = answer;
    this.site = site;
    this.asked = [...site.screening, ...site.extra].filter(entry => entry.requested);
    this.layers = Object.fromEntries(pack.layers.map(layer => [layer.id, layer]));
    this.limited = answer.receipt.parameters.classes;
  }

  usable() {
    return this.site.crs !== null;
  }

  hits(kind) {
    return this.asked.flatMap(entry =>
      gravestPerFeature(entry)
        .filter(f => f.outcome === kind)
        .map(f => [entry, f]),
    );
  }

  knownLabel(english) {
    const known = this.site.known_verdict;
    const entry = this.asked.find(e => e.known_outcome === known);
    return outcomeLabel(this.pack.words, known, entry && entry.effect, english);
  }

  counts() {
    const complete = this.asked.filter(
      e => this.layers[e.resource_class].complete_in.length,
    ).length;
    const empty = this.asked.filter(e => !e.held).length;
    return {
      all: this.asked.length,
      complete,
      part: this.asked.length - complete - empty,
      empty,
      limited: this.limited !== null,
    };
  }

  held() {
    const {all, complete, part, empty, limited} = this.counts();
    return `${all}类${limited ? '（按 --class 限定）' : ''}：声明完整${complete}类，收录不全${part}类，未收录${empty}类`;
  }

  heldOf(entry) {
    const layer = this.layers[entry.resource_class];
    const unit = layer.unit === 'ha' ? '公顷' : '处';
    const official =
      entry.official_count === null ? '未公布数量' : `公布${entry.official_count}${unit}`;
    return `${official}，收录${entry.held}处，已定位${entry.located}处，有边界${layer.polygons}处`;
  }

  title() {
    return this.limited === null ? '总体判定' : `限定类判定（${this.limited.length}类）`;
  }

  headline() {
    if (!this.usable()) {
      return '地块不可用，未作筛查。';
    }
    return (
      (this.limited === null ? '' : `${this.title()}：`) +
      this[this.site.verdict]() +
      this.besides()
    );
  }

  // What needs approval beside a graver verdict, what may not be built on, and what is touched though nothing binds.
  besides() {
    const count = this.site.verdict === 'regulated' ? 0 : this.hits('regulated').length;
    const bare = this.gravest().find(f => f.no_build_m2 !== null);
    return (
      (count ? `另涉及须专项审批或征求意见事项${count}项，须先行办理。` : '') +
      (bare ? `${this.building(bare)}。` : '') +
      this.touched()
    );
  }

  gravest() {
    return this.asked.flatMap(entry => gravestPerFeature(entry));
  }
  toldBesides() {
    return this.gravest().filter(f => f.relation === 'unbound' || f.relation === 'shared');
  }

  touched() {
    const of = relation => this.toldBesides().filter(f => f.relation === relation);
    const [unbound, shared] = [of('unbound'), of('shared')];
    const names = list =>
      list
        .slice(0, 3)
        .map(f => this.place(f))
        .join('、') + (list.length > 3 ? '等' : '');
    return (
      (unbound.length
        ? `涉及${names(unbound)}${unbound.length}处，${this.unbound(unbound[0])}，无约束规则；情形改变时须重新判定。`
        : '') +
      (shared.length ? `与${names(shared)}${this.pack.words.shared_zh}（按法定矢量套合）。` : '')
    );
  }

  place(f) {
    const zone = own(this.pack.words.subzones, f.subzone) || '';
    return this.pack.words.urban_zones.includes(f.subzone)
      ? `${f.name_zh}边界内（${zone}）`
      : `${f.name_zh}${zone}`;
  }

  unbound(f) {
    const told = f.unbound_by
      .map(text => text.split('='))
      .map(([key, value]) =>
        key === 'project_type'
          ? `项目类型为${this.pack.tables.project_types[value]}`
          : `${own(this.pack.tables.attributes, key) || key}：${value === 'yes' ? '是' : '否'}`,
      );
    return told.length ? `已说明：${told.join('、')}` : '';
  }

  building(f) {
    return `控制区内${thousands(f.no_build_m2, 2)}㎡不得布置建（构）筑物，须退让${f.set_back_m}米`;
  }

  legal(f) {
    const said = {
      apart: '不压占',
      shared: '共边，压占0.0000公顷',
      overlap: `压占${hectares(f.overlap_m2)}公顷`,
    };
    return f.legal_overlay ? `按法定矢量套合：${said[f.legal_overlay]}` : '';
  }

  findingLabel(f) {
    if (f.relation === 'unbound') {
      return outcomeLabel(this.pack.words, 'touched_unbound');
    }
    return f.relation === 'shared'
      ? this.pack.words.shared_zh
      : outcomeLabel(this.pack.words, f.outcome, f.effect);
  }

  classLabel(entry) {
    return (
      own(this.pack.words.urban_zh, entry.reason_code) ||
      outcomeLabel(this.pack.words, entry.outcome, entry.effect)
    );
  }

  certificate(entry) {
    const told = entry.clear_because;
    const zone = code => own(this.pack.words.subzones, code) || code;
    if (!told) {
      return '';
    }
    const zones = told.subzones.filter(one => !told.subzones_absent.includes(one));
    return [
      `资料声明完整（${told.complete_document}）`,
      ...(zones.length ? [`分区齐全（${zones.map(zone).join('、')}）`] : []),
      ...(told.subzones_absent.length
        ? [`声明不存在${told.subzones_absent.map(zone).join('、')}`]
        : []),
      told.unbound.length ? `已核${told.records}条记录` : `已核${told.records}条记录，均不涉及`,
      ...(told.unbound.length ? [`${told.unbound.length}处涉及而已说明情形下无约束规则`] : []),
      ...(told.shared_edges.length ? [`${told.shared_edges.length}处与法定矢量共边`] : []),
      '地块读取无疑点，输入无遗漏',
      `计算引擎${told.engines.join('、')}`,
    ].join('；');
  }

  zones(entry) {
    const names = {unknown: '未标明分区', outside: '边界外'};
    return (entry.by_zone || [])
      .filter(share => share.area_m2 >= 0.5)
      .map(
        share =>
          `${names[share.zone] || this.pack.words.subzones[share.zone]}${hectares(share.area_m2)}公顷（占${percent(share.share)}）`,
      )
      .join('；');
  }

  // The finding that a conflict is told by: the largest overlap, then the longest, then the farthest from changing.
  worst() {
    const weight = f => [f.overlap_m2, f.overlap_length_m, f.flip_distance_m || 0];
    return this.hits('conflict')
      .map(([, f]) => f)
      .reduce((best, f) => {
        const a = weight(f);
        const b = weight(best);
        const i = a.findIndex((v, k) => v !== b[k]);
        return i >= 0 && a[i] > b[i] ? f : best;
      });
  }

  away(finding) {
    return finding.flip_distance_m === null
      ? null
      : Math.trunc((finding.uncertainty_m || 0) - (finding.margin_m || 0)) + 1;
  }

  nearest() {
    return this.asked
      .flatMap(e => e.findings)
      .filter(f => f.distance_m !== null)
      .sort((a, b) => a.distance_m - b.distance_m || order(a.feature_id, b.feature_id))[0];
  }

  leastMargin() {
    return this.asked
      .flatMap(e => e.findings)
      .filter(f => f.margin_m !== null && f.uncertainty_m !== null)
      .sort((a, b) => a.margin_m - b.margin_m || a.uncertainty_m - b.uncertainty_m)[0];
  }

  touch(f) {
    const where = this.place(f);
    const verb = this.pack.words.urban_zones.includes(f.subzone) ? '位于' : '压占';
    if (f.overlap_m2) {
      return `地块${verb}${where}${hectares(f.overlap_m2)}公顷（${mu(f.overlap_m2)}亩，占${percent(f.overlap_share)}）`;
    }
    if (f.overlap_length_m) {
      return `线路穿越${where}${thousands(f.overlap_length_m, 1)}米`;
    }
    if (f.distance_m) {
      return `地块距${where}${thousands(f.distance_m)}米，小于规定的${f.required_m}米`;
    }
    return f.relation === 'unbound' || f.relation === 'shared' || f.outcome === 'undetermined'
      ? `地块与${where}相接`
      : `地块压占${where}本体点位`;
  }

  conflict() {
    const first = this.worst();
    const away = this.away(first);
    return (
      `发现禁止性冲突${this.hits('conflict').length}项：${this.touch(first)}。依据${lawOf(first)}，${first.requirement}。${ifOf(first, this.pack)}` +
      (away === null ? '' : `建议避让${thousands(away)}米以上（推算，非法定距离）。`)
    );
  }

  doubt(f) {
    return f.uncertainty_m > this.pack.law.coarse_m
      ? '（位置只精确到县）'
      : `（误差±${thousands(f.uncertainty_m || 0)}米）`;
  }

  undetermined() {
    const open = this.asked.filter(e => e.outcome === 'undetermined');
    const near = this.nearest();
    const bringing = open.filter(e => e.reason_code !== 'doubtful_site');
    const layer = bringing.length ? this.layers[bringing[0].resource_class] : null;
    const doubt = this.site.doubtful
      ? '地块的读取含推测、修复或疑点（见问题），须先确认地块坐标。'
      : '';
    return (
      `目前不能得出“未发现冲突”的结论：${open.length}类资源待核实。` +
      (near
        ? `据现有资料，最近的已知资源为${near.name_zh}，距${thousands(near.distance_m)}米${this.doubt(near)}。`
        : '') +
      doubt +
      (!bringing.length
        ? ''
        : `取得${layer.material}（${layer.keeper}）${bringing.length > 1 ? '等' : ''}后可重新判定。`)
    );
  }

  regulated() {
    return `在已筛查资料范围内未发现禁止性冲突；涉及须专项审批或征求意见事项${this.hits('regulated').length}项，须先行办理，见下。`;
  }

  not_screened() {
    const names = this.asked
      .filter(e => e.outcome === 'not_screened')
      .map(e => this.layers[e.resource_class].zh);
    return `${names.length}类未筛查：${names.join('、')}。未筛查不等于无冲突。`;
  }

  clear() {
    const least = this.toldBesides().length ? null : this.leastMargin();
    return (
      `在附表所列资料及时点范围内，${this.asked.length}类均未发现冲突` +
      (least
        ? `；最小余量${thousands(least.margin_m, 3)}米，大于合成误差${thousands(least.uncertainty_m, 3)}米。`
        : '。')
    );
  }

  // What was not said of the project: 'type', 'height' or the code of a condition.
  unsaidCodes() {
    const findings = this.asked.flatMap(e => e.findings).filter(f => f.relation !== 'missed');
    const conditions = new Set(findings.flatMap(f => (f.condition || '').split(';')));
    return [
      ...(this.answer.receipt.parameters.project_type === null ? ['type'] : []),
      ...(findings.some(f => f.reason_code === 'height_unknown') ? ['height'] : []),
      ...Object.keys(this.pack.tables.conditions).filter(code => conditions.has(code)),
    ];
  }

  unsaid() {
    return this.unsaidCodes()
      .map(
        code =>
          ({type: '项目类型', height: '建筑高度'})[code] ||
          `是否${this.pack.tables.conditions[code]}`,
      )
      .join('、');
  }

  area() {
    const {site} = this;
    const where = site.area_m2
      ? `投影面积 ${areaWords(site.area_m2)}；椭球面积 ${thousands(site.area_ellipsoid_m2, 2)} ㎡；`
      : '';
    return `${where}${site.crs}（3°带，中央子午线${meridianOf(site.crs)}°）；地块精度 ±${site.accuracy_m} 米（${this.accuracy()}）`;
  }

  // Where the accuracy of the site comes from.
  accuracy() {
    const [source, repair] = this.site.accuracy_source.split(', enlarged');
    const known = Object.values(this.pack.accuracies).find(
      ([, name]) => source === `default: ${name}`,
    );
    const words = known
      ? `按来源缺省：${known[2]}`
      : {option: '参数给出', file: '文件给出'}[source] || source;
    return words + (repair === undefined ? '' : '，因修复图形而增大');
  }

  className(entry) {
    return this.layers[entry.resource_class].zh;
  }
  reasonOf(entry) {
    return [this.certificate(entry) || entry.reason, this.zones(entry), this.heldOf(entry)]
      .filter(Boolean)
      .join('。');
  }

  // What a reader sees of one finding: what it is, how near or deep, on which law, and what would change it.
  lines(finding) {
    const words = this.pack.words;
    const found = [];
    found.push(
      finding.overlap_m2
        ? `压占 ${areaWords(finding.overlap_m2)}，占地块 ${percent(finding.overlap_share)}`
        : finding.overlap_length_m
          ? `线路在内 ${thousands(finding.overlap_length_m, 1)} 米`
          : finding.distance_m === null
            ? finding.reason
            : finding.distance_m
              ? `距 ${thousands(finding.distance_m)} 米`
              : '相接或在内',
    );
    if (finding.law) {
      found.push(`${lawOf(finding)}：${finding.requirement || ''}${ifOf(finding, this.pack)}`);
    }
    if (finding.margin_m !== null) {
      found.push(
        `余量 ${thousands(finding.margin_m, 3)} 米，合成误差 ±${thousands(finding.uncertainty_m, 3)} 米` +
          (finding.flip_distance_m === null
            ? ''
            : `；边界移动${thousands(finding.flip_distance_m, 1)}米，结论将改变`),
      );
    }
    if (finding.max_height_m !== null) {
      found.push(`建筑高度不超过${thousands(finding.max_height_m, 1)}米方可确定合法`);
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
      `${finding.relation === 'missed' || finding.distance_m === null ? '' : `${finding.reason}；`}${own(words.memberships, finding.membership) || finding.membership}`,
    );
    return found;
  }
}
