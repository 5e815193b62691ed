// The popup of a resource: what is known of it, the rules in force for its class and kind, and the way to its line in the table.
import {own} from '../check/plain.js';
import {make} from './dom.js';
import {card} from './draw.js';
import {say, translate} from './language.js';

export function recordCard(page, feature, cls) {
  const rows = [...feature.rows];
  const told = page.data.rules[cls.id];
  const source = rows.findIndex(row => row[0] === '来源');
  rows.splice(source < 0 ? rows.length : source, 0, [
    '管控规则',
    own(told, feature.rk) || told[''],
  ]);
  const link = make(
    'button',
    {type: 'button', class: 'sx-to-table'},
    say('在记录表中查看', 'Show in the table of records'),
  );
  link.addEventListener('click', () => openTable(feature.id));
  const box = card(
    {...feature, rows},
    [cls.zh, own(page.data.meta.memberships, feature.member) || feature.member],
    cls.colour,
  );
  box.append(link);
  translate(box);
  return box;
}

// Open the table of records at one of them; a table that is seen page by page opens at its first.
function openTable(id) {
  const list = document.getElementById('sx-records');
  document.getElementById('sx-fold').setAttribute('aria-expanded', 'true');
  list.open = true;
  list.dispatchEvent(new Event('toggle'));
  const found = list.querySelector(`[data-feature="${CSS.escape(id)}"]`) || list.firstChild;
  for (const row of list.querySelectorAll('tr')) {
    row.classList.toggle('sx-found-row', row.contains(found));
  }
  found.scrollIntoView({block: 'center'});
  found.focus({preventScroll: true});
}
