import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../../static/query/filter.js';
import { Ledger } from '../../static/stream/continuity.js';
import { open, raw, serve, until } from './page.js';

test('to resume is to see what is live, also out of a look back', async () => {
  serve([raw(1)]);
  for (const verb of ['toggle-pause', 'resume']) {
    const { store, act, arrive } = open();
    arrive(raw(1));
    act('show-around', '7-1');
    await until(() => !store.past?.isLoading);
    act('toggle-pause');
    assert.deepEqual([store.view.mode, store.past?.kind], ['paused', 'around']);
    act(verb);
    assert.deepEqual([store.view.mode, store.past], ['following', null]);
  }
});

test('who has paused comes back from a look back to a page that is paused', async () => {
  serve([raw(1)]);
  const { store, act, arrive } = open();
  arrive(raw(1));
  act('show-around', '7-1');
  await until(() => !store.past?.isLoading);
  act('toggle-pause');
  act('back');
  assert.deepEqual([store.view.mode, store.past], ['paused', null]);
  act('show-around', '7-1');
  await until(() => !store.past?.isLoading);
  act('back-to-live');
  assert.equal(store.view.mode, 'paused');
  act('resume');
  assert.equal(store.view.mode, 'following');
});

test('what a tab slept through and the server no longer keeps is missing, also when its row has gone', async () => {
  const gap = { after: '7-1', before: '7-11', missing: 9, reason: 'expired' };
  serve(
    Array.from({ length: 20 }, (_, n) => raw(n + 11)),
    { gap },
  );
  const { store, act, arrive } = open();
  arrive(raw(1), { mark: 'asleep', at: Date.now(), missing: 19 }, raw(21));
  store.hear('ledger', new Ledger(0).proof, Date.now());
  assert.deepEqual([store.live.lacking('asleep'), store.account?.missing], [19, 0]);
  act('load-asleep');
  await until(() => store.live.held === 12);
  assert.deepEqual([store.live.lacking('asleep'), store.account?.missing], [0, 9]);
  store.live.resize(5);
  assert.deepEqual([store.live.marks, store.account?.missing], [0, 9]);
});

test('what a search by a regular expression does not find takes no place in it', async () => {
  serve(Array.from({ length: 30_000 }, (_, n) => raw(n + 1, { message: n < 10 ? `needle ${n}` : 'hay' })));
  const { store, act, arrive } = open();
  arrive(raw(30_000));
  act('narrow', { filter: parse('/needle/') });
  act('search-history');
  await until(() => !store.past?.isLoading);
  while (store.past?.older) {
    act('more-history');
    await until(() => !store.past?.isLoading);
  }
  assert.deepEqual([store.roll.held, store.roll.shown], [10, 10]);
});

test('a filter that is set in a look back searches what the server keeps, and stays', async () => {
  serve(Array.from({ length: 300 }, (_, n) => raw(n + 1)));
  const { store, act, arrive } = open();
  arrive(raw(300));
  for (const outer of [[], ['search-history']]) {
    for (const verb of outer) act(verb);
    await until(() => !store.past?.isLoading);
    act('show-around', '7-150');
    await until(() => !store.past?.isLoading);
    act('filter', '"line 7"');
    await until(() => !store.past?.isLoading);
    assert.deepEqual([store.past?.kind, store.roll.shown], ['search', 11]);
    act('back');
    assert.deepEqual([store.past, store.selection.filter.text], [null, '"line 7"']);
    act('filter', '');
  }
});

test('a choice that changes nothing leaves a look back, and what is filtered behind it', async () => {
  serve(Array.from({ length: 300 }, (_, n) => raw(n + 1)));
  const { store, act, arrive } = open();
  arrive(raw(300));
  act('filter', '"line 7"');
  act('show-around', '7-150');
  await until(() => !store.past?.isLoading);
  const { past } = store;
  act('filter', '"open');
  assert.notEqual(store.selection.error, null);
  for (const [verb, detail] of [['filter', ''], ['show-levels'], ['only-topic', null], ['clear-filter']]) {
    act(String(verb), detail);
    assert.deepEqual([store.past === past, store.past?.kind, store.selection.error], [true, 'around', null]);
  }
  act('back-to-live');
  assert.equal(store.selection.filter.text, '"line 7"');
});

test('messages that left the memory and come back are counted once', async () => {
  serve(Array.from({ length: 40 }, (_, n) => raw(n + 1)));
  const { store, act, arrive } = open();
  arrive(...Array.from({ length: 30 }, (_, n) => raw(n + 11)));
  const counted = () =>
    [store.counts.all, store.counts.matched].map((counts) => counts.reduce((sum, many) => sum + many, 0));
  assert.deepEqual(counted(), [30, 30]);
  store.live.resize(10);
  store.live.resize(5000);
  act('show-older');
  await until(() => store.live.held === 40);
  store.scan(() => false);
  assert.deepEqual(counted(), [40, 40]);
});

test('up from no row at all fetches none and goes on with what is live', async () => {
  serve(Array.from({ length: 40 }, (_, n) => raw(n + 1)));
  const { store, act, arrive } = open();
  arrive(...Array.from({ length: 30 }, (_, n) => raw(n + 11)));
  const seen = () => [store.view.mode, store.past, store.live.oldest?.id];
  act('filter', 'nothing like it');
  act('step', -1);
  assert.deepEqual(seen(), ['following', null, '7-11']);
  store.scan(() => false);
  act('step', -1);
  assert.deepEqual(seen(), ['following', null, '7-11']);
  act('filter', '"line 11"');
  store.scan(() => false);
  for (const by of [-1, -1]) act('step', by);
  await until(() => store.live.oldest?.id === '7-1');
});
