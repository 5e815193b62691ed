// The table of all records, for keyboard and screen reader: rows are made for the page of it that is seen, so that any number stays usable.
import {make, refill} from './dom.js';
import {say, translate} from './language.js';

const ROWS_AT_ONCE = 1000;

// All records in the order of the classes, without making any: length, and feature(i).
export class Records {
  constructor(page, cls) {
    this.parts = [];
    this.length = 0;
    for (const one of page.data.classes) {
      if (cls && one.id !== cls) {
        continue;
      }
      const own = page.data.features.filter(f => f.cls === one.id);
      const store = page.tiles?.stores[one.id];
      this.add(
        one,
        own.length,
        i => own[i],
        i => page.show(own[i].id),
      );
      if (store) {
        this.add(
          one,
          store.count,
          i => store.feature(i),
          i => page.tiles.showRow(store, i),
        );
      }
    }
  }

  add(cls, length, feature, show) {
    if (length) {
      this.parts.push({cls, from: this.length, length, feature, show});
    }
    this.length += length;
  }

  row(i) {
    const part = this.parts.find(p => i < p.from + p.length);
    const feature = part.feature(i - part.from);
    const button = feature.at
      ? make('button', {type: 'button', 'data-feature': feature.id}, feature.zh)
      : feature.zh;
    if (feature.at) {
      button.addEventListener('click', () => part.show(i - part.from));
    }
    const cells = [
      say(part.cls.zh, part.cls.en),
      feature.county,
      feature.at ? (feature.acc_m ? `±${feature.acc_m} m` : '—') : say('无位置', 'none'),
      feature.id,
    ];
    return make(
      'tr',
      {},
      make('th', {scope: 'row'}, button),
      ...cells.map(cell => make('td', {}, cell)),
    );
  }
}

export function recordList(page, root) {
  const total = new Records(page, null).length;
  if (!total) {
    return;
  }
  const list = make(
    'details',
    {id: 'sx-records'},
    make('summary', {}, say(`全部记录表（${total}）`, `Table of all records (${total})`)),
  );
  list.addEventListener('toggle', () => {
    if (list.open && !list.querySelector('table')) {
      recordTable(page, list, total);
    }
  });
  root.append(list);
}

function recordTable(page, list, total) {
  const body = make('tbody', {});
  const head = [
    ['名称', 'Name'],
    ['类别', 'Class'],
    ['县区', 'County'],
    ['位置', 'Position'],
    ['编号', 'Id'],
  ].map(([zh, en]) => make('th', {scope: 'col'}, say(zh, en)));
  const frame = make(
    'div',
    {
      class: 'sx-list sx-classes',
      tabindex: 0,
      role: 'region',
      'aria-label': '全部记录 All records',
    },
    make('table', {}, make('thead', {}, make('tr', {}, ...head)), body),
  );
  let records = new Records(page, null);
  const fill = (from, to) => {
    refill(body);
    for (let i = from; i < Math.min(to, records.length); i += 1) {
      body.append(records.row(i));
    }
    frame.scrollTop = 0;
    translate(body);
  };
  if (total > ROWS_AT_ONCE && page.tiles) {
    list.append(
      page.tiles.pager(
        page,
        cls => {
          records = new Records(page, cls);
          return records.length;
        },
        fill,
      ),
    );
  } else {
    fill(0, total);
  }
  list.append(frame);
  translate(list);
}
