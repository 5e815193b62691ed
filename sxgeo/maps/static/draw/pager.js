// The pages of a long table. Part of the bundle for many records.
import {make} from './dom.js';
import {Records} from './records.js';

const ROWS_A_PAGE = 200;

// Controls over a table that is seen page by page: class, page number, back and forth. `choose` gives the number of rows of a class.
export function pager(page, choose, fill) {
  const classes = make(
    'select',
    {id: 'sx-table-class', 'aria-label': '类别 Class'},
    make('option', {value: '', 'data-en': 'All classes'}, '全部类别'),
  );
  for (const cls of page.data.classes) {
    if (new Records(page, cls.id).length) {
      classes.append(make('option', {value: cls.id, 'data-en': cls.en}, cls.zh));
    }
  }
  const number = make('input', {
    type: 'number',
    min: 1,
    step: 1,
    inputmode: 'numeric',
    id: 'sx-table-page',
    'aria-label': '页码 Page',
  });
  const told = make('span', {role: 'status'});
  const step = (words, label, by) => {
    const button = make('button', {type: 'button', 'aria-label': label}, words);
    button.addEventListener('click', () => turn(at + by));
    return button;
  };
  let at = 0;
  let rows = 0;
  const turn = wanted => {
    const pages = Math.max(1, Math.ceil(rows / ROWS_A_PAGE));
    at = Math.max(0, Math.min(pages - 1, Math.floor(wanted) || 0));
    fill(at * ROWS_A_PAGE, (at + 1) * ROWS_A_PAGE);
    number.value = at + 1;
    number.max = pages;
    told.textContent = `/ ${pages}（${at * ROWS_A_PAGE + 1}–${Math.min(rows, (at + 1) * ROWS_A_PAGE)}，共 ${rows} of ${rows}）`;
  };
  classes.addEventListener('change', () => {
    rows = choose(classes.value || null);
    turn(0);
  });
  number.addEventListener('change', () => turn(Number(number.value) - 1));
  const bar = make(
    'div',
    {class: 'sx-pager'},
    classes,
    step('‹', '上一页 Previous page', -1),
    number,
    step('›', '下一页 Next page', 1),
    told,
  );
  rows = choose(null);
  turn(0);
  return bar;
}
