// Labels that avoid each other: placed one by one in order of priority, each at its cheapest candidate.
export class Labels {
  constructor(map, obstacles) {
    this.map = map;
    this.obstacles = obstacles;
    this.items = [];
    this.pane = map.createPane('sx-labels');
    this.pane.style.zIndex = 640;
    this.pane.classList.add('leaflet-zoom-hide');
    map.on('zoomend viewreset resize', () => this.place());
  }

  // item: text, cls, places [[lat, lon], ...], priority (small first), and optionally minZoom, maxZoom, roomM (may move
  // inside its area), around (stands beside a symbol), shift, shown, colour, edge, click and allow (may it stand at this layer point?)
  add(item) {
    const element = document.createElement('div');
    element.className = 'sx-label ' + item.cls;
    element.textContent = item.text;
    if (item.colour) {
      element.style.background = item.colour;
    }
    if (item.edge) {
      element.style.borderLeft = `7px solid ${item.edge}`;
    }
    if (item.click) {
      element.classList.add('sx-active');
      element.addEventListener('click', event => {
        event.stopPropagation();
        item.click(this.map.mouseEventToLatLng(event));
      });
    }
    this.items.push(Object.assign({element, minZoom: 0}, item));
  }

  // Takes away all labels of a kind.
  drop(cls) {
    for (const item of this.items) {
      if (item.cls === cls) {
        item.element.remove();
      }
    }
    this.items = this.items.filter(item => item.cls !== cls);
  }

  speak(english) {
    for (const item of this.items) {
      item.element.textContent = english && item.en ? item.en : item.text;
    }
    this.place();
  }

  place() {
    const zoom = this.map.getZoom();
    const taken = [];
    const marks = this.obstacles();
    this.items.sort((a, b) => a.priority - b.priority);
    for (const item of this.items) {
      const wanted =
        zoom >= item.minZoom && zoom <= (item.maxZoom || 99) && (!item.shown || item.shown());
      if (!wanted) {
        item.element.remove();
        continue;
      }
      if (!item.element.isConnected) {
        this.pane.appendChild(item.element);
      }
      const box = this.choose(item, taken, marks);
      if (!box) {
        item.element.remove();
        continue;
      }
      taken.push(box);
      L.DomUtil.setPosition(item.element, L.point(Math.round(box[0]), Math.round(box[1])));
    }
  }

  choose(item, taken, marks) {
    const width = item.element.offsetWidth;
    const height = item.element.offsetHeight;
    const {x: left} = this.map.containerPointToLayerPoint([0, 0]);
    const right = left + this.map.getSize().x;
    let best = null;
    let least = Infinity;
    for (const [x, y, cost] of this.candidates(item, width, height)) {
      const box = [x, y, x + width, y + height];
      if (taken.some(other => meet(box, other, 2))) {
        continue;
      }
      const over = marks.filter(mark => meet(box, mark, -1)).length;
      if (item.around && over > 0) {
        continue;
      }
      // a name beside a symbol is read whole where it does not run off the screen
      const cut = item.around && (x < left || x + width > right) ? 5 : 0;
      const total = cost + cut + over * 6;
      if (total < least) {
        least = total;
        best = box;
      }
    }
    return best;
  }

  *candidates(item, width, height) {
    for (const [index, place] of item.places.entries()) {
      const at = this.map.latLngToLayerPoint(place);
      const shift = item.shift ? item.shift() : [0, 0];
      const x = at.x + shift[0];
      const y = at.y + shift[1];
      if (item.allow && !item.allow(at)) {
        continue;
      }
      if (item.around) {
        const gap = item.around();
        yield [x + gap, y - height / 2, 0];
        yield [x - gap - width, y - height / 2, 1];
        yield [x - width / 2, y - gap - height, 2];
        yield [x - width / 2, y + gap, 3];
        continue;
      }
      yield [x - width / 2, y - height / 2, item.places.length > 1 ? index * 0.01 : 0];
      const room = item.roomM ? Math.min(70, item.roomM / metresPerPixel(this.map, place[0])) : 0;
      for (const share of room ? [0.3, 0.55, 0.8] : []) {
        for (let step = 0; step < 12; step += 1) {
          const angle = (step * Math.PI) / 6;
          const reach = room * share;
          yield [
            x + reach * Math.cos(angle) - width / 2,
            y + reach * Math.sin(angle) - height / 2,
            share * 5,
          ];
        }
      }
    }
  }
}

function meet(a, b, gap) {
  return a[0] < b[2] + gap && b[0] < a[2] + gap && a[1] < b[3] + gap && b[1] < a[3] + gap;
}

export function metresPerPixel(map, lat) {
  return (40075016.686 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom());
}
