import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clearFilter,
  leastLevel,
  narrow,
  onlyTopic,
  setFilter,
  showLevels,
  toggleLevel,
} from '../../static/actions/filtering.js';
import {
  back,
  backToLive,
  loadAsleep,
  loadMore,
  searchHistory,
  showAround,
  showOlder,
} from '../../static/actions/history.js';
import { follow, startReading, togglePause } from '../../static/actions/reading.js';
import { stepError, stepRow } from '../../static/actions/rows.js';
import { parse } from '../../static/query/filter.js';
import { Ledger } from '../../static/stream/continuity.js';
import { open, raw, serve, toasts, until } from './page.js';

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

test('a filter that is set beside a message keeps its place, and stays', async () => {
  serve(Array.from({ length: 300 }, (_, n) => raw(n + 1)));
  const { page, store, arrive, revealed } = open();
  arrive(raw(300));
  for (const isSearching of [false, true]) {
    if (isSearching) searchHistory(page);
    await until(() => !store.past?.isLoading);
    showAround(page, '7-150');
    await until(() => !store.past?.isLoading);
    setFilter(page, '"line 15"');
    await until(() => !store.past?.isLoading);
    assert.deepEqual([store.past?.kind, store.past?.at, store.roll.shown], ['around', '7-150', 10]);
    assert.equal(/** @type {any} */ (store.ring.get(revealed.at(-1) ?? 0)).id, '7-150');
    setFilter(page, '"line 149"');
    await until(() => !store.past?.isLoading);
    assert.deepEqual([store.past?.at, store.roll.shown, store.view.selected], ['7-150', 1, null]);
    while (store.past) back(page);
    assert.equal(store.selection.filter.text, '"line 149"');
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
    [store.live.counts.all, store.live.counts.matched].map((counts) =>
      counts.reduce((sum, many) => sum + many, 0),
    );
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

test('the first step of a reader is the first row in sight; of a follower, the newest', () => {
  for (const by of /** @type {const} */ ([1, -1])) {
    const { page, store, arrive } = open();
    arrive(...Array.from({ length: 30 }, (_, n) => raw(n + 1)));
    startReading(page);
    page.feed.firstSeen = store.matching.lo + 11;
    stepRow(page, by);
    assert.equal(store.live.beside((store.view.selected ?? 0) + 1, -1)?.id, '7-12');
  }
  const { page, store, arrive } = open();
  arrive(raw(1), raw(2));
  stepRow(page, -1);
  assert.equal(store.view.selected, store.live.find('7-2'));
});

test('where there is no error to step to, a word says so', () => {
  const { page, store, arrive } = open();
  arrive(raw(1), raw(2, { level: 'error' }), raw(3));
  store.setView({ selected: store.live.find('7-1') });
  stepError(page, -1);
  assert.equal(toasts.textContent, 'No error before this one');
  stepError(page, 1);
  assert.equal(store.view.selected, store.live.find('7-2'));
  stepError(page, 1);
  assert.equal(toasts.textContent, 'No error after this one');
});

test('a level stands for those above it; once more for all', () => {
  const { page, store } = open();
  leastLevel(page, 3);
  assert.deepEqual(store.selection.levels, [false, false, false, true, true]);
  leastLevel(page, 3);
  assert.deepEqual(store.selection.levels, [true, true, true, true, true]);
  toggleLevel(page, 1);
  assert.deepEqual(store.selection.levels, [true, false, true, true, true]);
});
