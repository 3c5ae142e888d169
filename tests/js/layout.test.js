import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../static', import.meta.url));
const FILES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));

/** What the files of a folder may import, besides each other. Files of the top folder go by their own names. */
const ARROWS = /** @type {Record<string, string[]>} */ ({
  format: [],
  messages: ['format'],
  query: ['messages', 'format'],
  stream: ['messages', 'format'],
  text: ['messages', 'format'],
  ui: ['format', 'text'],
  'settings.js': [],
  'store.js': ['query', 'messages', 'stream', 'format'],
  actions: ['store.js', 'settings.js', 'query', 'messages', 'stream', 'format', 'text', 'ui'],
  'address.js': ['actions', 'query', 'ui'],
  parts: ['actions', 'settings.js', 'query', 'messages', 'stream', 'format', 'text', 'ui'],
  lazy: ['parts', 'actions', 'settings.js', 'query', 'messages', 'stream', 'format', 'text', 'ui'],
  'app.js': ['address.js', 'lazy', 'parts', 'actions', 'settings.js', 'store.js', 'stream', 'text', 'ui'],
  'theme.js': [],
});
/** Parts do not know each other, but for the pieces of one. */
const PIECES = { 'parts/feed.js': ['parts/row.js'], 'parts/state-bar.js': ['parts/header.js'] };

/** @param {string} name of a file @returns {string} */
const place = (name) => name.split('/')[0] ?? '';

/** What a file may not import. @param {string} name @param {string} text @returns {string[]} */
function broken(name, text) {
  const found = [...text.matchAll(/^import .*?from '([^']+)'|import\('(\.[^']+)'\);/gms)].filter(
    (match) => !/^\s*(\*|\/\*\*)/.test(match[0]),
  );
  const imports = found.map((match) => relative(ROOT, join(ROOT, dirname(name), match[1] ?? match[2] ?? '')));
  return imports.filter((other) => {
    if (place(name) === 'parts' && place(other) === 'parts') {
      return !(/** @type {Record<string, string[]>} */ (PIECES)[name]?.includes(other));
    }
    return place(other) !== place(name) && !ARROWS[place(name)]?.includes(place(other));
  });
}

test('imports run downwards only', () => {
  const all = FILES.flatMap((name) =>
    broken(name, readFileSync(join(ROOT, name), 'utf8')).map((other) => `${name} imports ${other}`),
  );
  assert.deepEqual(all, []);
});

test('an arrow that points up is seen', () => {
  for (const [name, line] of /** @type {const} */ ([
    ['messages/ring.js', "import { parse } from '../query/filter.js';"],
    ['store.js', "import {\n  h,\n} from './ui/dom.js';"],
    ['actions/rows.js', "import { Feed } from '../parts/feed.js';"],
    ['parts/details.js', "import { makeRow } from './row.js';"],
    ['text/en.js', "import { h } from '../ui/dom.js';"],
    ['stream/link.js', "  const { attach } = await import('../app.js');"],
  ])) {
    assert.equal(broken(name, line).length, 1, line);
  }
  assert.deepEqual(broken('parts/feed.js', "import { makeRow } from './row.js';"), []);
});

test('only the store changes the state of the page', () => {
  const changes = /\bstore\.[\w.]+(\[[^\]]*\])? (\+|-|\?\?|\|\|)?= |Object\.assign\(store|\bpast\.\w+ = /;
  const found = FILES.filter((name) => name !== 'store.js').flatMap((name) =>
    readFileSync(join(ROOT, name), 'utf8')
      .split('\n')
      .filter((line) => changes.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  );
  assert.deepEqual(found, []);
});

test('the clock is read by the stream and by the store alone', () => {
  const found = FILES.filter((name) => place(name) !== 'stream' && name !== 'store.js').filter((name) =>
    /Date\.now\(/.test(readFileSync(join(ROOT, name), 'utf8')),
  );
  assert.deepEqual(found, []);
});

test('no two files of a bundle share a top-level name, as they share a scope', () => {
  for (const entry of ['app.js', 'lazy/dialogs.js', 'stream/worker.js', 'stream/matcher.js']) {
    /** @type {Map<string, string>} */
    const owners = new Map();
    const unread = [entry];
    const seen = new Set(unread);
    for (const name of unread) {
      const text = readFileSync(join(ROOT, name), 'utf8');
      for (const [, each = ''] of text.matchAll(
        /^(?:export )?(?:async )?(?:const|let|class|function) (\w+)/gm,
      )) {
        assert.equal(owners.get(each), undefined, `${name}: ${each}`);
        owners.set(each, name);
      }
      for (const [, other = ''] of text.matchAll(/^import .*? from '([^']+)'/gms)) {
        const path = relative(ROOT, join(ROOT, dirname(name), other));
        if (!seen.has(path)) unread.push(path);
        seen.add(path);
      }
    }
  }
});

/** Functions that are longer, by their indentation. @param {string} text @param {number} most lines */
function longFunctions(text, most) {
  const lines = text.split('\n');
  const begins =
    /^(\s*)(?:export )?(?:async )?(?:function (\w+)|(?:get |set |static |async )*(?!if|for|while|switch)(#?\w+)\([^)]*\) \{$|const (\w+) = (?:async )?\(.*\) => \{$)/;
  return lines.flatMap((line, i) => {
    const found = begins.exec(line);
    if (!found) return [];
    const end = lines.findIndex((each, j) => j > i && each.startsWith(`${found[1]}}`));
    return end - i + 1 > most ? [found[2] ?? found[3] ?? found[4] ?? ''] : [];
  });
}

test('no function is longer than 60 lines', () => {
  const found = FILES.flatMap((name) =>
    longFunctions(readFileSync(join(ROOT, name), 'utf8'), 60).map((each) => `${name}: ${each}`),
  );
  assert.deepEqual(found, []);
  assert.deepEqual(longFunctions('function f() {\n  g();\n}\n', 2), ['f']);
});
