// The check panel: draw, paste or drop a parcel; the answer in words; overlaps on the map. Nothing leaves the page.
import {gravestPerFeature} from '../check/findings.js';
import {meridianOf, toDegrees} from '../check/geodesy.js';
import {outcomeLabel, outcomeWords} from '../check/outcomes.js';
import {make, refill} from '../draw/dom.js';
import {english, say, translate} from '../draw/language.js';
import {verdictFill} from '../draw/sites.js';
import {readFile} from '../read/files.js';
import {MOST_BYTES} from '../read/reading.js';
import {readText} from '../read/text.js';
import {checkedLegend} from './checked.js';
import {draftRow, drawnParcel} from './draft.js';
import {SaysEnglish} from '../say/english.js';
import {leftZh, problemZh} from '../say/problem.js';
import {questionRows} from '../say/question.js';
import {Says} from '../say/says.js';

const FINDINGS_SHOWN = 40;
const WHOLE_SHOWN = 20;

// State of the panel: `parcel` is what stands above ({features, file, zh, en} or null), `answer` what was computed for exactly that and the form
// as it stands (or null). Whatever changes, is refused or fails takes the answer away and says why.

// Guesses that can be settled here: their mark among the problems, the key, the question and its answers.
const SETTLED = [
  [
    'guess: closed_line',
    'closed_line',
    '首尾相接的线是：',
    'The line that closes is:',
    ['plot', '地块边界（按面）', 'the edge of a plot'],
    ['line', '线（按线）', 'a line'],
  ],
  [
    'guess: shape taken as points',
    'shape',
    '这些点是：',
    'The points are:',
    ['points', '各自独立的点位', 'places of their own'],
    ['ring', '同一地块的界址点', 'corners of one plot'],
  ],
  [
    'guess: datum taken as CGCS2000 (KML',
    'datum',
    'KML 的底图坐标：',
    'The imagery of the KML:',
    ['WGS84', '未偏移（WGS 84 / CGCS2000）', 'not shifted (WGS 84 / CGCS2000)'],
  ],
];

// What stands on a parcel: what is known of it, else its verdict.
function knownOf(site) {
  return site.known_verdict === 'none_found' ? site.verdict : site.known_verdict;
}

export class CheckPanel {
  constructor(page, checker, pack) {
    Object.assign(this, {
      page,
      checker,
      pack,
      map: page.map,
      words: page.data.style.verdicts,
      parcel: null,
      answer: null,
      starting: null,
      turn: 0,
    });
    this.names = new Map(page.data.features.filter(f => f.en).map(f => [f.id, f.en]));
    this.layer = L.layerGroup().addTo(page.map);
    this.box = document.getElementById('sx-check');
    this.button = document.getElementById('sx-do-check');
    this.form();
    this.button.addEventListener('click', () => this.open(this.box.hidden));
    page.pen.changed = (on, task) => {
      this.draft.hidden = !on || task !== this.task;
    };
    this.drops();
  }

  open(on) {
    this.box.hidden = !on;
    this.button.setAttribute('aria-expanded', String(on));
    document.body.classList.toggle('sx-checking', on);
    if (on && !this.refusal) {
      setTimeout(() => this.checker.open(), 50); // large layers are read while the form is filled in
    }
    if (on && window.innerWidth <= 760) {
      document.getElementById('sx-fold').setAttribute('aria-expanded', 'false');
    }
    if (on) {
      this.box.querySelector(this.refusal ? '#sx-close' : 'select').focus({preventScroll: true});
    }
  }

  // A page with too many records to check against says so, and takes no site.
  refuse(zh, en) {
    this.refusal = `${zh} (${en})`;
    this.box
      .querySelector('.sx-check-head')
      .after(make('p', {class: 'sx-note', id: 'sx-no-check'}, make('b', {}, say(zh, en))));
    for (const input of this.box.querySelectorAll(
      'button:not(#sx-close), select, input, textarea',
    )) {
      input.disabled = true;
    }
  }

  form() {
    const pick = (id, options) => {
      const select = make('select', {id});
      for (const [value, zh, en] of options) {
        select.append(make('option', {value, 'data-en': en}, zh));
      }
      return select;
    };
    const field = (zh, en, input) => make('label', {class: 'sx-field'}, say(zh, en), input);
    const yesNo = [
      ['', '未说明', 'not said'],
      ['yes', '是', 'yes'],
      ['no', '否', 'no'],
    ];
    const types = Object.entries(this.pack.tables.project_types).map(([code, zh]) => [
      code,
      zh,
      this.pack.words.english.project_types[code] || code,
    ]);
    this.inputs = {
      type: pick('sx-type', [['', '未说明', 'not said'], ...types]),
      height: make('input', {
        type: 'number',
        min: 0,
        step: 'any',
        inputmode: 'decimal',
        id: 'sx-height',
      }),
      water: pick('sx-water', yesNo),
      waste: pick('sx-waste', yesNo),
      accuracy: make('input', {
        type: 'number',
        min: 0,
        step: 'any',
        inputmode: 'decimal',
        id: 'sx-accuracy',
      }),
      day: make('input', {
        type: 'date',
        value: this.pack.data_date,
        min: `${this.pack.law.years[0]}-01-01`,
        max: `${this.pack.law.years[1]}-12-31`,
        id: 'sx-day',
      }),
      file: make('input', {
        type: 'file',
        accept: '.geojson,.json,.txt,.zip,.kml,.kmz',
        id: 'sx-file',
        class: 'sx-hidden',
        tabindex: -1,
        'aria-label': '选择文件 Choose a file',
      }),
      text: make('textarea', {
        rows: 3,
        spellcheck: 'false',
        'aria-label': '坐标、GeoJSON 或勘测定界 TXT Coordinates, GeoJSON or survey TXT',
        placeholder: '112.571, 38.012\n112.578, 38.012\n112.578, 38.006',
      }),
    };
    const {type, height, water, waste, accuracy, day, file, text} = this.inputs;
    const act = (zh, en, id, run) => {
      const b = make('button', {type: 'button', id}, say(zh, en));
      b.addEventListener('click', run);
      return b;
    };
    file.addEventListener('change', () => {
      this.readAll([...file.files]);
      file.value = '';
    });
    this.watch();
    this.status = make('p', {class: 'sx-status', role: 'status', 'aria-live': 'polite'});
    this.result = make('div', {class: 'sx-result', id: 'sx-result'});
    this.draft = draftRow(this.page, (text, bad) => this.tell(text, bad));
    this.spoken = make('p', {class: 'sx-hidden', id: 'sx-spoken', role: 'status'});
    const close = act('×', '×', 'sx-close', () => this.open(false));
    close.setAttribute('aria-label', '关闭 Close');
    this.box.append(
      make('h2', {class: 'sx-check-head'}, say('冲突核查', 'Check a parcel'), close),
      make(
        'div',
        {class: 'sx-form'},
        field('项目类型', 'Project type', type),
        field('建筑高度（米）', 'Height (m)', height),
        field('取用地下水', 'Groundwater', water),
        field('排放污染物', 'Discharge', waste),
        field('地块精度（米）', 'Site accuracy (m)', accuracy),
        field('规则时点', 'Rules of', day),
      ),
      make(
        'div',
        {class: 'sx-acts'},
        act('绘制地块', 'Draw', 'sx-draw', () => this.draw()),
        act('选择文件', 'Open file', 'sx-pick', () => file.click()),
        file,
      ),
      this.draft,
      text,
      make(
        'div',
        {class: 'sx-acts'},
        act('核查所填坐标', 'Check the text', 'sx-run', () => this.take(text.value)),
        act('重新核查', 'Check again', 'sx-again', () => this.again()),
      ),
      make(
        'p',
        {class: 'sx-small'},
        say(
          '可拖入 GeoJSON、勘测定界 TXT、打包的 shapefile、KML（10 MB 以内）；文件只在本页内计算，不上传。',
          'Drop GeoJSON, survey TXT, a zipped shapefile or KML (up to 10 MB); it is computed in this page and never sent.',
        ),
      ),
      this.status,
      this.spoken,
      this.result,
    );
  }

  drops() {
    const stop = event => {
      event.preventDefault();
      event.stopPropagation();
    };
    for (const kind of ['dragenter', 'dragover']) {
      document.addEventListener(kind, event => {
        stop(event);
        document.body.classList.add('sx-dropping');
      });
    }
    document.addEventListener('dragleave', event => {
      if (!event.relatedTarget) {
        document.body.classList.remove('sx-dropping');
      }
    });
    document.addEventListener('drop', event => {
      stop(event);
      document.body.classList.remove('sx-dropping');
      if (event.dataTransfer.files.length) {
        this.open(true);
        this.readAll([...event.dataTransfer.files]);
      }
    });
  }

  // A change of anything that stands above an answer takes the answer away; a change of the text takes the parcel, too.
  watch() {
    const {file, text, ...form} = this.inputs;
    for (const input of Object.values(form)) {
      input.addEventListener('input', () => this.stale());
    }
    text.addEventListener('input', () =>
      this.wipe(
        this.reading
          ? '坐标已改，不再读取文件。The text was changed: the file is not read.'
          : this.answer
            ? '坐标已改，先前的结论已清除；请点“核查所填坐标”。The text was changed: the answer was taken away; check the text again.'
            : '',
      ),
    );
  }

  stale() {
    const changed =
      '核查条件已改，先前的结论已清除；请点“重新核查”。What was asked has changed: the answer was taken away; check again.';
    const told = this.answer ? changed : this.status.textContent;
    const bad = !this.answer && this.status.classList.contains('sx-bad');
    this.clear();
    this.tell(told, bad);
  }

  // Takes the answer away: from the panel, the map, the paper and what can be saved.
  clear() {
    this.answer = null;
    document.getElementById('sx-checked')?.remove();
    this.spoken.textContent = '';
    this.layer.clearLayers();
    refill(this.result);
    refill(document.getElementById('sx-told'));
    document.body.classList.remove('sx-answered');
  }

  // Takes the parcel and its answer away, and whatever is still being read.
  wipe(told, bad) {
    this.turn += 1;
    this.parcel = null;
    this.reading = false;
    if (this.task && this.page.pen.task === this.task) {
      this.page.pen.stop(false);
    }
    this.clear();
    this.tell(told, bad);
  }

  fail(error) {
    const told = error instanceof Error && error.message ? error.message : String(error);
    const zh = problemZh(told);
    const message = zh === told ? told : `${zh} (${told})`;
    this.wipe(`${message}。未作核查，无结论。Nothing was checked: no answer stands.`, true);
  }

  readAll(files) {
    if (files.length === 1) {
      return this.read(files[0]);
    }
    if (files.length) {
      this.fail(
        new Error(
          `一次只能读一个文件，给了 ${files.length} 个：请打包成一个 zip (one file at a time; pack them into one zip)`,
        ),
      );
    }
    return null;
  }

  async read(file) {
    this.wipe(`正在读取“${file.name.slice(0, 80)}”…… Reading the file.`);
    const {turn} = this;
    this.reading = true;
    try {
      if (file.size > MOST_BYTES) {
        throw new Error(
          `文件 ${(file.size / 2 ** 20).toFixed(1)} MB，超过 10 MB，请用 sxgeo check (larger than 10 MB)`,
        );
      }
      const features = await readFile(new Uint8Array(await file.arrayBuffer()), file.name);
      if (turn === this.turn) {
        this.use(
          {features, file: file.name, zh: `文件“${file.name}”`, en: `file “${file.name}”`},
          true,
        );
      }
    } catch (error) {
      if (turn === this.turn) {
        this.fail(error);
      }
    }
  }

  take(text) {
    try {
      this.use({features: readText(text), file: '', zh: '所填坐标', en: 'the text above'}, false);
    } catch (error) {
      this.fail(error);
    }
  }

  // Draws a parcel, or takes up one that was drawn; who gives that up has it back as it was.
  draw(before = null) {
    this.wipe(
      '在图上单击加点，靠近已有拐点自动捕捉，拖动可改点，退格或 Ctrl+Z 撤销，双击或回车结束，Esc 取消。Click to add points, drag to move one, Backspace or Ctrl+Z to undo, double-click or Enter to close.',
    );
    const {turn} = this;
    this.task = {
      closed: true,
      short: () => this.tell('地块至少要三个点。A parcel needs three points.', true),
      cancel: () => {
        if (turn === this.turn && before) {
          this.use(before, true);
        } else if (turn === this.turn) {
          this.tell('');
        }
      },
      done: points => this.use(drawnParcel(points), true),
    };
    this.page.pen.start(this.task, before ? before.points : []);
  }

  options() {
    const {type, height, water, waste, accuracy, day} = this.inputs;
    const problems = [];
    for (const [input, zh, en] of [
      [height, '建筑高度', 'height'],
      [accuracy, '地块精度', 'accuracy'],
      [day, '规则时点', 'day'],
    ]) {
      if (input.validity.badInput) {
        problems.push(
          `${zh}填写有误，请改正或清空 (the ${en} cannot be read; correct or empty it)`,
        );
      }
    }
    if (problems.length) {
      throw new Error(problems.join('；'));
    }
    return {
      project_type: type.value || null,
      accuracy_m: accuracy.value === '' ? null : Number(accuracy.value),
      file: this.parcel.file,
      as_of: day.value || null,
      assume: this.parcel.assume || {},
      attributes: {height_m: height.value, groundwater_use: water.value, discharge: waste.value},
    };
  }

  // The parcel that stands above from now on; a text that is not the parcel does not stay there.
  use(parcel, elsewhere) {
    this.wipe('');
    if (elsewhere) {
      this.inputs.text.value = '';
    }
    this.parcel = parcel;
    this.run();
  }

  // A parcel that is still being drawn is ended first.
  again() {
    if (!this.draft.hidden) {
      this.page.pen.finish();
    } else if (this.parcel) {
      this.run();
    } else {
      this.wipe('先绘制或给出地块。Draw or give a parcel first.', true);
    }
  }

  // Where a second engine is still being started, the check waits for it.
  run() {
    this.clear();
    if (this.starting) {
      const {turn} = this;
      this.tell('第二计算引擎正在启动，随后核查…… The second engine is being started.');
      this.starting.then(() => turn === this.turn && this.parcel && this.run());
      return;
    }
    try {
      this.answer = this.checker.check(this.parcel.features, this.options());
      this.tell('');
      this.show();
      this.speak();
    } catch (error) {
      const {parcel} = this;
      this.fail(error);
      this.parcel = parcel;
    }
  }

  // What a screen reader says of the answer: how many sites, and what is known of each.
  speak() {
    const known = this.answer.sites.map(knownOf);
    const told = [...new Set(known)].map(one => this.look(one));
    this.spoken.textContent = english()
      ? `Checked ${known.length}: ${told.map(([, , en]) => en).join(', ')}`
      : `已核查 ${known.length} 个地块：${told.map(([, zh]) => zh).join('，')}`;
  }

  tell(text, bad) {
    this.status.textContent = text;
    this.status.classList.toggle('sx-bad', Boolean(bad));
  }

  show() {
    document.body.classList.add('sx-answered');
    this.result.append(
      this.question(),
      ...this.leftOut(),
      ...this.settling(),
      ...this.parcelList(),
    );
    const bounds = L.latLngBounds([]);
    this.drawn = {sites: new Map(), shared: new Map(), areas: new Set()};
    this.answer.sites.forEach((site, index) => {
      this.outline(site, this.answer.receipt.sites[index], bounds);
    });
    this.result.append(...this.siteBlocks());
    const save = make('button', {type: 'button', id: 'sx-save'}, say('保存 JSON', 'Save JSON'));
    const print = make('button', {type: 'button', id: 'sx-print'}, say('打印', 'Print'));
    const wipe = make('button', {type: 'button', id: 'sx-wipe'}, say('清除', 'Clear'));
    const edit = make('button', {type: 'button', id: 'sx-edit'}, say('改动拐点', 'Edit corners'));
    edit.addEventListener('click', () => this.draw(this.parcel));
    save.addEventListener('click', () => this.save());
    print.addEventListener('click', () => window.print());
    wipe.addEventListener('click', () => this.wipe(''));
    this.result.append(
      make('div', {class: 'sx-acts'}, this.parcel.points ? edit : '', save, print, wipe),
      make(
        'p',
        {class: 'sx-small'},
        say(this.pack.words.disclaimer, this.pack.words.english.disclaimer),
      ),
      make(
        'p',
        {class: 'sx-small'},
        say('规则时点', 'Rules of'),
        ` ${this.answer.as_of} · `,
        say('数据日期', 'data of'),
        ` ${this.pack.data_date} · `,
        say('数据包', 'data pack'),
        ` ${this.pack.data_sha256.slice(0, 12)} · ${this.pack.versions.page}`,
      ),
    );
    this.headPaper();
    if (bounds.isValid()) {
      const legend = document.getElementById('sx-legend');
      legend.prepend(checkedLegend(this.drawn, outcome => this.look(outcome)));
      translate(legend);
      this.page.lookAt(bounds);
    }
    translate(this.box);
    this.box.scrollTop = this.result.offsetTop - 44;
  }

  // What stands on the sheet of the map: the headline of one parcel, or what is known of how many.
  headPaper() {
    const {sites} = this.answer;
    const says = [];
    if (sites.length === 1) {
      const one = new Says(this.pack, this.answer, sites[0]);
      const en = new SaysEnglish(this.pack, this.answer, sites[0], this.names);
      says.push(say(one.headline(), en.headline()));
    }
    const known = sites.map(knownOf);
    const counts = [...new Set(known)].map(outcome => {
      const [style, zh, en] = this.look(outcome);
      const count = sites.length > 1 ? known.filter(one => one === outcome).length : 0;
      return [
        `${style[4]} ${zh}${count ? ` ${count}` : ''}`,
        `${style[4]} ${en}${count ? ` ${count}` : ''}`,
      ];
    });
    const [zh, en] = [0, 1].map(at => counts.map(one => one[at]).join(at ? ', ' : '，'));
    const place = document.getElementById('sx-told');
    place.style.setProperty('--sx-colour', this.colour(known[0]));
    refill(place);
    place.append(make('b', {}, say(zh, en)), ' ', ...says);
    translate(place);
  }

  // Several parcels by name, each with what is known of it and the way to its place.
  parcelList() {
    const {sites} = this.answer;
    if (sites.length < 2) {
      return [];
    }
    const list = make('ol', {class: 'sx-list', id: 'sx-parcels'});
    for (const [index, nearest] of this.inOrder()) {
      const [style, zh, en] = this.look(knownOf(sites[index]));
      const go = make('button', {type: 'button'}, `${style[4]} ${this.nameOf(index)}`);
      go.addEventListener('click', () => this.locate(index));
      const near = nearest
        ? ` ${this.names.get(nearest.feature_id) || nearest.name_zh} ${Math.round(nearest.distance_m)} m`
        : '';
      const nearZh = nearest ? ` 最近 ${nearest.name_zh} ${Math.round(nearest.distance_m)} 米` : '';
      list.append(make('li', {}, go, ' ', make('small', {}, say(zh + nearZh, en + near))));
    }
    const head = say(
      `地块清单（${sites.length}，按轻重排列）`,
      `Parcels (${sites.length}, gravest first)`,
    );
    return [make('details', {open: true}, make('summary', {}, head), list)];
  }

  nameOf(index) {
    return this.answer.receipt.sites[index].name || this.answer.sites[index].site_id;
  }

  // Shows a parcel, however small: a ring stands about one that could not be seen.
  locate(index) {
    const {geometry} = this.answer.receipt.sites[index];
    if (!geometry) {
      this.tell(
        `“${this.nameOf(index)}”没有可用的位置，图上未画。It has no usable position and is not drawn.`,
        true,
      );
      return;
    }
    const bounds = L.geoJSON(geometry).getBounds();
    this.page.lookAt(bounds);
    this.found?.remove();
    const ring = {radius: 26, color: '#22313a', weight: 2.5, dashArray: '5 4', fill: false};
    this.found = L.circleMarker(bounds.getCenter(), this.page.pane('overlaps', ring));
    this.found.options.interactive = false;
    this.found.addTo(this.layer);
    this.map.panTo(bounds.getCenter(), {animate: false});
    this.tell(`已定位“${this.nameOf(index)}”。Shown on the map.`);
  }

  // Says of a finding that has no place on the map where it stands instead.
  placeless(finding, item) {
    const where = this.page.show(finding.feature_id);
    const [zh, en] =
      where === 'list'
        ? [
            '没有位置，图上未画；已在“无位置记录”中打开。',
            'No position, not drawn: opened among the records without one.',
          ]
        : ['本页图上没有此记录的位置。', 'This page draws no position of it.'];
    item.querySelector('.sx-placeless')?.remove();
    if (where !== 'map') {
      const told = make('p', {class: 'sx-note sx-placeless', role: 'status'}, say(zh, en));
      translate(told);
      item.append(told);
    }
  }

  // What of the file became no site and is no doubt either.
  leftOut() {
    const left = this.answer.receipt.inputs.flatMap(input => input.left_out);
    return left.length
      ? [
          make(
            'p',
            {class: 'sx-small', id: 'sx-left-out'},
            make('b', {}, say('未取：', 'Left out: ')),
            say(
              left.map(leftZh).join('；'),
              left
                .map(
                  entry =>
                    `${entry.what} ${entry.place}${entry.count > 1 ? ` ×${entry.count}` : ''} (${entry.reason})`,
                )
                .join('; '),
            ),
          ),
        ]
      : [];
  }

  // What was guessed of the parcel and can be said here.
  settling() {
    const problems = this.answer.sites.flatMap(site => site.problems).join(' ');
    const choices = SETTLED.filter(([mark]) => problems.includes(mark));
    return choices.map(([, key, zh, en, ...answers]) =>
      make(
        'div',
        {class: 'sx-acts sx-settling'},
        say(zh, en),
        ...answers.map(([value, valueZh, valueEn]) => {
          const button = make(
            'button',
            {type: 'button', 'data-assume': `${key}=${value}`},
            say(valueZh, valueEn),
          );
          button.addEventListener('click', () => {
            this.parcel.assume = {...this.parcel.assume, [key]: value};
            this.run();
          });
          return button;
        }),
      ),
    );
  }

  question() {
    const told = make(
      'p',
      {class: 'sx-small', id: 'sx-question'},
      make('b', {}, say('本结论所答：', 'This answers: ')),
    );
    questionRows(this.pack, this.answer, this.parcel, SETTLED).forEach(
      ([zh, en, value, valueEn], index) =>
        told.append(
          say(`${index ? '；' : ''}${zh}：${value}`, `${index ? '; ' : ''}${en}: ${valueEn}`),
        ),
    );
    return told;
  }

  // Style and label of an outcome in both languages.
  look(outcome) {
    const label = english => outcomeLabel(this.pack.words, outcome, null, english);
    return [this.words[outcome], label(false), label(true)];
  }

  colour(outcome) {
    return this.words[outcome][2];
  }

  // The ring about a shared point: the graver, the narrower, so that of two at one place both are seen.
  ring(outcome) {
    const rank = Math.max(0, this.pack.law.outcomes.indexOf(outcome));
    return {radius: 14 + 5 * rank, weight: 3};
  }

  outline(site, drawn, bounds) {
    if (!drawn.geometry) {
      return;
    }
    const outcome = knownOf(site);
    const count = (counts, key) => counts.set(key, (counts.get(key) || 0) + 1);
    count(this.drawn.sites, outcome);
    const meridian = meridianOf(site.crs);
    const shape = L.geoJSON(drawn.geometry, {
      style: this.page.pane('sites', {
        color: this.colour(outcome),
        weight: 2.6,
        fillColor: verdictFill(this.page, outcome, 'sites'),
        fillOpacity: 0.5,
      }),
      pointToLayer: (_, at) => L.circleMarker(at, this.page.pane('sites', {radius: 7})),
    }).addTo(this.layer);
    bounds.extend(shape.getBounds());
    for (const entry of [...site.screening, ...site.extra]) {
      for (const f of gravestPerFeature(entry)) {
        if (!f.common || f.outcome === 'clear') {
          continue;
        }
        const flat = ([x, y]) => toDegrees(x, y, meridian).reverse();
        const tint = this.colour(f.outcome);
        const shared = {interactive: false, color: tint};
        count(this.drawn.shared, f.outcome);
        if (f.common.polys.length) {
          this.drawn.areas.add(f.outcome);
        }
        for (const rings of f.common.polys) {
          L.polygon(
            rings.map(ring => ring.map(flat)),
            this.page.pane('overlaps', {
              ...shared,
              weight: 1.8,
              fillColor: verdictFill(this.page, f.outcome, 'overlaps'),
              fillOpacity: 1,
            }),
          ).addTo(this.layer);
        }
        for (const point of f.common.points) {
          L.circleMarker(
            flat(point),
            this.page.pane('overlaps', {...shared, ...this.ring(f.outcome), fill: false}),
          ).addTo(this.layer);
        }
        for (const line of f.common.lines) {
          L.polyline(line.map(flat), this.page.pane('overlaps', {...shared, weight: 5})).addTo(
            this.layer,
          );
        }
      }
    }
  }

  // What is told of each parcel; of very many only when it is opened, for all at once would take the browser longer than the check.
  siteBlocks() {
    const {sites, receipt} = this.answer;
    const block = index => this.siteBlock(sites[index], receipt.sites[index], index);
    if (sites.length <= WHOLE_SHOWN) {
      return sites.map((_, index) => block(index));
    }
    return this.inOrder().map(([index]) => {
      const [style, zh, en] = this.look(knownOf(sites[index]));
      const head = `${style[4]} ${index + 1}. ${this.nameOf(index)} `;
      const box = make('details', {class: 'sx-folded'}, make('summary', {}, head, say(zh, en)));
      box.addEventListener('toggle', () => {
        if (box.open && box.children.length === 1) {
          box.append(block(index));
          translate(box);
        }
      });
      return box;
    });
  }

  // Parcels by their number, the gravest first, then what lies nearest to something known; each with that record.
  inOrder() {
    const {outcomes, known_outcomes: known} = this.pack.law;
    const rank = ([index]) => {
      const site = this.answer.sites[index];
      return known.indexOf(site.known_verdict) * outcomes.length + outcomes.indexOf(site.verdict);
    };
    const far = ([, nearest]) => (nearest ? nearest.distance_m : Infinity);
    return this.answer.sites
      .map((site, index) => [index, new Says(this.pack, this.answer, site).nearest()])
      .sort((a, b) => rank(a) - rank(b) || far(a) - far(b) || a[0] - b[0]);
  }

  siteBlock(site, drawn, index) {
    const says = new Says(this.pack, this.answer, site);
    const en = new SaysEnglish(this.pack, this.answer, site, this.names);
    const both = get => say(get(says), get(en));
    const title = `${index + 1}. ${drawn.name || site.site_id}`;
    const find = make('button', {type: 'button', class: 'sx-find-plot'}, say('定位', 'Find'));
    find.addEventListener('click', () => this.locate(index));
    const known = knownOf(site);
    const colour = this.colour(known);
    const sign = this.words[known][4];
    const block = make('section', {class: 'sx-answer'}, make('h3', {}, title, find));
    block.style.setProperty('--sx-colour', colour);
    for (const problem of site.problems) {
      block.append(make('p', {class: 'sx-status sx-bad'}, say(problemZh(problem), problem)));
    }
    const badge = (zh, en, value, valueEn, cls) =>
      make(
        'div',
        {class: 'sx-verdict-badge ' + cls},
        make('small', {}, say(zh, en)),
        make('b', {}, say(value, valueEn)),
      );
    block.append(
      make(
        'div',
        {class: 'sx-two'},
        badge(
          '结论（据已收录资料）',
          'Known',
          `${sign} ${says.knownLabel()}`,
          `${sign} ${says.knownLabel(true)}`,
          'sx-main',
        ),
        badge('资料完备度', 'Data held', says.held(), en.held(), ''),
      ),
    );
    block.append(
      make(
        'p',
        {class: 'sx-total'},
        say(`${says.title()}：`, `${en.title()}: `),
        make(
          'b',
          {},
          say(
            outcomeLabel(this.pack.words, site.verdict, this.effect(site)),
            outcomeLabel(this.pack.words, site.verdict, this.effect(site), true),
          ),
        ),
        say('　', ': '),
        say(
          outcomeWords(this.pack.words, site.verdict, this.effect(site))[1],
          outcomeWords(this.pack.words, site.verdict, this.effect(site), true)[1],
        ),
      ),
    );
    block.append(
      make(
        'p',
        {class: 'sx-headline'},
        both(one => one.headline()),
      ),
    );
    if (!says.usable()) {
      return block;
    }
    block.append(this.questions(site, says, en));
    if (says.unsaid()) {
      block.append(
        make(
          'p',
          {class: 'sx-note'},
          make('b', {}, say('未给出，结论以此为条件', 'Conditional on what was not said')),
          both(one => one.unsaid()),
        ),
      );
    }
    block.append(
      make(
        'p',
        {class: 'sx-small'},
        both(one => one.area()),
      ),
    );
    block.append(this.findings(says, en), this.table(says, en));
    return block;
  }

  // What is unsaid and would change the answer, with both branches.
  questions(site, says, en) {
    const list = make(
      'ul',
      {class: 'sx-list sx-questions'},
      ...site.questions.map(q => make('li', {}, say(q.text_zh, en.question(q)))),
    );
    return site.questions.length
      ? make(
          'div',
          {class: 'sx-note'},
          make('b', {}, say('待说明（须附材料）', 'To be said in writing')),
          list,
        )
      : '';
  }

  effect(site) {
    const effects = new Set(
      [...site.screening, ...site.extra].filter(e => e.outcome === 'regulated').map(e => e.effect),
    );
    return effects.size === 1 && effects.has('notify') ? 'notify' : 'permit';
  }

  findings(says, en) {
    const rank = f => this.pack.law.outcomes.indexOf(f.outcome);
    const found = says.asked
      .flatMap(entry =>
        gravestPerFeature(entry)
          .filter(f => f.relation !== 'missed')
          .map(f => [entry, f]),
      )
      .sort(
        ([, a], [, b]) =>
          rank(a) - rank(b) || (a.distance_m ?? Infinity) - (b.distance_m ?? Infinity),
      );
    const list = make('ol', {class: 'sx-findings', 'aria-label': '发现 Findings'});
    for (const [entry, f] of found.slice(0, FINDINGS_SHOWN)) {
      const item = make('li', {});
      // what is touched though nothing binds it has a look of its own: it is no tick
      const [mark] = this.look(f.outcome === 'clear' ? 'touched_unbound' : f.outcome);
      const go = make(
        'button',
        {type: 'button', title: '在图上查看 Show on the map'},
        make('b', {}, say(f.name_zh, en.name(f))),
        make(
          'span',
          {class: 'sx-badge'},
          say(`${mark[4]} ${says.findingLabel(f)}`, `${mark[4]} ${en.findingLabel(f)}`),
        ),
        make('small', {}, say(says.className(entry), en.className(entry))),
      );
      item.style.setProperty('--sx-colour', mark[2]);
      go.addEventListener('click', () => this.placeless(f, item));
      const english = en.lines(f);
      item.append(go, ...says.lines(f).map((line, i) => make('div', {}, say(line, english[i]))));
      list.append(item);
    }
    const rest = found.length - FINDINGS_SHOWN;
    if (rest > 0) {
      list.append(
        make('li', {}, say(`另有 ${rest} 项，见保存的 JSON`, `${rest} more, see the saved JSON`)),
      );
    }
    return make(
      'div',
      {},
      make('h4', {}, say(`涉及与待核实（${found.length}）`, `Findings (${found.length})`)),
      list,
    );
  }

  table(says, en) {
    const body = make('tbody', {});
    for (const entry of says.asked) {
      const mark = make('td', {}, say(says.classLabel(entry), en.classLabel(entry)));
      mark.style.color = this.colour(entry.outcome);
      body.append(
        make(
          'tr',
          {},
          make('th', {scope: 'row'}, say(says.className(entry), en.className(entry))),
          mark,
          make('td', {}, say(says.reasonOf(entry), en.reasonOf(entry))),
        ),
      );
    }
    const head = make(
      'tr',
      {},
      ...[
        ['类别', 'Class'],
        ['结果', 'Outcome'],
        ['理由与资料', 'Reason and data'],
      ].map(([zh, en]) => make('th', {scope: 'col'}, say(zh, en))),
    );
    const extra = says.site.extra.filter(entry => !entry.requested);
    const names = (one, mark) => extra.map(entry => one.className(entry)).join(mark);
    return make(
      'details',
      {class: 'sx-classes'},
      make('summary', {}, say('逐类结果', 'Class by class')),
      make('table', {}, make('thead', {}, head), body),
      extra.length
        ? make(
            'p',
            {class: 'sx-small'},
            say(
              `未接入资料，未筛查：${names(says, '、')}。未筛查不等于无冲突。`,
              `No data plugged in, not screened: ${names(en, ', ')}. Not screened does not mean no conflict.`,
            ),
          )
        : null,
    );
  }

  save() {
    const link = make('a', {download: 'sxgeo-check.json'});
    link.href = URL.createObjectURL(
      new Blob([JSON.stringify(this.answer, null, 2) + '\n'], {type: 'application/json'}),
    );
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 5000);
  }
}
