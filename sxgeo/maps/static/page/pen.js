// Points set on the map one by one: to draw a parcel, to measure.
import {centralMeridian, toPlane} from '../check/geodesy.js';
import {lineLength, ringArea} from '../check/geometry.js';
import {thousands} from '../check/plain.js';
import {make} from '../draw/dom.js';
import {metresPerPixel} from '../draw/labels.js';
import {areaWords} from '../say/says.js';

const SNAP_PX = 10;

export class Pen {
  // `corners` gives the corners of what is drawn: a point set near one lies on it.
  constructor(map, corners) {
    this.map = map;
    this.corners = corners;
    this.sheet = make('div', {class: 'sx-sheet', hidden: true});
    map.getContainer().append(this.sheet);
    this.layer = L.layerGroup().addTo(map);
    this.sheet.addEventListener('mousedown', event => {
      this.from = [event.clientX, event.clientY];
      this.held = this.points.findIndex(point => this.pixels(point, this.at(event)) < SNAP_PX);
      this.moved = false;
      if (this.held >= 0) {
        event.stopPropagation(); // else the map would be dragged, too
      }
    });
    this.sheet.addEventListener('click', event => {
      event.stopPropagation();
      if (this.from && Math.hypot(event.clientX - this.from[0], event.clientY - this.from[1]) > 5) {
        return;
      }
      if (event.detail > 1 || (this.held >= 0 && this.moved)) {
        return;
      }
      this.change([...this.points, this.point(event)]);
    });
    this.sheet.addEventListener('dblclick', event => {
      event.stopPropagation();
      this.finish();
    });
    this.sheet.addEventListener('mousemove', event => this.move(event));
    map.on('moveend', () => this.gather());
    document.addEventListener('keydown', event => {
      if (this.sheet.hidden) {
        return;
      }
      if (event.key === 'Escape') {
        this.stop(true);
      } else if (event.target.closest('input, textarea, select, button')) {
        return;
      } else if (event.key === 'Enter') {
        this.finish();
      } else if (
        event.key === 'Backspace' ||
        (event.key === 'z' && (event.ctrlKey || event.metaKey))
      ) {
        event.preventDefault();
        this.undo();
      }
    });
  }

  at(event) {
    return this.map.mouseEventToLatLng(event);
  }

  // How many pixels of the screen two places lie apart.
  pixels(one, other) {
    return this.map.latLngToContainerPoint(one).distanceTo(this.map.latLngToContainerPoint(other));
  }

  // Where the mouse is, or the corner that it nearly points at.
  point(event) {
    const at = this.at(event);
    let place = at;
    let least = SNAP_PX;
    for (const corner of this.near) {
      const away = this.pixels(corner, at);
      if (away < least) {
        place = corner;
        least = away;
      }
    }
    return Object.assign(L.latLng(place.lat, place.lng), {
      pixel_m: metresPerPixel(this.map, place.lat),
    });
  }

  // A point that is held goes with the mouse; else the next one is shown.
  move(event) {
    if (event.buttons === 1 && this.held >= 0) {
      if (!this.moved) {
        this.past.push([...this.points]);
      }
      this.moved = true;
      this.points[this.held] = this.point(event);
      this.trace();
    } else {
      this.held = -1; // let go: a mouse that is pressed elsewhere and comes back moves no point
      this.trace(this.point(event));
    }
  }

  // A point that was set elsewhere than on the map.
  add(point) {
    this.change([...this.points, point]);
    this.map.panInside(point, {padding: [60, 60], animate: false});
  }

  // Other points than before, which an undo brings back.
  change(points) {
    this.past.push(this.points);
    this.points = points;
    this.trace();
  }

  // Takes the last step back: a point that was set or moved, a rectangle; of a parcel that is taken up again its last point.
  undo() {
    this.points = this.past.pop() || this.points.slice(0, -1);
    this.trace();
  }

  // `points` are those of a drawing that is taken up again.
  start(task, points = []) {
    this.stop(false);
    Object.assign(this, {task, points: [...points], past: [], held: -1});
    this.sheet.hidden = false;
    this.gather();
    document.activeElement.blur();
    this.map.doubleClickZoom.disable();
    this.map.closePopup();
    this.trace();
    this.told();
  }

  // The corners in view: a point that is set near one lies on it, wherever the map was moved meanwhile.
  gather() {
    if (!this.sheet.hidden) {
      const bounds = this.map.getBounds();
      const corners = this.corners().map(([lat, lng]) => L.latLng(lat, lng));
      this.near = corners.filter(corner => bounds.contains(corner));
    }
  }

  // Says that a drawing has begun or ended.
  told() {
    this.changed?.(!this.sheet.hidden, this.task);
  }

  trace(next) {
    const at = next ? [...this.points, next] : this.points;
    const style = {interactive: false, color: '#b40f1c', weight: 2, dashArray: '6 4'};
    this.layer.clearLayers();
    if (at.length > 1) {
      L[this.task.closed ? 'polygon' : 'polyline'](at, {...style, fillOpacity: 0.08}).addTo(
        this.layer,
      );
    }
    for (const point of this.points) {
      L.circleMarker(point, {
        interactive: false,
        radius: 4,
        color: '#fff',
        weight: 1.5,
        fillColor: '#b40f1c',
        fillOpacity: 1,
      }).addTo(this.layer);
    }
    if (this.task.moved) {
      this.task.moved(at);
    }
  }

  finish() {
    const {task, points} = this;
    if (points.length < (task.closed ? 3 : 2)) {
      task.short?.();
      return;
    }
    this.stop(false);
    task.done(points);
  }

  stop(told) {
    if (this.sheet.hidden) {
      return;
    }
    this.sheet.hidden = true;
    this.layer.clearLayers();
    this.told();
    setTimeout(() => this.map.doubleClickZoom.enable(), 300);
    if (told && this.task.cancel) {
      this.task.cancel();
    }
  }
}

// Length and area in the plane of the first point.
function measured(points) {
  const meridian = centralMeridian(points[0].lng);
  const flat = points.map(p => toPlane(p.lng, p.lat, meridian));
  const area = flat.length > 2 ? Math.abs(ringArea([...flat, flat[0]])) : 0;
  return `${thousands(lineLength(flat), 1)} 米` + (area ? `　围合 ${areaWords(area)}` : '');
}

export function measureTool(page, button) {
  const note = document.getElementById('sx-measured');
  button.addEventListener('click', () => {
    if (!page.pen.sheet.hidden) {
      page.pen.stop(true);
      return;
    }
    note.hidden = false;
    note.textContent = '单击加点，双击结束 Click to add, double-click to end';
    page.pen.start({
      closed: false,
      moved: points => {
        if (points.length > 1) {
          note.textContent = measured(points);
        }
      },
      done: points => {
        note.textContent = measured(points) + '（投影平面）';
      },
      cancel: () => {
        note.hidden = true;
      },
    });
  });
}
