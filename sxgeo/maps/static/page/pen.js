// Points set on the map one by one: to draw a parcel, to measure.
import {centralMeridian, toPlane} from '../check/geodesy.js';
import {lineLength, ringArea} from '../check/geometry.js';
import {thousands} from '../check/plain.js';
import {make} from '../draw/dom.js';
import {metresPerPixel} from '../draw/labels.js';
import {areaWords} from '../say/says.js';

export class Pen {
  constructor(map) {
    this.map = map;
    this.sheet = make('div', {class: 'sx-sheet', hidden: true});
    map.getContainer().append(this.sheet);
    this.layer = L.layerGroup().addTo(map);
    this.sheet.addEventListener('mousedown', event => {
      this.from = [event.clientX, event.clientY];
    });
    this.sheet.addEventListener('click', event => {
      event.stopPropagation();
      if (this.from && Math.hypot(event.clientX - this.from[0], event.clientY - this.from[1]) > 5) {
        return;
      }
      if (event.detail > 1) {
        return;
      }
      const point = this.map.mouseEventToLatLng(event);
      this.points.push(Object.assign(point, {pixel_m: metresPerPixel(this.map, point.lat)}));
      this.trace();
    });
    this.sheet.addEventListener('dblclick', event => {
      event.stopPropagation();
      this.finish();
    });
    this.sheet.addEventListener('mousemove', event =>
      this.trace(this.map.mouseEventToLatLng(event)),
    );
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
      } else if (event.key === 'Backspace') {
        this.points.pop();
        this.trace();
      }
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
