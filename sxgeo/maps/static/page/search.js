// Search by name, pinyin, county and id.
import {own} from '../check/plain.js';
import {make, refill} from '../draw/dom.js';
import {english} from '../draw/language.js';

const MOST_SPELLINGS = 12;
export const FIND_ZH = '名称、拼音、县区、编号';

// What somebody types and what is searched, alike: small letters without marks, blanks and hyphens.
export function plainText(text) {
  return (text || '')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f\s'’·-]/g, '');
}

// Every way to type a name in pinyin: whole syllables, then initials; `syllables` are parted by blanks, their readings by slashes.
export function spellings(syllables) {
  if (!syllables) {
    return [];
  }
  let ways = [''];
  let initials = [''];
  const extended = (list, ends) =>
    list.flatMap(start => ends.map(end => start + end)).slice(0, MOST_SPELLINGS);
  for (const syllable of syllables.split(' ')) {
    const readings = syllable
      .split('/')
      .flatMap(one => (one.includes('v') ? [one, one.replace('v', 'u')] : [one]));
    ways = extended(ways, readings);
    initials = extended(initials, [
      ...new Set(readings.map(one => (/\d/.test(one) ? one : one[0]))),
    ]);
  }
  return [...ways, ...initials];
}

// Rows that hold what is wanted: whole names first, then beginnings, then parts, then what lies in a county of that name.
export function ranked(rows, wanted) {
  const rank = row =>
    row.keys.includes(wanted)
      ? 0
      : row.keys.some(key => key.startsWith(wanted))
        ? 1
        : row.keys.some(key => key.includes(wanted))
          ? 2
          : row.more.some(key => key.startsWith(wanted))
            ? 3
            : 4;
  return rows
    .map(row => [rank(row), row])
    .filter(([value]) => value < 4)
    .sort((a, b) => a[0] - b[0])
    .map(([, row]) => row);
}

// Names in pinyin of which the table holds the stem: what stands before a number.
function stemSpeller(pinyin) {
  const known = new Map();
  return name => {
    const [, stem, number] = /^([^]*?)([\dA-Za-z#_-]*)$/.exec(name);
    if (!known.has(stem)) {
      known.set(stem, spellings(own(pinyin, stem) || '').map(plainText));
    }
    return known.get(stem).map(way => way + plainText(number));
  };
}

export function searchTool(page) {
  const input = document.getElementById('sx-find');
  const list = document.getElementById('sx-found');
  const data = page.data;
  const spelt = name => spellings(own(data.pinyin, name) || '');
  const counties = new Map(data.counties.map(c => [c.zh, spelt(c.zh)]));
  const rows = [
    ...data.counties.map(c => ({
      zh: c.zh,
      en: c.en,
      id: c.code,
      what: '县（市、区）',
      whatEn: 'county',
      more: [],
      go: () => page.map.fitBounds(L.polygon(c.rings).getBounds(), {animate: false}),
    })),
    ...data.features.map(f => ({
      zh: f.zh,
      en: f.en,
      id: f.id,
      county: f.county,
      what: page.classes[f.cls].zh + (f.at ? '' : '（无位置）'),
      whatEn: page.classes[f.cls].en + (f.at ? '' : ' (no position)'),
      more: f.county.split('、').flatMap(name => [name, ...(counties.get(name) || [])]),
      go: () => {
        if (f.at) {
          page.show(f.id);
        } else {
          page.listed(f.id);
        }
      },
    })),
  ].map(row => ({
    ...row,
    keys: [row.zh, row.en, row.id, ...spelt(row.zh)].map(plainText).filter(Boolean),
    more: row.more.map(plainText),
  }));
  const speltStem = stemSpeller(data.pinyin);
  let at = -1;
  const close = () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
    at = -1;
  };
  const choose = row => {
    close();
    input.value = row.zh;
    row.go();
  };
  const fill = () => {
    const wanted = plainText(input.value);
    const hits = wanted
      ? [
          ...ranked(rows, wanted).slice(0, 30),
          ...(page.tiles?.search(wanted, 30, plainText, speltStem) ?? []),
        ].slice(0, 30)
      : [];
    refill(
      list,
      ...hits.map((row, index) => {
        const item = make(
          'li',
          {role: 'option', id: `sx-hit-${index}`, 'aria-selected': 'false'},
          make('b', {}, (english() && row.en) || row.zh),
          make(
            'small',
            {},
            `${(english() && row.whatEn) || row.what} ${row.county || ''} ${row.id}`,
          ),
        );
        item.addEventListener('mousedown', event => {
          event.preventDefault();
          choose(row);
        });
        item.row = row;
        return item;
      }),
    );
    if (wanted && !hits.length) {
      list.append(
        make(
          'li',
          {role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false'},
          '没有找到 nothing found',
        ),
      );
    }
    list.hidden = !wanted;
    input.setAttribute('aria-expanded', String(Boolean(wanted)));
    at = -1;
  };
  input.addEventListener('input', fill);
  input.addEventListener('blur', close);
  input.addEventListener('keydown', event => {
    const items = [...list.children].filter(item => item.row);
    if (event.key === 'Escape') {
      close();
    }
    if (!items.length || list.hidden) {
      return;
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      at = (at + (event.key === 'ArrowDown' ? 1 : items.length - 1 + (at < 0))) % items.length;
      items.forEach((item, index) => item.setAttribute('aria-selected', String(index === at)));
      items[at].scrollIntoView({block: 'nearest'});
      input.setAttribute('aria-activedescendant', items[at].id);
    } else if (event.key === 'Enter') {
      choose((items[at] || items[0]).row);
    }
  });
}
