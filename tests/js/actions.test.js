import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearFilter, narrow, onlyTopic, setFilter, showLevels } from '../../static/actions/filtering.js';
import {
  back,
  backToLive,
  loadAsleep,
  loadMore,
  searchHistory,
  showAround,
  showOlder,
} from '../../static/actions/history.js';
import { follow, togglePause } from '../../static/actions/reading.js';
import { stepRow } from '../../static/actions/rows.js';
import { parse } from '../../static/query/filter.js';
import { Ledger } from '../../static/stream/continuity.js';
import { open, raw, serve, until } from './page.js';

test('to resume is to see what is live, also out of a look back', async () => {
  serve([raw(1)]);
  for (const resume of [togglePause, follow]) {
    const { page, store, arrive } = open();
    arrive(raw(1));
    showAround(page, '7-1');
    await until(() => !store.past?.isLoading);
    togglePause(page);
    assert.deepEqual([store.view.mode, store.past?.kind], ['paused', 'around']);
    resume(page);
    assert.deepEqual([store.view.mode, store.past], ['following', null]);
  }
});

test('who has paused comes back from a look back to a page that is paused', async () => {
  serve([raw(1)]);
  const { page, store, arrive } = open();
  arrive(raw(1));
  showAround(page, '7-1');
  await until(() => !store.past?.isLoading);
  togglePause(page);
  back(page);
  assert.deepEqual([store.view.mode, store.past], ['paused', null]);
  showAround(page, '7-1');
  await until(() => !store.past?.isLoading);
  backToLive(page);
  assert.equal(store.view.mode, 'paused');
  follow(page);
  assert.equal(store.view.mode, 'following');
});

test('what a tab slept through and the server no longer keeps is missing, also when its row has gone', async () => {
  const gap = { after: '7-1', before: '7-11', missing: 9, reason: 'expired' };
  serve(
    Array.from({ length: 20 }, (_, n) => raw(n + 11)),
    { gap },
  );
  const { page, store, arrive } = open();
  arrive(raw(1), { mark: 'asleep', at: Date.now(), missing: 19 }, raw(21));
  store.receive('ledger', new Ledger(0).proof);
  assert.deepEqual([store.live.lacking('asleep'), store.account?.missing], [19, 0]);
  loadAsleep(page);
  await until(() => store.live.held === 12);
  assert.deepEqual([store.live.lacking('asleep'), store.account?.missing], [0, 9]);
  store.live.resize(5);
  assert.deepEqual([store.live.marks, store.account?.missing], [0, 9]);
});

test('what a search by a regular expression does not find takes no place in it', async () => {
  serve(Array.from({ length: 30_000 }, (_, n) => raw(n + 1, { message: n < 10 ? `needle ${n}` : 'hay' })));
  const { page, store, arrive } = open();
  arrive(raw(30_000));
  narrow(page, { filter: parse('/needle/') });
  searchHistory(page);
  await until(() => !store.past?.isLoading);
  while (store.past?.older) {
    loadMore(page);
    await until(() => !store.past?.isLoading);
  }
  assert.deepEqual([store.roll.held, store.roll.shown], [10, 10]);
});

test('a filter that is set in a look back searches what the server keeps, and stays', async () => {
  serve(Array.from({ length: 300 }, (_, n) => raw(n + 1)));
  const { page, store, arrive } = open();
  arrive(raw(300));
  for (const isSearching of [false, true]) {
    if (isSearching) searchHistory(page);
    await until(() => !store.past?.isLoading);
    showAround(page, '7-150');
    await until(() => !store.past?.isLoading);
    setFilter(page, '"line 7"');
    await until(() => !store.past?.isLoading);
    assert.deepEqual([store.past?.kind, store.roll.shown], ['search', 11]);
    back(page);
    assert.deepEqual([store.past, store.selection.filter.text], [null, '"line 7"']);
    setFilter(page, '');
  }
});

test('a choice that changes nothing leaves a look back, and what is filtered behind it', async () => {
  serve(Array.from({ length: 300 }, (_, n) => raw(n + 1)));
  const { page, store, arrive } = open();
  arrive(raw(300));
  setFilter(page, '"line 7"');
  showAround(page, '7-150');
  await until(() => !store.past?.isLoading);
  const { past } = store;
  setFilter(page, '"open');
  assert.notEqual(store.selection.error, null);
  const changes = [() => setFilter(page, ''), showLevels, () => onlyTopic(page, null), clearFilter];
  for (const change of changes) {
    change(page);
    assert.deepEqual([store.past === past, store.past?.kind, store.selection.error], [true, 'around', null]);
  }
  backToLive(page);
  assert.equal(store.selection.filter.text, '"line 7"');
});

test('messages that left the memory and come back are counted once', async () => {
  serve(Array.from({ length: 40 }, (_, n) => raw(n + 1)));
  const { page, store, arrive } = open();
  arrive(...Array.from({ length: 30 }, (_, n) => raw(n + 11)));
  const counted = () =>
    [store.counts.all, store.counts.matched].map((counts) => counts.reduce((sum, many) => sum + many, 0));
  assert.deepEqual(counted(), [30, 30]);
  store.live.resize(10);
  store.live.resize(5000);
  showOlder(page);
  await until(() => store.live.held === 40);
  store.scan(() => false);
  assert.deepEqual(counted(), [40, 40]);
});

test('up from no row at all fetches none and goes on with what is live', async () => {
  serve(Array.from({ length: 40 }, (_, n) => raw(n + 1)));
  const { page, store, arrive } = open();
  arrive(...Array.from({ length: 30 }, (_, n) => raw(n + 11)));
  const seen = () => [store.view.mode, store.past, store.live.oldest?.id];
  setFilter(page, 'nothing like it');
  stepRow(page, -1);
  assert.deepEqual(seen(), ['following', null, '7-11']);
  store.scan(() => false);
  stepRow(page, -1);
  assert.deepEqual(seen(), ['following', null, '7-11']);
  setFilter(page, '"line 11"');
  store.scan(() => false);
  for (let n = 0; n < 2; n++) stepRow(page, -1);
  await until(() => store.live.oldest?.id === '7-1');
});
