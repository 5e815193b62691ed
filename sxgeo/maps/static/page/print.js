// Print on A4 or A3: the sheet is laid out on the screen first, because a map can only be fitted to a size that it has.
import {make} from '../draw/dom.js';

const PAPERS = {a4: [281, 194], a3: [404, 281]};
const PX_A_MM = 96 / 25.4;
const LEAST_SET = 0.72;

// What is seen of the map beside the legend and above the notices.
function openBounds(map) {
  const size = map.getSize();
  const wide = window.innerWidth > 760;
  const foot = document.getElementById('sx-foot').offsetHeight;
  const folded = document.getElementById('sx-fold').getAttribute('aria-expanded') !== 'true';
  const corners = [
    [wide ? 20 : 8, wide ? 16 : 60],
    [size.x - (wide && !folded ? 330 : 8), size.y - foot - 8],
  ];
  return L.latLngBounds(corners.map(corner => map.containerPointToLatLng(corner)));
}

// What paper needs beside the screen: a place for the review number, and a word on records that are not drawn.
function paperNotes(page) {
  document
    .getElementById('sx-foot')
    .prepend(make('span', {class: 'sx-on-paper sx-review'}, '本图审图号：＿＿＿＿＿＿＿＿'));
  const count = page.data.features.filter(feature => !feature.at).length;
  if (count) {
    document
      .getElementById('sx-legend')
      .append(
        make(
          'p',
          {class: 'sx-note sx-on-paper', id: 'sx-unplaced-note'},
          `无位置记录 ${count} 项未画在图上，对所在县的任何地块均须核实。`,
        ),
      );
  }
}

// Whether anything stands under a heading of the legend on paper.
function hasRows(head) {
  for (let next = head.nextElementSibling; next && next.tagName !== 'H2';) {
    if (next.tagName !== 'DETAILS' && next.offsetHeight) {
      return true;
    }
    next = next.nextElementSibling;
  }
  return false;
}

class Paper {
  constructor(page) {
    this.page = page;
    this.view = null;
    this.rule = document.head.appendChild(make('style', {id: 'sx-paper-size'}));
    this.choose('a4');
    paperNotes(page);
    window.addEventListener('beforeprint', () => this.lay());
    window.addEventListener('afterprint', () => this.lift());
  }

  choose(name) {
    const [wide, high] = PAPERS[name];
    const root = document.documentElement;
    this.name = name;
    this.rule.textContent = `@page { size: ${name.toUpperCase()} landscape; margin: 8mm; }`;
    root.style.setProperty('--sx-sheet-w', wide + 'mm');
    root.style.setProperty('--sx-sheet-h', high + 'mm');
    root.classList.toggle('sx-a3', name === 'a3');
  }

  lay() {
    if (this.view) {
      return;
    }
    const map = this.page.map;
    const seen = openBounds(map);
    this.view = [map.getCenter(), map.getZoom()];
    document.documentElement.classList.add('sx-printing');
    this.strip();
    for (const list of document.querySelectorAll('details.sx-classes')) {
      list.open = true;
    }
    map.invalidateSize({animate: false});
    map.setMaxBounds(null);
    map.fitBounds(seen, {animate: false, paddingTopLeft: [6, 6], paddingBottomRight: [6, 6]});
    map.fire('zoomend');
    this.page.tiles?.settle();
    this.legend();
    this.fill();
  }

  // The map ends where the notices begin, so that all of them stand on its sheet.
  strip() {
    const style = document.documentElement.style;
    style.removeProperty('--sx-strip');
    const foot = document.getElementById('sx-foot');
    const high = foot.getBoundingClientRect().height / PX_A_MM;
    style.setProperty('--sx-strip', `${Math.ceil(high) + 2}mm`);
  }

  // The legend stands whole in its column: headings without a row go, and the rest is set as small as it must be.
  legend() {
    const legend = document.getElementById('sx-legend');
    for (const input of legend.querySelectorAll('.sx-row input:not(:disabled)')) {
      input.closest('.sx-row').classList.toggle('sx-empty', !input.checked);
    }
    for (const head of legend.querySelectorAll('h2')) {
      head.classList.toggle('sx-empty', !hasRows(head));
    }
    legend.style.removeProperty('zoom');
    const fold = document.getElementById('sx-fold').offsetHeight;
    const room = document.getElementById('sx-panel').clientHeight - fold;
    if (legend.scrollHeight > room) {
      legend.style.zoom = ((room / legend.scrollHeight) * 0.995).toFixed(3);
    }
  }

  // An answer that would leave a few lines for a last sheet is set a little smaller.
  fill() {
    const box = document.getElementById('sx-check');
    box.style.removeProperty('--sx-set');
    const sheets = box.getBoundingClientRect().height / (PAPERS[this.name][1] * PX_A_MM);
    const whole = Math.floor(sheets);
    const smaller = Math.sqrt(whole / sheets) * 0.95;
    if (whole > 0 && smaller > LEAST_SET) {
      box.style.setProperty('--sx-set', smaller.toFixed(3));
    }
  }

  lift() {
    if (!this.view) {
      return;
    }
    const map = this.page.map;
    const [centre, zoom] = this.view;
    this.view = null;
    document.documentElement.classList.remove('sx-printing');
    document.getElementById('sx-legend').style.removeProperty('zoom');
    map.invalidateSize({animate: false});
    map.setView(centre, zoom, {animate: false});
    this.page.limit();
  }
}

export function printTool(page, button, select) {
  const paper = new Paper(page);
  select.addEventListener('change', () => paper.choose(select.value));
  button.addEventListener('click', () => window.print());
  return paper;
}
