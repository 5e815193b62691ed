// Checked sites by triage: a known conflict, something known close by, nothing known near. Many of them stand together
// in clusters that say what is in them, get their names with the zoom, and are listed in that order.
import {hatchFill} from './bands.js';
import {make, svg} from './dom.js';
import {card} from './draw.js';
import {say} from './language.js';

const MANY = 30;
const CELL_PX = 64;
const APART_ZOOM = 12.5;
const LOOKS = {
  conflict: ['M0-8.5L9 7H-9Z', 'conflict', '已知冲突', 'known conflict', 9.5],
  near: [
    'M0-8.5L8.5 0L0 8.5L-8.5 0Z',
    'undetermined',
    '1 公里内有已知资源',
    'known within 1 km',
    11,
  ],
  far: [
    'M0-6.5A6.5 6.5 0 1 1 0 6.5A6.5 6.5 0 1 1 0-6.5Z',
    'not_screened',
    '1 公里内无已知资源（不等于无冲突）',
    'nothing known within 1 km (no clearance)',
    12,
  ],
};
const ORDER = Object.keys(LOOKS);

function triageSymbol(page, triage, size) {
  const [path, verdict] = LOOKS[triage];
  const [mark, , edge] = page.data.style.verdicts[verdict];
  const shape = svg('path', {d: path, fill: mark, stroke: edge, 'stroke-width': 2});
  const box = svg('svg', {viewBox: '-11 -11 22 22', 'aria-hidden': 'true'}, shape);
  if (size) {
    box.setAttribute('width', size);
    box.setAttribute('height', size);
  }
  return box;
}

// A site's shape or symbol, whenever it comes onto the map.
function mark(site, layer) {
  layer.getElement()?.classList.toggle('sx-faded', Boolean(site.faded));
}

function byTriage(sites) {
  const far = site => site.near_m ?? Infinity;
  const rank = site => ORDER.indexOf(site.triage);
  return [...sites].sort((a, b) => rank(a) - rank(b) || far(a) - far(b) || (a.id < b.id ? -1 : 1));
}

export class Sites {
  constructor(page) {
    this.page = page;
    this.many = page.data.sites.length > MANY;
    this.markers = new Map();
    this.layers = new Map(page.data.sites.map(site => [site, []]));
    this.clusters = L.layerGroup().addTo(page.map);
    page.data.sites.forEach(site => this.draw(site));
    page.map.on('zoomend', () => this.refresh());
    this.refresh();
  }

  // Lets sites stand back, without taking them away.
  fade(isFaded) {
    for (const [site, layers] of this.layers) {
      site.faded = isFaded(site);
      layers.forEach(layer => mark(site, layer));
    }
  }

  draw(site) {
    const {page} = this;
    const content = () => card(site, [site.label], site.colour);
    const edge = {color: site.colour, weight: 2.6};
    const group = page.group('site-' + site.verdict);
    const add = shape => {
      this.layers.get(site).push(shape);
      shape.on('add', () => mark(site, shape));
      shape.bindPopup(content, page.popup()).addTo(group);
    };
    if (site.rings) {
      const fillColor = verdictFill(page, site.verdict, 'sites');
      add(L.polygon(site.rings, page.pane('sites', {...edge, fillColor, fillOpacity: 1})));
    }
    if (site.lines) {
      add(L.polyline(site.lines, page.pane('sites', {...edge, weight: 4, fill: false})));
    }
    if (!site.at) {
      return;
    }
    const html = triageSymbol(page, site.triage);
    const icon = L.divIcon({
      className: `sx-mark sx-site sx-site-${site.triage}`,
      iconSize: [0, 0],
      html,
    });
    const marker = L.marker(site.at, {icon, keyboard: false, zIndexOffset: 400});
    add(marker);
    this.markers.set(site, marker);
    const [, , , , minZoom] = LOOKS[site.triage];
    const sign = page.data.style.verdicts[site.verdict][4];
    page.labels.add({
      text: this.many ? `${sign} ${site.zh}` : `${sign} ${site.zh}：${site.label}`,
      cls: 'sx-verdict',
      colour: site.colour,
      places: [site.at],
      around: () => 9,
      priority: 50 + ORDER.indexOf(site.triage),
      minZoom: this.many ? minZoom : 0,
      shown: () => !page.off.has('site-' + site.verdict) && !this.clustered.has(site),
    });
  }

  // Sites that lie in one cell of the screen stand together while the map is far.
  cells() {
    const cells = new Map();
    const {map, off} = this.page;
    for (const site of this.markers.keys()) {
      if (off.has('site-' + site.verdict)) {
        continue;
      }
      const at = map.project(site.at).divideBy(CELL_PX).floor();
      const key = `${at.x},${at.y}`;
      cells.set(key, [...(cells.get(key) || []), site]);
    }
    return [...cells.values()].filter(sites => sites.length > 1);
  }

  refresh() {
    const {page} = this;
    this.clusters.clearLayers();
    this.clustered = new Set();
    if (this.many && page.map.getZoom() < APART_ZOOM) {
      this.cells().forEach(sites => this.cluster(sites));
    }
    for (const [site, marker] of this.markers) {
      const shown = !this.clustered.has(site);
      page.group('site-' + site.verdict)[shown ? 'addLayer' : 'removeLayer'](marker);
    }
  }

  // What the sites and clusters cover of the screen, for labels to keep off.
  boxes() {
    const {map} = this.page;
    return this.clusters.getLayers().map(one => {
      const {x, y} = map.latLngToLayerPoint(one.getLatLng());
      return [x - 32, y - 12, x + 32, y + 12];
    });
  }

  cluster(sites) {
    const {page} = this;
    const parts = ORDER.map(triage => [
      triage,
      sites.filter(site => site.triage === triage).length,
    ]);
    const held = parts.filter(([, count]) => count);
    const words = held.map(([triage, count]) => `${LOOKS[triage][2]} ${count}`).join('，');
    const html = make('div', {class: 'sx-cluster', title: words});
    for (const [triage, count] of held) {
      html.append(triageSymbol(page, triage, 13), make('span', {}, String(count)));
    }
    sites.forEach(site => this.clustered.add(site));
    const bounds = L.latLngBounds(sites.map(site => site.at));
    const icon = L.divIcon({className: 'sx-cluster-mark', iconSize: [0, 0], html});
    L.marker(bounds.getCenter(), {icon, alt: words, zIndexOffset: 500})
      .on('click', () => page.map.fitBounds(bounds.pad(0.3), {animate: false, maxZoom: 14}))
      .addTo(this.clusters);
  }

  open(site) {
    const {page} = this;
    page.lookAt(L.latLngBounds([site.at]).pad(0.01));
    page.map.setView(site.at, Math.max(page.map.getZoom(), 13), {animate: false});
    this.markers.get(site).openPopup();
  }
}

// Mark and hatch of a verdict, in the pane where it is drawn.
export function verdictFill(page, verdict, pane) {
  const [mark, , edge, kind] = page.data.style.verdicts[verdict];
  return hatchFill(page, pane, `sx-${pane}-${verdict}`, kind, edge, mark);
}

// What the symbols of sites mean, and every site in their order: the way to its popup for keyboard and screen reader.
export function triageLegend(page, root) {
  const sites = byTriage(page.data.sites);
  const keys = make('div', {class: 'sx-keys sx-wide', id: 'sx-triage'});
  for (const triage of ORDER) {
    const count = sites.filter(site => site.triage === triage).length;
    if (count) {
      const [, , zh, en] = LOOKS[triage];
      const swatch = make('span', {class: 'sx-swatch'}, triageSymbol(page, triage, 15));
      keys.append(make('div', {}, swatch, say(`${zh}：${count}`, `${en}: ${count}`)));
    }
  }
  const list = make('ul', {class: 'sx-list'});
  for (const site of sites) {
    const button = make('button', {type: 'button'}, site.zh);
    button.addEventListener('click', () => site.at && page.sites.open(site));
    const near = site.near_zh ? ` ${site.near_zh} ${site.near_m} m` : '';
    const item = make('li', {}, triageSymbol(page, site.triage, 12), ' ', button);
    item.append(
      make('small', {}, site.at ? near : say('　无位置，图上不画', ' no position, not drawn')),
    );
    list.append(item);
  }
  const words = say(
    `地块清单（${sites.length}，按轻重排列）`,
    `List of sites (${sites.length}, gravest first)`,
  );
  root.append(
    keys,
    make('details', {id: 'sx-sites', open: false}, make('summary', {}, words), list),
  );
}
