// The popup of a resource: what is known of it, the rules that speak of its class and kind, and the way to its line in the table.
const RULES_TOLD = 3, EFFECT_WORDS = {prohibited: '禁止', permit: '须专项审批', notify: '须征求意见'};

ROW_EN.管控规则 = 'Rules in force';

// Rules in force on the day of the data whose words were seen, the gravest first; kinds that are unknown keep all rules.
function rulesOf(page, feature) {
  const {rules, data_date: day} = page.data.check;
  const speaks = rule => rule.resource_class === feature.cls && rule.verified && inForce(rule, day) &&
    (!rule.resource_kind.length || !feature.rk || rule.resource_kind.includes(feature.rk));
  return rules.filter(speaks).sort((a, b) => EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect) || a.rule_id.localeCompare(b.rule_id));
}

function rulesText(page, feature) {
  const found = rulesOf(page, feature);
  if (!found.length) return '没有条文可作判定依据，须核实';
  const words = found.map(rule => `《${rule.law}》${rule.article ? `第${rule.article}条` : ''}：${EFFECT_WORDS[rule.effect]}${rule.required_m ? `，${rule.required_m} 米` : ''}`);
  const unlike = [...new Set(words)], more = unlike.length - RULES_TOLD;
  return unlike.slice(0, RULES_TOLD).join('\n') + (more > 0 ? `\n另有 ${more} 条，随分区和项目类型而定` : '');
}

function tableLink(page, feature) {
  const link = make('button', {type: 'button', class: 'sx-to-table'}, say('在记录表中查看', 'Show in the table of records'));
  link.addEventListener('click', () => page.inTable(feature.id));
  return link;
}

function recordCard(page, feature, cls) {
  const rows = [...feature.rows], source = rows.findIndex(([label]) => label === '来源');
  rows.splice(source < 0 ? rows.length : source, 0, ['管控规则', rulesText(page, feature)]);
  const box = card({...feature, rows}, [cls.zh, page.data.meta.memberships[feature.member] || feature.member], cls.colour);
  box.append(tableLink(page, feature));
  translate(box);
  return box;
}

// Open the table of records at one of them; a class too large for one table page is shown from its beginning.
function openTable(id) {
  const list = document.getElementById('sx-records');
  if (!list) return;
  document.getElementById('sx-fold').setAttribute('aria-expanded', 'true');
  list.open = true;
  list.dispatchEvent(new Event('toggle'));
  const row = list.querySelector(`[data-feature="${CSS.escape(id)}"]`), at = row || list.querySelector('summary');
  for (const old of list.querySelectorAll('.sx-found-row')) old.classList.remove('sx-found-row');
  if (row) row.closest('tr').classList.add('sx-found-row');
  at.scrollIntoView({block: 'center'});
  at.focus({preventScroll: true});
}
