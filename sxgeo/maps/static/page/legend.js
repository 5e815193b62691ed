// The legend: every class, line and area with its symbol, its count and its checkbox; then sources and tables.
import {availableLegend} from '../draw/available.js';
import {reachLegend} from '../draw/bands.js';
import {make, svg} from '../draw/dom.js';
import {NODE_PATH, lineSwatch, rowList, symbol} from '../draw/draw.js';
import {triageLegend} from '../draw/sites.js';
import {say} from '../draw/language.js';
import {recordList} from '../draw/records.js';
import {areaSwatch, checkRow, heading, hectaresEn, verdictSwatch} from '../draw/rows.js';

const UNLOCATED_SHOWN = 300;

function classTag(cls, drawn, data) {
  if (!data.meta.home && !cls.failed) {
    return drawn ? null : data.features.some(f => f.cls === cls.id) ? '无位置' : '本区无资料';
  }
  if (cls.failed) {
    return '载入失败';
  }
  if (!cls.held && !cls.candidates) {
    return '未收录';
  }
  if (!drawn) {
    return '无位置';
  }
  return cls.held ? null : '仅线索';
}

function classLegend(page, root) {
  let first = true;
  for (const [key, names] of Object.entries(page.data.style.groups)) {
    const classes = page.data.classes.filter(cls => cls.group === key);
    if (!classes.length) {
      continue;
    }
    const home = page.data.meta.home;
    root.append(
      heading(names[0], names[1], first ? (home ? '已定位 / 收录 / 公布' : '本区图上') : null),
    );
    first = false;
    for (const cls of classes) {
      const drawn = page.drawn(cls.id);
      const objects = drawn.filter(f => f.mark === 'object').length;
      const count = page.count(cls.id);
      const mark = !drawn.length || objects * 2 >= drawn.length ? 'object' : 'proxy';
      root.append(
        checkRow(
          cls.id,
          page.tiles?.swatch(cls) ||
            (drawn.some(feature => feature.rings) && areaSwatch(cls)) ||
            symbol(cls.path, cls.colour, mark, 16),
          cls.zh,
          home
            ? say(
                ...[cls.published, hectaresEn(cls.published)].map(
                  told => `${cls.located} / ${cls.held} / ${told}`,
                ),
              )
            : String(count || ''),
          {
            en: cls.en,
            none: !count,
            tag: classTag(cls, count, page.data),
            toggle: on => page.toggle(cls.id, on),
            title:
              `${cls.en}：已定位 ${cls.located}，收录 ${cls.held}，公布 ${cls.published}；` +
              `有边界 ${cls.polygons}，待核线索 ${cls.candidates}。主管：${cls.keeper}`,
          },
        ),
      );
    }
  }
}

function coverageNote(page, root) {
  if (page.data.meta.coverage_zh) {
    root.append(
      make(
        'p',
        {class: 'sx-note', id: 'sx-coverage'},
        make('b', {}, '本区资料'),
        page.data.meta.coverage_zh,
      ),
    );
  }
}

function edgeKeys(page, keys) {
  const kinds = new Set(page.data.features.map(feature => feature.kind));
  for (const [kind, edge] of Object.entries(page.data.style.edges)) {
    if (!kinds.has(kind)) {
      continue;
    }
    keys.append(
      make(
        'div',
        {class: 'sx-wide'},
        make(
          'span',
          {class: 'sx-swatch'},
          lineSwatch({colour: '#5f4a3a', width: edge.width_px, dash: edge.dash}),
        ),
        say(edge.label_zh, edge.label_en),
      ),
    );
  }
}

function keyLegend(page, root) {
  const grey = '#5f4a3a';
  const diamond = 'M0-8.5L8.5 0L0 8.5L-8.5 0Z';
  const pale = symbol(diamond, grey, 'object', 15);
  pale.style.opacity = '.5';
  const ring = dash =>
    svg(
      'svg',
      {width: 18, height: 18, viewBox: '0 0 18 18', 'aria-hidden': 'true'},
      svg('circle', {
        cx: 9,
        cy: 9,
        r: 7,
        fill: 'none',
        stroke: grey,
        'stroke-width': 1.4,
        'stroke-linecap': 'round',
        'stroke-dasharray': dash,
      }),
    );
  const keys = make('div', {class: 'sx-keys'});
  for (const [swatch, words, en] of [
    [symbol(diamond, grey, 'object', 15), '实心：本体点位', 'the thing itself'],
    [symbol(diamond, grey, 'proxy', 15), '空心：代表点', 'stands for an area'],
    [pale, '淡色：待核线索', 'lead, to be verified'],
    [ring('3 2.5'), '虚圈：位置误差', 'position error'],
    [ring('.1 3.4'), '点圈：等面积或筛查范围', 'circle of equal area or screening radius'],
  ]) {
    keys.append(make('div', {}, make('span', {class: 'sx-swatch'}, swatch), say(words, en)));
  }
  edgeKeys(page, keys);
  root.append(
    keys,
    make(
      'p',
      {class: 'sx-note'},
      make('b', {}, say('未筛查不等于无冲突', 'Not screened does not mean no conflict')),
      say(
        '图上空白处不代表没有保护资源：未收录、无位置的资源见下方清单。',
        'An empty place on the map may hold resources: those without a position are listed below.',
      ),
    ),
  );
}

function linkLegend(page, root) {
  if (!page.data.links.length && !page.data.nodes.length) {
    return;
  }
  root.append(heading('交通', 'Transport', '深：沿路网　淡细：示意连线'));
  for (const [mode, style] of Object.entries(page.data.style.lines)) {
    for (const [status, names] of Object.entries(page.data.style.statuses)) {
      const links = page.data.links.filter(link => link.mode === mode && link.status === status);
      if (!links.length) {
        continue;
      }
      const key = `link-${mode}-${status}`;
      root.append(
        checkRow(
          key,
          lineSwatch(page.linkLook(mode, status)),
          `${style.label_zh}·${names[0]}`,
          String(links.length),
          {
            toggle: on => page.toggle(key, on),
            en: `${style.label_en}, ${names[1]}`,
            title: `${style.label_en}, ${names[1]}`,
          },
        ),
      );
    }
  }
  if (page.data.nodes.length) {
    root.append(
      checkRow(
        'nodes',
        symbol(NODE_PATH, '#1d3557', 'proxy', 11),
        '车站、机场与枢纽',
        String(page.data.nodes.length),
        {
          en: 'Stations, airports, hubs',
          toggle: on => page.toggle('nodes', on),
          title: 'Stations, airports and hubs',
        },
      ),
    );
  }
}

function baseLegend(page, root) {
  const keys = make('div', {class: 'sx-keys'});
  const data = page.data;
  for (const [words, en, style] of [
    [
      data.meta.home ? '经济区界' : '本区界',
      'Zone',
      {colour: '#22313a', width: 2.4, dash: '9 3 2 3'},
    ],
    [data.meta.unit_zh, 'Members', {colour: '#8d9aa2', width: 1}],
    ...(data.subs.length
      ? [['片区、次区域界', 'Sub-regions', {colour: '#7b4b94', width: 2, dash: '6 3'}]]
      : []),
    ...(data.context.length
      ? [['市界（区外）', 'Prefectures (outside)', {colour: '#a9b5bb', width: 1.4}]]
      : []),
  ]) {
    keys.append(
      make('div', {}, make('span', {class: 'sx-swatch'}, lineSwatch(style)), say(words, en)),
    );
  }
  root.append(heading('界线', 'Boundaries'), keys);
  if (data.subs.length) {
    root.append(
      make(
        'p',
        {class: 'sx-small'},
        say('片区、次区域：', 'Sub-regions: '),
        data.subs.map(sub => sub.zh).join('；'),
      ),
    );
  }
}

function siteLegend(page, root) {
  if (!page.data.sites.length) {
    return;
  }
  root.append(heading('核查地块', 'Checked sites'));
  for (const [verdict, style] of Object.entries(page.data.style.verdicts)) {
    const count = page.data.sites.filter(site => site.verdict === verdict).length;
    if (!count) {
      continue;
    }
    const box = verdictSwatch(`sx-key-${verdict}`, style);
    root.append(
      checkRow(`site-${verdict}`, box, `${style[4]} ${style[1]}`, String(count), {
        toggle: on => page.toggle(`site-${verdict}`, on),
      }),
    );
  }
  triageLegend(page, root);
}

function unlocatedList(page, root) {
  const missing = page.data.features.filter(f => !f.at);
  if (!missing.length) {
    return;
  }
  const list = make(
    'details',
    {id: 'sx-unlocated'},
    make(
      'summary',
      {},
      say(`无位置记录（${missing.length}）`, `Records without a position (${missing.length})`),
    ),
  );
  list.append(
    make(
      'p',
      {class: 'sx-small'},
      say(
        '有此资源而无公开位置：未画在图上，对所在县的任何地块均须核实。',
        'Held, but without a public position: not drawn, to be verified for every site in its county.',
      ),
    ),
  );
  const items = make('ul', {class: 'sx-list'});
  for (const cls of page.data.classes) {
    const own = missing.filter(f => f.cls === cls.id);
    if (own.length) {
      items.append(
        make(
          'li',
          {class: 'sx-head'},
          say(`${cls.zh}（${own.length}）`, `${cls.en} (${own.length})`),
        ),
      );
    }
    for (const f of own.slice(0, UNLOCATED_SHOWN)) {
      const words = f.zh + '（' + f.county + (f.member === 'candidate' ? '，待核线索' : '') + '）';
      items.append(
        make(
          'li',
          {'data-record': f.id},
          make('details', {}, make('summary', {}, words), rowList([...f.rows, ['编号', f.id]])),
        ),
      );
    }
    if (own.length > UNLOCATED_SHOWN) {
      items.append(
        make(
          'li',
          {class: 'sx-small'},
          say(
            `其余 ${own.length - UNLOCATED_SHOWN} 条见全部记录表`,
            'The rest stands in the table of all records',
          ),
        ),
      );
    }
  }
  list.append(items);
  root.append(list);
}

function elementList(page, root) {
  const elements = page.data.elements;
  if (!elements.length) {
    return;
  }
  if (elements.some(element => element.at)) {
    root.append(
      checkRow(
        'elements',
        symbol('M-7.5-7.5H7.5V7.5H-7.5ZM-3-3H3V3H-3Z', '#7b4b94', 'proxy', 12),
        '启动区与产业新城（代表点）',
        String(elements.filter(element => element.at).length),
        {
          en: 'Starting areas, new towns (points)',
          toggle: on => page.toggle('elements', on),
          title: 'Starting areas and new towns',
        },
      ),
    );
  }
  const list = make(
    'details',
    {id: 'sx-elements'},
    make(
      'summary',
      {},
      say(`规划要素（${elements.length}）`, `Plan elements (${elements.length})`),
    ),
  );
  list.append(
    make(
      'p',
      {class: 'sx-small'},
      say(
        '各规划在本区布置的内容，用本项目的话概括；未公布位置的不画线。',
        'What the plans place here, in our own words; without a published position nothing is drawn.',
      ),
    ),
  );
  const items = make('ul', {class: 'sx-list'});
  for (const element of elements) {
    const rows = [['类型', element.type], ...element.rows, ['编号', element.id]];
    items.append(
      make('li', {}, make('details', {}, make('summary', {}, element.zh), rowList(rows))),
    );
  }
  list.append(items);
  root.append(list);
}

function sourceList(page, root) {
  const list = make(
    'details',
    {},
    make('summary', {}, say('资料来源与署名', 'Sources and attribution')),
  );
  if (page.data.meta.load_zh) {
    list.append(
      make(
        'p',
        {class: 'sx-small', id: 'sx-load'},
        say(page.data.meta.load_zh, page.data.meta.load_en),
      ),
    );
  }
  for (const line of page.data.meta.attribution) {
    list.append(make('p', {class: 'sx-small'}, line));
  }
  const licence = document.getElementById('sx-geos-licence');
  if (licence) {
    list.append(
      make(
        'details',
        {},
        make('summary', {}, 'GEOS: GNU LGPL 2.1'),
        make('pre', {class: 'sx-licence', lang: 'en'}, JSON.parse(licence.textContent)),
      ),
    );
  }
  root.append(list);
}

export function buildLegend(page) {
  const root = document.getElementById('sx-legend');
  const fold = document.getElementById('sx-fold');
  siteLegend(page, root);
  availableLegend(page, root);
  if (page.data.meta.areas_given) {
    reachLegend(page, root);
  }
  coverageNote(page, root);
  classLegend(page, root);
  keyLegend(page, root);
  linkLegend(page, root);
  if (!page.data.meta.areas_given) {
    reachLegend(page, root);
  }
  baseLegend(page, root);
  page.parts.backdrop?.backdropLegend(page, root);
  elementList(page, root);
  unlocatedList(page, root);
  recordList(page, root);
  sourceList(page, root);
  const open = on => fold.setAttribute('aria-expanded', String(on));
  fold.addEventListener('click', () => open(fold.getAttribute('aria-expanded') !== 'true'));
  open(window.innerWidth > 760);
}
