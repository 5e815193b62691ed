// The little map of the province with its arrow of north.
import {make, svg} from '../draw/dom.js';

export function inset(data) {
  const rings = [...data.context.flatMap(a => a.rings), ...data.counties.flatMap(c => c.rings)];
  const all = rings.map(r => r[0]).flat();
  const [south, north] = [Math.min(...all.map(p => p[0])), Math.max(...all.map(p => p[0]))];
  const [west, east] = [Math.min(...all.map(p => p[1])), Math.max(...all.map(p => p[1]))];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = Math.min(88 / ((east - west) * squeeze), 96 / (north - south));
  const trace = group =>
    group
      .map(
        ring =>
          'M' +
          ring[0]
            .map(
              p =>
                `${((p[1] - west) * squeeze * scale + 2).toFixed(1)} ${((north - p[0]) * scale + 2).toFixed(1)}`,
            )
            .join('L') +
          'Z',
      )
      .join('');
  const width = (east - west) * squeeze * scale + 4;
  const height = (north - south) * scale + 4;
  const picture = svg('svg', {width: width + 24, height, viewBox: `0 0 ${width + 24} ${height}`});
  for (const area of data.context) {
    picture.append(
      svg('path', {d: trace(area.rings), fill: '#e3e8ea', stroke: '#a9b5bb', 'stroke-width': 0.8}),
    );
  }
  for (const county of data.counties) {
    picture.append(
      svg('path', {
        d: trace(county.rings),
        fill: '#8fb3c9',
        stroke: '#5f8ba6',
        'stroke-width': 0.5,
      }),
    );
  }
  const north_arrow = svg(
    'g',
    {transform: `translate(${width + 10} ${height - 34})`},
    svg('path', {d: 'M0-12L6 8L0 4Z', fill: '#22313a'}),
    svg('path', {d: 'M0-12L-6 8L0 4Z', fill: '#fff', stroke: '#22313a', 'stroke-width': 0.8}),
  );
  const letter = svg('text', {
    x: 0,
    y: 22,
    'text-anchor': 'middle',
    'font-size': 12,
    'font-weight': 700,
    fill: '#22313a',
  });
  letter.textContent = '北';
  north_arrow.append(letter);
  picture.append(north_arrow);
  document.getElementById('sx-inset').append(picture, make('div', {}, data.meta.inset_zh));
}
