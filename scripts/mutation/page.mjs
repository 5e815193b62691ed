// The faults that can be planted in the page's scripts, by the same rules as those of operators.py.
//   node scripts/mutation/page.mjs FILE...    a JSON list of {path, scope, line, operator, change, start, end, text}
import {readFileSync} from 'node:fs';
import process from 'node:process';
import {parse} from 'acorn';

const COMPARISONS = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
};
const ARITHMETIC = {'+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '&': '|', '|': '&'};
const PAIRS = {every: 'some', some: 'every', min: 'max', max: 'min', floor: 'ceil', ceil: 'floor'};
const CODE = /^[a-z][a-z0-9_]*$/;

function variantsOf(node, parent, source) {
  const text = one => source.slice(one.start, one.end);
  const found = [];
  const put = (operator, other) => found.push([operator, other]);
  if (node.type === 'BinaryExpression') {
    const [left, right] = [text(node.left), text(node.right)];
    for (const op of COMPARISONS[node.operator] || []) {
      const near = [node.operator, op].every(one => one.startsWith(node.operator[0]));
      put(near && node.operator.length < 3 ? 'boundary' : 'comparison', `${left} ${op} ${right}`);
    }
    const speaks = [node.left, node.right].some(
      one => one.type === 'TemplateLiteral' || typeof one.value === 'string',
    );
    if (ARITHMETIC[node.operator] && !speaks) {
      put('arithmetic', `${left} ${ARITHMETIC[node.operator]} (${right})`);
    }
  }
  if (node.type === 'LogicalExpression') {
    const [left, right] = [text(node.left), text(node.right)];
    if (node.operator !== '??') {
      put('and/or', `(${left}) ${node.operator === '&&' ? '||' : '&&'} (${right})`);
    }
    put('condition dropped', `(${left})`);
    put('condition dropped', `(${right})`);
  }
  if (node.type === 'UnaryExpression' && '!-'.includes(node.operator)) {
    put(node.operator === '!' ? 'not' : 'sign', `(${text(node.argument)})`);
  }
  if (node.type === 'Literal') {
    if (typeof node.value === 'boolean') {
      put('constant', String(!node.value));
    } else if (typeof node.value === 'number') {
      put('constant', Number.isInteger(node.value) ? `${node.value + 1}` : `${node.value * 2}`);
    } else if (typeof node.value === 'string' && CODE.test(node.value)) {
      if (['BinaryExpression', 'ReturnStatement', 'ArrayExpression'].includes(parent.type)) {
        put('text', `'${node.value}_'`);
      }
    }
  }
  if (node.type === 'CallExpression') {
    const name = node.callee.type === 'MemberExpression' ? node.callee.property : node.callee;
    if (PAIRS[name.name] && node.callee.type === 'MemberExpression') {
      const start = source.slice(node.start, name.start);
      put('any/all, min/max', start + PAIRS[name.name] + source.slice(name.end, node.end));
    }
    const [a, b] = node.arguments;
    const plain = node.arguments.every(one => !['SpreadElement', 'Literal'].includes(one.type));
    if (b && plain && text(a) !== text(b) && !PAIRS[name.name]) {
      const between = source.slice(a.end, b.start);
      const rest = source.slice(b.end, node.end);
      put(
        'swapped arguments',
        source.slice(node.start, a.start) + text(b) + between + text(a) + rest,
      );
    }
  }
  const judged = node.test && ['BinaryExpression', 'LogicalExpression', 'UnaryExpression'];
  if (node.type === 'ConditionalExpression' && !judged.includes(node.test.type)) {
    put(
      'swapped branches',
      `${text(node.test)} ? ${text(node.alternate)} : ${text(node.consequent)}`,
    );
  }
  if (node.type === 'IfStatement' && !judged.includes(node.test.type)) {
    put(
      'not',
      source.slice(node.start, node.test.start) +
        `!(${text(node.test)})` +
        source.slice(node.test.end, node.end),
    );
  }
  if (node.type === 'ReturnStatement' && node.argument && node.argument.type !== 'Literal') {
    put('returned constant', 'return null;');
  }
  const steps = ['ContinueStatement', 'BreakStatement', 'ThrowStatement'].includes(node.type);
  const does =
    node.type === 'ExpressionStatement' &&
    ['CallExpression', 'AssignmentExpression'].includes(node.expression.type);
  if (steps || does) {
    put('removed statement', ';');
  }
  return found;
}

function* walk(node, parent, scope) {
  if (node.type === 'ImportDeclaration' || node.type === 'TemplateLiteral') {
    return;
  }
  yield [node, parent, scope];
  const own = node.id?.name || (node.type === 'MethodDefinition' ? node.key.name : null);
  const named = own && /Function|Class|Method/.test(node.type);
  const inner = named ? [...scope, own] : scope;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === 'string') {
        // what is thrown is text for people
        if (node.type !== 'ThrowStatement') {
          yield* walk(child, node, inner);
        }
      }
    }
  }
}

const short = text => {
  const line = text.split(/\s+/).join(' ').trim();
  return line.length <= 90 ? line : `${line.slice(0, 60)} ... ${line.slice(-25)}`;
};
const all = [];
for (const path of process.argv.slice(2)) {
  const source = readFileSync(path, 'utf-8');
  const tree = parse(source, {ecmaVersion: 'latest', sourceType: 'module', locations: true});
  for (const [node, parent, scope] of walk(tree, tree, [])) {
    for (const [operator, text] of variantsOf(node, parent, source)) {
      const change = `${short(source.slice(node.start, node.end))} -> ${short(text)}`;
      const {start, end} = node;
      const line = node.loc.start.line;
      all.push({path, scope: scope.join('.'), line, operator, change, start, end, text});
    }
  }
}
process.stdout.write(JSON.stringify(all));
