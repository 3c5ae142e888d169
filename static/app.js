/**
 * The page's composition root.
 *
 * Makes store and link, mounts every part on its element, turns verbs into changes of the store, and draws
 * once per frame. The only file that knows every part.
 */
import { Announcer } from './parts/announcer.js';
import { Banner } from './parts/notices.js';
import { Bottom } from './parts/bottom.js';
import { ConnectionCount, WhoPanel } from './parts/connections.js';
import { Details, Panel } from './parts/details.js';
import { Dialog, Help } from './parts/dialog.js';
import { Export } from './parts/export.js';
import { Feed } from './parts/feed.js';
import { FilterField } from './parts/filter.js';
import { Empty, FirstRun } from './parts/first-run.js';
import { Histogram } from './parts/histogram.js';
import { Keyboard } from './parts/keyboard.js';
import { Ledger, ProofButton } from './parts/report.js';
import { LevelChips } from './parts/levels.js';
import { ask, hear } from './ui/dom.js';
import { roving } from './ui/roving.js';
import { Publish } from './parts/publish.js';
import { Look, leftAs, Settings } from './parts/settings.js';
import { PauseButton, StateBar, StatePill, TabTitle } from './parts/header.js';
import { Steps } from './address.js';
import { Store } from './store.js';
import { TopicList } from './parts/topics.js';
import { verbs } from './actions/reading.js';
import { Link } from './stream/link.js';
import { words } from './text/words.js';

/** Above reading speed every frame is a waste: messages per second, and frames per batch. */
const FAST = 200;
const FAST_FRAMES = 3;
/** Ages and count-downs are drawn this often (ms). */
const TICK = 500;
/** A scan gives the page back this often (ms); later as long as there is not one screen full of rows to look at. */
const SLICE = 8;
const FIRST_SLICE = 24;
const SCREEN = 50;

/** What the server wrote into the page. */
const given = document.body.dataset;
const version = given.version ?? '';

/** @template {HTMLElement} T @param {string} role @returns {T} */
const part = (role) => /** @type {T} */ (document.querySelector(`[data-role="${role}"]`));

const store = new Store(changed, leftAs(), Number(given.heartbeatSeconds) * 1000);
/** @type {HTMLElement[]} */
const parts = [];
/** @type {Set<string>} */
const news = new Set();
let frame = 0;
/** A batch has come, and the next one has not been asked for. */
let isOwing = false;
/** That is left to a later frame. */
let isWaiting = false;

/** As if a part had asked for it. @param {string} verb @param {unknown} [detail] @returns {void} */
const act = (verb, detail) => ask(part('page'), verb, detail);

/** @param {string} noun */
function changed(noun) {
  news.add(noun);
  if (document.hidden) {
    // No frame will come, and the title is read all the same.
    store.scan(() => false);
    say('tick', [part('page')]);
  } else if (frame === 0) frame = requestAnimationFrame(draw);
}

/** @param {string} noun @param {HTMLElement[]} [to] @param {unknown} [detail] */
function say(noun, to = parts, detail) {
  for (const el of to) {
    try {
      el.dispatchEvent(new CustomEvent(noun, { detail }));
    } catch (error) {
      failed(error);
    }
  }
}

function draw() {
  frame = 0;
  try {
    if (store.scanning) scan();
    const nouns = [...news];
    news.clear();
    for (const noun of nouns) say(noun);
  } catch (error) {
    failed(error);
  }
  if (isOwing && !isWaiting) askForMore(store.rate(Date.now()).perSecond > FAST ? FAST_FRAMES : 1);
}

/** When this frame, or the next but one, is on the screen. @param {number} frames */
function askForMore(frames) {
  isWaiting = frames > 1;
  if (isWaiting) requestAnimationFrame(() => askForMore(frames - 1));
  else more();
}

/** Whatever went wrong, and whether or not there are frames: a tab that does not ask gets nothing more. */
function more() {
  isWaiting = false;
  if (isOwing) link.more();
  isOwing = false;
}

function scan() {
  const end = performance.now() + (store.matching.size < SCREEN ? FIRST_SLICE : SLICE);
  store.scan(() => performance.now() > end);
  changed('messages');
}

const link = new Link({
  version,
  heartbeat: store.heartbeat,
  hear(noun, value) {
    try {
      store.hear(noun, value, Date.now());
    } catch (error) {
      failed(error);
    }
    if (noun !== 'batch') return;
    isOwing = true;
    // A hidden page draws nothing and asks at once; the worker's own clock paces it.
    if (document.hidden) more();
    else changed('messages');
  },
});

/** @param {unknown} error */
function failed(error) {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say('failure', [part('notices')], `${details}\n${navigator.userAgent}\nEyewall ${version}`);
}
addEventListener('error', (event) => failed(event.error ?? event.message));
addEventListener('unhandledrejection', (event) => failed(event.reason));

for (const [verb, answer] of Object.entries(verbs({ store, say, part, act, link: () => link }))) {
  document.addEventListener(verb, (event) =>
    answer(/** @type {CustomEvent} */ (event).detail, /** @type {HTMLElement} */ (event.target)),
  );
}

/** @param {string} role @param {(el: any) => void} mount */
function mount(role, mount) {
  const el = part(role);
  try {
    mount(el);
    parts.push(el);
  } catch (error) {
    failed(error);
  }
}

mount('notices', (el) => Banner(el, store, version));
mount('state', (el) => StatePill(el, store));
mount('bars', (el) => StateBar(el, store));
mount('connection-count', (el) => ConnectionCount(el, store));
mount('proof', (el) => ProofButton(el, store));
mount('pause', (el) => PauseButton(el, store));
for (const role of ['tools', 'steps']) mount(role, (el) => roving(el));
mount('topics', (el) => TopicList(el, store));
mount('filter-field', (el) => FilterField(el, store));
mount('levels', (el) => LevelChips(el, store));
mount('histogram', (el) => Histogram(el, store));
mount('empty', (el) => Empty(el, store));
mount('first', (el) => FirstRun(el, store));
mount('panel', (el) => Panel(el, store));
mount('who', (el) => WhoPanel(el, store));
mount('details', (el) => Details(el, store));
mount('messages', (el) => Feed(el, store));
mount('bottom', (el) => Bottom(el, store));
mount('publish', (el) =>
  Publish(el, { topics: () => store.topics.names(), maxBytes: Number(given.maxMessageBytes) }),
);
mount('announcer', (el) => Announcer(el, store));
for (const name of /** @type {const} */ (['help', 'settings', 'ledger', 'export'])) {
  mount(`dialog-${name}`, (el) => Dialog(el, words.dialogs[name]));
}
mount('help', (el) => Help(el));
mount('settings', (el) => Settings(el, store));
mount('ledger', (el) => Ledger(el, store));
mount('export', (el) => Export(el, store));
mount('page', (el) => {
  TabTitle(el, store, given.title ?? 'Eyewall');
  Keyboard(el, store);
  Look(el, store);
  Steps(el, store);
  hear(el, 'asleep', () => act('load-asleep'));
});
for (const button of document.querySelectorAll('[data-verb]')) {
  const { verb = '', detail } = /** @type {HTMLElement} */ (button).dataset;
  button.addEventListener('click', () => ask(button, verb, detail));
}

setInterval(() => changed('tick'), TICK);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    // No frame will come for what waits to be drawn.
    more();
    return store.lookedAway();
  }
  if (store.view.mode === 'following') store.looked();
  for (const noun of ['messages', 'view', 'link']) changed(noun);
});
for (const sign of ['keydown', 'pointerdown']) addEventListener(sign, () => link.nudge(), { passive: true });

/** For the tests, and for whoever wants to look. */
Object.assign(globalThis, { eyewall: { store, counters: store.counters } });
