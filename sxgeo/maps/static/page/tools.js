// Pen (draw and measure), search, language, coordinates to copy.
const MOST_SPELLINGS = 12, FIND_ZH = '名称、拼音、县区、编号';
function english() { return document.documentElement.lang === 'en'; }

function say(zh, en) { return make('span', {'data-en': en}, zh); }

const ROW_EN = {说明: 'Note', 类型: 'Type', 级别批次: 'Level, batch', 所在县区: 'County', 法定身份: 'Designation', 依据文件: 'Document', 位置: 'Position', 范围: 'Extent',
  来源: 'Source', 可信度: 'Confidence', 状态: 'Status', 规划: 'Plan', 内容: 'Says', 地点: 'Places', 区划代码: 'Code', 级别: 'Level', 片区: 'Sub-region',
  成员依据: 'Basis', 边界精度: 'Accuracy', 方式: 'Mode', 线路代号: 'Code', 开通: 'Opened', 计划开通: 'Planned', 设计时速: 'Design speed', 全长: 'Length', 线形: 'Course',
  结论: 'Answer', 据现有资料: 'Known', 面积: 'Area', 涉及: 'Touches', 问题: 'Problem', 编号: 'Id', 时限: 'Limit', 起点: 'Origin', 日期: 'Date', 可达面积: 'Area',
  到路网: 'To the road', 时间误差: 'Time error', 车站误差: 'Station error'};

function translate(root) {
  for (const element of root.querySelectorAll('[data-en]')) {
    if (element.dataset.zh === undefined) element.dataset.zh = element.textContent;
    element.textContent = english() ? element.dataset.en : element.dataset.zh;
  }
}

class Pen {
  constructor(map) {
    this.map = map;
    this.sheet = make('div', {class: 'sx-sheet', hidden: true});
    map.getContainer().append(this.sheet);
    this.layer = L.layerGroup().addTo(map);
    this.sheet.addEventListener('mousedown', event => { this.from = [event.clientX, event.clientY]; });
    this.sheet.addEventListener('click', event => {
      event.stopPropagation();
      if (this.from && Math.hypot(event.clientX - this.from[0], event.clientY - this.from[1]) > 5) return;
      if (event.detail > 1) return;
      const point = this.map.mouseEventToLatLng(event);
      this.points.push(Object.assign(point, {pixel_m: metresPerPixel(this.map, point.lat)}));
      this.trace();
    });
    this.sheet.addEventListener('dblclick', event => { event.stopPropagation(); this.finish(); });
    this.sheet.addEventListener('mousemove', event => this.trace(this.map.mouseEventToLatLng(event)));
    document.addEventListener('keydown', event => {
      if (this.sheet.hidden) return;
      if (event.key === 'Escape') this.stop(true);
      else if (event.target.closest('input, textarea, select, button')) return;
      else if (event.key === 'Enter') this.finish();
      else if (event.key === 'Backspace') { this.points.pop(); this.trace(); }
    });
  }

  start(task) {
    this.stop(false);
    Object.assign(this, {task, points: []});
    this.sheet.hidden = false;
    document.activeElement.blur();
    this.map.doubleClickZoom.disable();
    this.map.closePopup();
  }

  trace(next) {
    const at = next ? [...this.points, next] : this.points, style = {interactive: false, color: '#c1121f', weight: 2, dashArray: '6 4'};
    this.layer.clearLayers();
    if (at.length > 1) L[this.task.closed ? 'polygon' : 'polyline'](at, {...style, fillOpacity: .08}).addTo(this.layer);
    for (const point of this.points) L.circleMarker(point, {interactive: false, radius: 4, color: '#fff', weight: 1.5, fillColor: '#c1121f', fillOpacity: 1}).addTo(this.layer);
    if (this.task.moved) this.task.moved(at);
  }

  finish() {
    const {task, points} = this;
    if (points.length < (task.closed ? 3 : 2)) return;
    this.stop(false);
    task.done(points);
  }

  stop(told) {
    if (this.sheet.hidden) return;
    this.sheet.hidden = true;
    this.layer.clearLayers();
    setTimeout(() => this.map.doubleClickZoom.enable(), 300);
    if (told && this.task.cancel) this.task.cancel();
  }
}

// Length and area in the plane of the first point.
function measured(points) {
  const meridian = centralMeridian(points[0].lng), flat = points.map(p => toPlane(p.lng, p.lat, meridian));
  const area = flat.length > 2 ? Math.abs(ringArea([...flat, flat[0]])) : 0;
  return `${thousands(lineLength(flat), 1)} 米` + (area ? `　围合 ${areaWords(area)}` : '');
}

function measureTool(page, button) {
  const note = document.getElementById('sx-measured');
  button.addEventListener('click', () => {
    if (!page.pen.sheet.hidden) { page.pen.stop(true); return; }
    note.hidden = false;
    note.textContent = '单击加点，双击结束 Click to add, double-click to end';
    page.pen.start({closed: false, moved: points => { if (points.length > 1) note.textContent = measured(points); },
      done: points => { note.textContent = measured(points) + '（投影平面）'; }, cancel: () => { note.hidden = true; }});
  });
}

// What somebody types and what is searched, alike: small letters without marks, blanks and hyphens.
function plainText(text) { return (text || '').toLowerCase().normalize('NFD').replace(/[\u0300-\u036f\s'’·-]/g, ''); }

// Every way to type a name in pinyin: whole syllables, then initials; `syllables` are parted by blanks, their readings by slashes.
function spellings(syllables) {
  if (!syllables) return [];
  let ways = [''], initials = [''];
  const extended = (list, ends) => list.flatMap(start => ends.map(end => start + end)).slice(0, MOST_SPELLINGS);
  for (const syllable of syllables.split(' ')) {
    const readings = syllable.split('/').flatMap(one => one.includes('v') ? [one, one.replace('v', 'u')] : [one]);
    ways = extended(ways, readings);
    initials = extended(initials, [...new Set(readings.map(one => /\d/.test(one) ? one : one[0]))]);
  }
  return [...ways, ...initials];
}

// Rows that hold what is wanted: whole names first, then beginnings, then parts, then what lies in a county of that name.
function ranked(rows, wanted) {
  const rank = row => row.keys.includes(wanted) ? 0 : row.keys.some(key => key.startsWith(wanted)) ? 1 : row.keys.some(key => key.includes(wanted)) ? 2
    : row.more.some(key => key.startsWith(wanted)) ? 3 : 4;
  return rows.map(row => [rank(row), row]).filter(([value]) => value < 4).sort((a, b) => a[0] - b[0]).map(([, row]) => row);
}

function searchTool(page) {
  const input = document.getElementById('sx-find'), list = document.getElementById('sx-found'), data = page.data;
  const spelt = name => spellings(own(data.pinyin, name) || ''), counties = new Map(data.counties.map(c => [c.zh, spelt(c.zh)]));
  const rows = [
    ...data.counties.map(c => ({zh: c.zh, en: c.en, id: c.code, what: '县（市、区）', whatEn: 'county', more: [], go: () => page.map.fitBounds(L.polygon(c.rings).getBounds(), {animate: false})})),
    ...data.features.map(f => ({zh: f.zh, en: f.en, id: f.id, county: f.county, what: page.classes[f.cls].zh + (f.at ? '' : '（无位置）'), whatEn: page.classes[f.cls].en + (f.at ? '' : ' (no position)'),
      more: f.county.split('、').flatMap(name => [name, ...(counties.get(name) || [])]), go: () => { if (f.at) page.show(f.id); else page.listed(f.id); }})),
  ].map(row => ({...row, keys: [row.zh, row.en, row.id, ...spelt(row.zh)].map(plainText).filter(Boolean), more: row.more.map(plainText)}));
  let at = -1;
  const close = () => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); at = -1; };
  const choose = row => { close(); input.value = row.zh; row.go(); };
  const fill = () => {
    const wanted = plainText(input.value), hits = wanted ? [...ranked(rows, wanted).slice(0, 30), ...page.tiles.search(wanted, 30, plainText)].slice(0, 30) : [];
    list.replaceChildren(...hits.map((row, index) => {
      const item = make('li', {role: 'option', id: `sx-hit-${index}`, 'aria-selected': 'false'}, make('b', {}, (english() && row.en) || row.zh),
        make('small', {}, `${(english() && row.whatEn) || row.what} ${row.county || ''} ${row.id}`));
      item.addEventListener('mousedown', event => { event.preventDefault(); choose(row); });
      item.row = row;
      return item;
    }));
    if (wanted && !hits.length) list.append(make('li', {role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false'}, '没有找到 nothing found'));
    list.hidden = !wanted;
    input.setAttribute('aria-expanded', String(Boolean(wanted)));
    at = -1;
  };
  input.addEventListener('input', fill);
  input.addEventListener('blur', close);
  input.addEventListener('keydown', event => {
    const items = [...list.children].filter(item => item.row);
    if (event.key === 'Escape') close();
    if (!items.length || list.hidden) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      at = (at + (event.key === 'ArrowDown' ? 1 : items.length - 1 + (at < 0))) % items.length;
      items.forEach((item, index) => item.setAttribute('aria-selected', String(index === at)));
      items[at].scrollIntoView({block: 'nearest'});
      input.setAttribute('aria-activedescendant', items[at].id);
    } else if (event.key === 'Enter') choose((items[at] || items[0]).row);
  });
}

function languageTool(page, button) {
  button.addEventListener('click', () => {
    const english = document.documentElement.lang !== 'en', meta = page.data.meta;
    document.documentElement.lang = english ? 'en' : 'zh-CN';
    document.getElementById('sx-title').textContent = english ? meta.title_en : meta.title_zh;
    document.getElementById('sx-subtitle').textContent = english ? meta.title_zh : meta.title_en;
    document.getElementById('sx-find').placeholder = english ? 'Name, pinyin, county, id' : FIND_ZH;
    translate(document);
    page.measure();
    page.map.closePopup();
    page.labels.speak(english);
  });
}

function copyText(text) {
  const area = make('textarea', {class: 'sx-hidden', 'aria-hidden': 'true'});
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

// Right click, a long press, or the box itself copies degrees and the zone's X and Y.
function coordinateTool(page, tell) {
  const box = document.getElementById('sx-coords');
  let last = page.map.getCenter();
  page.map.on('mousemove', event => { last = event.latlng; });
  page.map.on('click', event => { last = event.latlng; tell(last); });  // a finger has no mousemove
  const copy = at => {
    const plane = gaussKrueger(at.lng, at.lat), text = `${at.lng.toFixed(7)},${at.lat.toFixed(7)}\tX ${plane.x.toFixed(3)}\tY ${(plane.zone * 1e6 + plane.y).toFixed(3)}`;
    tell(at);
    box.dataset.copied = text;
    box.append(make('small', {class: 'sx-copied', role: 'status'}, copyText(text) ? '已复制 copied' : text));
  };
  box.addEventListener('click', () => copy(last));
  page.map.on('contextmenu', event => copy(event.latlng));
}
