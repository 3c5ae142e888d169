import assert from 'node:assert/strict';
import { test } from 'node:test';
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
