// The page: what lies on the map, in which order, and what opens when it is clicked.
import {Checker} from '../check/check.js';
import {gaussKrueger, sexagesimal} from '../check/geodesy.js';
import {ringArea} from '../check/geometry.js';
import {own} from '../check/plain.js';
import {drawAvailable} from '../draw/available.js';
import {drawReach} from '../draw/bands.js';
import {make, svg, refill} from '../draw/dom.js';
import {NODE_PATH, card, hatch, symbol} from '../draw/draw.js';
import {Labels} from '../draw/labels.js';
import {recordCard} from '../draw/popup.js';
import {Sites} from '../draw/sites.js';
import {startSecond} from './engines.js';
import {inset} from './inset.js';
import {buildLegend} from './legend.js';
import {CheckPanel} from './panel.js';
import {Pen, measureTool} from './pen.js';
import {printTool} from './print.js';
import {searchTool} from './search.js';
import {coordinateTool, languageTool} from './tools.js';

const RING_ZOOM = 11.5;
const NAME_ZOOM = 10.5;
const PARCEL_ZOOM = 13;

// Points keep their order; polygons come before them, the largest lowest, so that a small one can be seen and clicked.
function largestFirst(features) {
  const size = feature =>
    feature.rings ? Math.max(...feature.rings.map(part => Math.abs(ringArea(part[0])))) : 0;
  return features
    .map(feature => [size(feature), feature])
    .sort((a, b) => b[0] - a[0])
    .map(pair => pair[1]);
}

class Page {
  // `parts` is what only some pages carry: the days of a scenario, a backdrop, classes on tiles.
  constructor(map, data, parts) {
    this.map = map;
    this.parts = parts;
    this.data = data;
    this.groups = {};
    this.rings = {};
    this.marks = new Map();
    this.off = new Set();
    this.classes = Object.fromEntries(data.classes.map(cls => [cls.id, cls]));
    for (const [name, order] of [
      ['context', 310],
      ['land', 320],
      ['backdrop', 324],
      ['relief', 326],
      ['links', 330],
      ['veil', 340],
      ['bands', 350],
      ['available', 355],
      ['edges', 360],
      ['tiles', 405],
      ['areas', 410],
      ['rings', 420],
      ['sites', 430],
      ['overlaps', 440],
    ]) {
      map.createPane('sx-' + name).style.zIndex = order;
    }
    this.renderers = {};
    this.pen = new Pen(map, () => this.corners());
    this.labels = new Labels(map, () => this.obstacles());
    this.selection = L.layerGroup().addTo(map);
    this.drawBase();
    parts.backdrop?.drawBackdrop(this);
    this.drawBands();
    this.drawLinks();
    this.drawNodes();
    this.drawElements();
    largestFirst(data.features).forEach(feature => feature.at && this.drawFeature(feature));
    this.frame();
    this.sites = new Sites(this);
    this.tiles = parts.Tiles ? new parts.Tiles(this, takeBlock) : null;
    map.on('zoomend', () => {
      this.size();
      this.refreshRings();
      this.refreshReach();
    });
    map.on('popupclose', () => this.selection.clearLayers());
  }

  pane(name, more) {
    if (!this.renderers[name]) {
      this.renderers[name] = L.svg({pane: 'sx-' + name, padding: 0.6});
    }
    return Object.assign({pane: 'sx-' + name, renderer: this.renderers[name]}, more);
  }

  group(key) {
    if (!this.groups[key]) {
      this.groups[key] = L.layerGroup().addTo(this.map);
    }
    return this.groups[key];
  }

  toggle(key, on) {
    this.off[on ? 'delete' : 'add'](key);
    if (this.groups[key]) {
      this.groups[key][on ? 'addTo' : 'removeFrom'](this.map);
    }
    this.sites.refresh();
    this.refreshRings();
    this.labels.place();
  }

  // Reach is no matter of one parcel: its wash would cover the sheet. Who ticks its box at that scale gets it.
  refreshReach() {
    const near = this.map.getZoom() >= PARCEL_ZOOM;
    if (near === this.near) {
      return;
    }
    this.near = near;
    const input = document.querySelector('input[data-layer="bands"]');
    const leaves = input && near && input.checked && !this.data.scenario;
    const returns = input && !near && this.reachAway && !input.checked;
    this.reachAway = Boolean(leaves);
    if (leaves || returns) {
      input.click();
    }
  }

  // Corners of what is drawn of resources and sites.
  corners() {
    const {features, sites} = this.data;
    return [...features, ...sites].flatMap(one =>
      one.rings ? one.rings.flat(2) : (one.lines || []).flat(),
    );
  }

  drawn(cls) {
    return this.data.features.filter(f => f.cls === cls && f.at);
  }

  count(cls) {
    return this.drawn(cls).length + (this.tiles?.count(cls) ?? 0);
  }

  drawBase() {
    const map = this.map;
    const quiet = {interactive: false};
    for (const area of this.data.context) {
      L.polygon(
        area.rings,
        this.pane('context', {
          ...quiet,
          color: '#a9b5bb',
          weight: 1.4,
          fillColor: '#e9edee',
          fillOpacity: 1,
        }),
      ).addTo(map);
      this.labels.add({
        text: area.zh,
        cls: 'sx-context',
        places: [area.at],
        priority: 900,
        minZoom: 7.5,
        maxZoom: 11,
      });
    }
    for (const county of this.data.counties) {
      L.polygon(
        county.rings,
        this.pane('land', {
          className: 'sx-land',
          stroke: false,
          fillColor: '#fbf9f3',
          fillOpacity: 1,
        }),
      )
        .bindPopup(
          () => card({...county, id: county.code}, ['成员 Member'], '#4d5a63'),
          this.popup(),
        )
        .addTo(map);
      L.polygon(
        county.rings,
        this.pane('edges', {...quiet, color: '#8d9aa2', weight: 1, fill: false}),
      ).addTo(map);
      this.labels.add({
        text: county.zh,
        en: county.en,
        cls: 'sx-county' + (county.room_m < 9000 ? ' sx-small-county' : ''),
        places: [county.at],
        roomM: county.room_m,
        priority: 100 + 1e5 / county.room_m,
      });
    }
    const [south, west, north, east] = [-10, 60, 70, 160];
    const world = [
      [south, west],
      [north, west],
      [north, east],
      [south, east],
    ];
    L.polygon(
      [world, ...this.data.outline.map(part => part[0])],
      this.pane('veil', {
        ...quiet,
        stroke: false,
        fillColor: '#e3e8ea',
        fillOpacity: 0.62,
        fillRule: 'evenodd',
      }),
    ).addTo(map);
    const outline = {...quiet, fill: false, lineJoin: 'round'};
    for (const sub of this.data.subs) {
      L.polygon(
        sub.rings,
        this.pane('edges', {
          ...outline,
          color: '#7b4b94',
          weight: 2,
          opacity: 0.85,
          dashArray: '7 4',
        }),
      ).addTo(map);
    }
    L.polygon(
      this.data.outline,
      this.pane('edges', {...outline, color: '#fff', weight: 5.5, opacity: 0.75}),
    ).addTo(map);
    L.polygon(
      this.data.outline,
      this.pane('edges', {...outline, color: '#22313a', weight: 2.4, dashArray: '11 4 2 4'}),
    ).addTo(map);
  }

  drawBands() {
    drawAvailable(this);
    drawReach(this);
  }

  drawElements() {
    const path = 'M-7.5-7.5H7.5V7.5H-7.5ZM-3-3H3V3H-3Z';
    for (const element of this.data.elements) {
      if (!element.at) {
        continue;
      }
      const html = symbol(path, '#7b4b94', 'proxy');
      const [dx, dy] = element.shift || [0, 0];
      html.style.setProperty('--dx', dx);
      html.style.setProperty('--dy', dy);
      const icon = L.divIcon({className: 'sx-mark sx-node sx-element', iconSize: [0, 0], html});
      const marker = L.marker(element.at, {icon, keyboard: false, zIndexOffset: -400})
        .bindPopup(() => card(element, [element.type], '#7b4b94'), this.popup())
        .addTo(this.group('elements'));
      marker.on('popupopen', () => {
        this.selection.clearLayers();
        L.circle(
          element.at,
          this.pane('rings', {
            interactive: false,
            radius: element.acc_m,
            color: '#7b4b94',
            weight: 1.6,
            dashArray: '6 4',
            fill: false,
          }),
        ).addTo(this.selection);
      });
      this.labels.add({
        text: element.zh,
        en: element.en,
        cls: 'sx-node-name',
        places: [element.at],
        around: () => 7,
        priority: 480,
        minZoom: NAME_ZOOM,
        shown: () => !this.off.has('elements'),
      });
    }
  }

  linkLook(mode, status) {
    const style = this.data.style.lines[mode];
    const dash = this.data.style.statuses[status] || [null, null, null];
    return {
      colour: style.colour,
      width: style.width_px,
      dash: dash[2],
      cap: status === 'planned' ? 'round' : 'butt',
    };
  }

  drawLinks() {
    for (const link of this.data.links) {
      const look = this.linkLook(link.mode, link.status);
      const group = this.group(`link-${link.mode}-${link.status}`);
      const shared = {lineCap: look.cap, lineJoin: 'round'};
      const sketch = link.drawn === '示意连线';
      L.polyline(
        link.lines,
        this.pane('links', {
          ...shared,
          interactive: false,
          color: '#fff',
          weight: look.width + 2,
          opacity: 0.6,
        }),
      ).addTo(group);
      const words = this.data.style.statuses[link.status];
      L.polyline(
        link.lines,
        this.pane('links', {
          ...shared,
          color: look.colour,
          weight: sketch ? look.width * 0.7 : look.width,
          dashArray: look.dash,
          opacity: sketch ? 0.5 : 0.9,
        }),
      )
        .bindPopup(
          () =>
            card(
              link,
              [
                this.data.style.lines[link.mode].label_zh,
                words ? words[0] : link.status,
                link.drawn,
              ],
              look.colour,
            ),
          this.popup(),
        )
        .addTo(group);
    }
  }

  drawNodes() {
    for (const node of this.data.nodes) {
      const icon = L.divIcon({
        className: 'sx-mark sx-node',
        iconSize: [0, 0],
        html: symbol(NODE_PATH, '#1d3557', 'proxy'),
      });
      L.marker(node.at, {icon, keyboard: false, zIndexOffset: -500})
        .bindPopup(() => card(node, ['交通节点'], '#1d3557'), this.popup())
        .addTo(this.group('nodes'));
      this.labels.add({
        text: node.zh,
        en: node.en,
        cls: 'sx-node-name',
        places: [node.at],
        around: () => 7,
        priority: 500,
        minZoom: NAME_ZOOM,
        shown: () => !this.off.has('nodes'),
      });
    }
  }

  popup() {
    const wide = window.innerWidth > 760;
    const top = wide ? 90 : headHeight() + 12;
    return {
      minWidth: wide ? 330 : 280,
      maxWidth: wide ? 350 : 320,
      autoPanPaddingTopLeft: [20, top],
      autoPanPaddingBottomRight: [wide ? 340 : 20, 60],
    };
  }

  drawFeature(feature) {
    const cls = this.classes[feature.cls];
    const group = this.group(feature.cls);
    const content = () => recordCard(this, feature, cls);
    const edge = own(this.data.style.edges, feature.kind) || this.data.style.edges.extent_box;
    const solid = {color: cls.colour, weight: edge.width_px, dashArray: edge.dash};
    if (feature.rings) {
      const inside = edge.hatched
        ? {fillColor: this.fill(cls), fillOpacity: 1}
        : {fillOpacity: 0.08};
      L.polygon(feature.rings, this.pane('areas', {...solid, ...inside}))
        .bindPopup(content, this.popup())
        .addTo(group);
    } else if (feature.lines) {
      L.polyline(feature.lines, this.pane('areas', {...solid, weight: 3}))
        .bindPopup(content, this.popup())
        .addTo(group);
    }
    const [dx, dy] = feature.shift || [0, 0];
    const html = symbol(cls.path, cls.colour, feature.mark);
    html.style.setProperty('--dx', dx);
    html.style.setProperty('--dy', dy);
    const state = feature.member === 'candidate' ? ' sx-candidate' : '';
    const icon = L.divIcon({
      className: `sx-mark sx-resource sx-${feature.cls}${state}`,
      iconSize: [0, 0],
      html,
    });
    const marker = L.marker(feature.at, {
      icon,
      keyboard: false,
      zIndexOffset: feature.mark === 'object' ? 100 : 0,
    });
    marker.bindPopup(content, Object.assign(this.popup(), {offset: [0, -2]}));
    marker.on('popupopen', () => this.select(feature, cls)).addTo(group);
    this.marks.set(feature.id, marker);
    this.labels.add({
      text: feature.zh,
      en: feature.en,
      cls: '',
      places: [feature.at],
      around: () => this.symbolSize() * 0.55 + 2,
      shift: () => [dx * this.symbolSize(), dy * this.symbolSize()],
      priority: feature.mark === 'object' ? 600 : 700,
      minZoom: NAME_ZOOM,
      shown: () => !this.off.has(feature.cls),
    });
    if (feature.acc_m) {
      this.rings[feature.cls] = this.rings[feature.cls] || L.layerGroup();
      L.circle(
        feature.at,
        this.pane('rings', {
          interactive: false,
          radius: feature.acc_m,
          color: cls.colour,
          weight: 1,
          opacity: 0.55,
          dashArray: '4 4',
          fill: false,
        }),
      ).addTo(this.rings[feature.cls]);
    }
  }

  fill(cls) {
    const renderer = this.pane('areas').renderer;
    const id = 'sx-hatch-' + cls.id;
    if (!this.map.hasLayer(renderer)) {
      this.map.addLayer(renderer);
    }
    if (!document.getElementById(id)) {
      renderer._container.prepend(svg('defs', {}, hatch(id, cls.hatch, cls.colour)));
    }
    return `url(#${id})`;
  }

  select(feature, cls) {
    this.selection.clearLayers();
    const circle = (radius, style) =>
      L.circle(
        feature.at,
        this.pane('rings', {interactive: false, radius, color: cls.colour, ...style}),
      ).addTo(this.selection);
    if (feature.ext_m) {
      circle(feature.ext_m, {
        weight: 1.8,
        dashArray: '1.5 6',
        lineCap: 'round',
        fillColor: cls.colour,
        fillOpacity: 0.13,
      });
    } else if (feature.scr_m) {
      circle(feature.scr_m, {
        weight: 1,
        opacity: 0.7,
        dashArray: '1 5',
        lineCap: 'round',
        fillColor: cls.colour,
        fillOpacity: 0.05,
      });
    }
    if (feature.acc_m) {
      circle(feature.acc_m, {weight: 1.8, dashArray: '6 4', fill: false});
    }
  }

  refreshRings() {
    for (const [key, rings] of Object.entries(this.rings)) {
      const on = this.map.getZoom() >= RING_ZOOM && !this.off.has(key);
      rings[on ? 'addTo' : 'removeFrom'](this.map);
    }
  }

  symbolSize() {
    const zoom = this.map.getZoom();
    const steps = [
      [8.6, 10],
      [9.3, 12.5],
      [10.3, 15],
      [11.5, 18],
      [13, 21],
    ];
    return (steps.find(([limit]) => zoom < limit) || [0, 24])[1];
  }

  size() {
    const size = this.symbolSize();
    this.map.getContainer().style.setProperty('--sx-size', size + 'px');
    for (const feature of this.data.features) {
      if (feature.shift) {
        this.marks.get(feature.id).getPopup().options.offset = L.point(
          feature.shift[0] * size,
          feature.shift[1] * size - 2,
        );
      }
    }
  }

  obstacles() {
    const half = this.symbolSize() / 2;
    const boxes = this.sites ? this.sites.boxes() : [];
    for (const feature of this.data.features) {
      if (!feature.at || this.off.has(feature.cls)) {
        continue;
      }
      const at = this.map.latLngToLayerPoint(feature.at);
      const [dx, dy] = feature.shift || [0, 0];
      const x = at.x + dx * half * 2;
      const y = at.y + dy * half * 2;
      boxes.push([x - half, y - half, x + half, y + half]);
    }
    return boxes;
  }

  // Shows a record: on the map, in the list of those without a position, or not at all.
  show(id) {
    const marker = this.marks.get(id);
    if (!marker) {
      return this.tiles?.show(id) ? 'map' : this.listed(id) ? 'list' : null;
    }
    const feature = this.data.features.find(f => f.id === id);
    if (this.off.has(feature.cls)) {
      document.querySelector(`input[data-layer="${feature.cls}"]`).click();
    }
    if (window.innerWidth <= 760) {
      document.getElementById('sx-fold').setAttribute('aria-expanded', 'false');
    }
    this.map.setView(marker.getLatLng(), Math.max(this.map.getZoom(), 11), {animate: false});
    marker.openPopup();
    return 'map';
  }

  lookAt(bounds) {
    const wide = window.innerWidth > 760;
    this.map.fitBounds(bounds.pad(0.4), {
      animate: false,
      maxZoom: 15,
      paddingTopLeft: [wide ? 390 : 10, wide ? 24 : 70],
      paddingBottomRight: [wide ? 330 : 10, wide ? 60 : window.innerHeight * 0.55],
    });
  }

  listed(id) {
    const entry = document.querySelector(`[data-record="${CSS.escape(id)}"]`);
    if (!entry) {
      return false;
    }
    document.getElementById('sx-fold').setAttribute('aria-expanded', 'true');
    for (let node = entry; node; node = node.parentElement) {
      if (node.tagName === 'DETAILS') {
        node.open = true;
      }
    }
    entry.scrollIntoView({block: 'center'});
    return true;
  }

  limit() {
    this.map.setMaxBounds(L.latLngBounds(this.data.outline.flat(2)).pad(1.2));
  }

  frame() {
    const wide = window.innerWidth > 760;
    const bounds = L.latLngBounds(this.data.outline.flat(2));
    this.map.fitBounds(bounds, {
      animate: false,
      paddingTopLeft: [wide ? 24 : 10, wide ? 22 : 64],
      paddingBottomRight: [
        wide ? 336 : 10,
        document.getElementById('sx-foot').offsetHeight + (wide ? 16 : 52),
      ],
    });
    this.limit();
    this.size();
  }
}

// The last two lines tell dates and sources; what stands before them is a warning.
function notices(data) {
  document
    .getElementById('sx-foot')
    .append(
      ...data.meta.notices.flatMap((line, index) => [
        make(index < data.meta.notices.length - 2 ? 'b' : 'span', {}, line),
        index < data.meta.notices.length - 1 ? make('br') : '',
      ]),
    );
}

// Lower edge of the title and its tools.
function headHeight() {
  return Math.round(document.querySelector('.sx-title').getBoundingClientRect().bottom);
}

function furniture(page) {
  const {map, data} = page;
  L.control.scale({imperial: false, maxWidth: 120}).addTo(map);
  const measure = () => {
    const style = document.documentElement.style;
    style.setProperty('--sx-foot', document.getElementById('sx-foot').offsetHeight + 'px');
    style.setProperty('--sx-head', headHeight() + 'px');
  };
  measure();
  map.on('resize', measure);
  page.measure = measure;
  const coords = document.getElementById('sx-coords');
  const tell = at => {
    const plane = gaussKrueger(at.lng, at.lat);
    refill(
      coords,
      `E ${sexagesimal(at.lng)}　N ${sexagesimal(at.lat)}`,
      make(
        'small',
        {},
        `X ${plane.x.toFixed(1)}　Y ${(plane.zone * 1e6 + plane.y).toFixed(1)}　CGCS2000 3°带 ${plane.zone}`,
      ),
    );
  };
  map.on('mousemove', event => tell(event.latlng));
  coordinateTool(page, tell);
  tell(map.getCenter());
  inset(data);
}

// A block of data that stands apart in the page; it is read once and let go.
function takeBlock(id) {
  const element = document.getElementById(id);
  const block = JSON.parse(element.textContent);
  element.remove();
  return block;
}

// Draws the page on a Leaflet map from the block of data of that id.
export function open(map, id, parts) {
  const data = JSON.parse(document.getElementById(id).textContent);
  notices(data);
  document.getElementById('sx-title').textContent = data.meta.title_zh;
  document.getElementById('sx-subtitle').textContent = data.meta.title_en;
  const page = new Page(map, data, parts);
  buildLegend(page);
  furniture(page);
  page.labels.place();
  page.refreshRings();
  const checker = new Checker(data.check, takeBlock, parts.openColumns);
  const panel = new CheckPanel(page, checker, data.check);
  const at = id => document.getElementById(id);
  if (data.check.refusal) {
    panel.refuse(data.meta.no_check_zh, data.check.refusal);
  }
  if (checker.second) {
    panel.starting = startSecond(checker, panel, takeBlock).then(() => {
      panel.starting = null;
    });
  }
  measureTool(page, at('sx-do-measure'));
  searchTool(page);
  languageTool(page, at('sx-do-lang'));
  printTool(page, at('sx-do-print'), at('sx-paper'));
  window.sxgeo = {
    map,
    panel,
    tiles: page.tiles,
    show: key => page.show(key),
    gaussKrueger,
    check: (geojson, options) => checker.check(geojson, options),
    ready: true,
    engines: panel.starting,
  };
}
