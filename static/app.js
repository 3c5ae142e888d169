/**
 * The page's composition root.
 *
 * Makes store and link, mounts every part on its element, and draws once per frame. The only file that knows every
 * part.
 */
import { setFilter } from './actions/filtering.js';
import { backToLive, loadAsleep, searchHistory, showAround } from './actions/history.js';
import { showMessage } from './actions/rows.js';
import { Address } from './address.js';
import { Announcer } from './parts/announcer.js';
import { Bottom } from './parts/bottom.js';
import { ConnectionCount, ConnectionsPanel } from './parts/connections.js';
import { Details } from './parts/details.js';
import { Dialog } from './parts/dialog.js';
import { Empty } from './parts/empty.js';
import { Feed } from './parts/feed.js';
import { FilterField } from './parts/filter.js';
import { FirstRun } from './parts/first-run.js';
import { StatePill, TabTitle, Tools, TopicsButton } from './parts/header.js';
import { Histogram } from './parts/histogram.js';
import { Keyboard } from './parts/keyboard.js';
import { LevelChips } from './parts/levels.js';
import { Look } from './parts/look.js';
import { Mode } from './parts/mode.js';
import { Notices } from './parts/notices.js';
import { Panel } from './parts/panel.js';
import { Print } from './parts/print.js';
import { Publish } from './parts/publish.js';
import { Ledger, ProofButton } from './parts/report.js';
import { RowActions } from './parts/row-actions.js';
import { StateBar } from './parts/state-bar.js';
import { Toolbar } from './parts/toolbar.js';
import { TopicList } from './parts/topics.js';
import { loadSettings } from './settings.js';
import { Store } from './store.js';
import { Link } from './stream/link.js';
import { words } from './text/en.js';
import { hear, part } from './ui/dom.js';
import { roving } from './ui/roving.js';

/** Above reading speed every frame is a waste: messages per second, and frames per batch. */
const FAST = 200;
const FAST_FRAMES = 3;
/** Ages and count-downs are drawn this often (ms). */
const TICK = 500;
/** A scan gives the page back this often (ms); later as long as there is not one screen full of rows to look at. */
const SLICE = 8;
const FIRST_SLICE = 24;
const SCREEN = 50;
/** Dialogs that were not opened are loaded after this long (ms). */
const DIALOGS_AFTER = 3_000;

/** What the server wrote into the page. */
const given = document.body.dataset;
const version = given.version ?? '';

const store = new Store(changed, loadSettings(), Number(given.heartbeatSeconds) * 1000);
/** Elements of the parts: each hears every noun. @type {HTMLElement[]} */
const parts = [];
/** @type {Set<import('./store.js').Noun>} */
const news = new Set();
let frame = 0;
/** A batch was received; it is acknowledged after drawing. */
let isAckPending = false;
/** That is deferred to a later frame. */
let isAckDeferred = false;

/** @param {import('./store.js').Noun} noun */
function changed(noun) {
  news.add(noun);
  if (document.hidden) {
    // No frame will come, but title and icon are visible.
    store.scan(() => false);
    tell('tick', [part('page')]);
  } else if (frame === 0) frame = requestAnimationFrame(draw);
}

/** @param {import('./store.js').Noun} noun @param {HTMLElement[]} [to] */
function tell(noun, to = parts) {
  // An error in a listener is reported to the window and stops no other part.
  for (const el of to) el.dispatchEvent(new CustomEvent(noun));
}

function draw() {
  frame = 0;
  try {
    if (store.scanning) scan();
    const nouns = [...news];
    news.clear();
    for (const noun of nouns) tell(noun);
  } catch (error) {
    failed(error);
  }
  if (isAckPending && !isAckDeferred)
    acknowledgeAfter(store.rate(store.now()).perSecond > FAST ? FAST_FRAMES : 1);
}

/** @param {number} frames 1: the present one */
function acknowledgeAfter(frames) {
  isAckDeferred = frames > 1;
  if (isAckDeferred) requestAnimationFrame(() => acknowledgeAfter(frames - 1));
  else acknowledge();
}

/** Also after a failure: a tab that does not acknowledge gets nothing more. */
function acknowledge() {
  isAckDeferred = false;
  if (isAckPending) link.more();
  isAckPending = false;
}

function scan() {
  const end = performance.now() + (store.matching.size < SCREEN ? FIRST_SLICE : SLICE);
  store.scan(() => performance.now() > end);
  changed('messages');
}

const link = new Link({
  version,
  known: () => ({ heartbeat: store.heartbeat, cursor: store.live.newestId, heard: store.link.heard }),
  hear(noun, value) {
    try {
      store.receive(noun, value);
    } catch (error) {
      failed(error);
    }
    if (noun !== 'batch') return;
    isAckPending = true;
    // A hidden page draws nothing and acknowledges at once; the worker's timer paces it.
    if (document.hidden) acknowledge();
    else changed('messages');
  },
});
/** The dialogs that are loaded later. @type {Promise<void> | null} */
let dialogs = null;

/** @returns {Promise<void>} rejected when the server does not answer; the next call tries again */
function loadDialogs() {
  dialogs ??= import('./lazy/dialogs.js').then(({ mountDialogs }) => mountDialogs(mount, page));
  dialogs.catch(() => {
    dialogs = null;
  });
  return dialogs;
}

/** The feed is mounted below. @type {import('./actions/page.js').Page} */
const page = { store, link, feed: /** @type {any} */ (null), loadDialogs };

/** @param {unknown} error */
function failed(error) {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  store.fail(`${details}\n${navigator.userAgent}\nEyewall ${version}`);
}
addEventListener('error', (event) => failed(event.error ?? event.message));
addEventListener('unhandledrejection', (event) => failed(event.reason));

/** @param {string} role @param {(el: any) => void} start */
function mount(role, start) {
  const el = part(role);
  try {
    start(el);
    parts.push(el);
  } catch (error) {
    failed(error);
  }
}

mount('notices', (el) => Notices(el, page, version));
mount('state', (el) => StatePill(el, page));
mount('bars', (el) => StateBar(el, page));
mount('connection-count', (el) => ConnectionCount(el, page));
mount('proof', (el) => ProofButton(el, page));
roving(part('status'));
mount('tools', (el) => Tools(el, page));
mount('open-topics', (el) => TopicsButton(el, page));
mount('topics', (el) => TopicList(el, page));
mount('filter-field', (el) => FilterField(el, page));
mount('levels', (el) => LevelChips(el, page));
mount('toolbar', (el) => Toolbar(el, page));
mount('histogram', (el) => Histogram(el, page));
mount('empty', (el) => Empty(el, page));
mount('first', (el) => FirstRun(el, page));
mount('panel', (el) => Panel(el, page));
mount('who', (el) => ConnectionsPanel(el, page));
mount('details', (el) => Details(el, page));
mount('messages', (el) => {
  page.feed = Feed(el, page);
  RowActions(el, page);
});
mount('mode', (el) => Mode(el, page));
mount('bottom', (el) => Bottom(el, page));
mount('publish', (el) => Publish(el, page, Number(given.maxMessageBytes)));
mount('announcer', (el) => Announcer(el, page));
for (const name of /** @type {const} */ (['help', 'settings', 'ledger', 'export'])) {
  mount(`dialog-${name}`, (el) => Dialog(el, words.dialogs[name]));
}
mount('ledger', (el) => Ledger(el, page));
Print(page);
mount('page', (el) => {
  TabTitle(el, page, given.title ?? 'Eyewall');
  Keyboard(el, page);
  Look(el, page);
  Address(el, page);
  hear(el, 'asleep', () => loadAsleep(page));
});

part('unstarted').remove();
setInterval(() => changed('tick'), TICK);
// So that they are there when the server is not.
setTimeout(() => loadDialogs().catch(() => {}), DIALOGS_AFTER);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    // No frame will come for what waits to be drawn.
    acknowledge();
    return store.lookAway();
  }
  if (store.view.mode === 'following') store.look();
  for (const noun of /** @type {const} */ (['messages', 'view', 'link'])) changed(noun);
});
for (const sign of ['keydown', 'pointerdown']) addEventListener(sign, () => link.nudge(), { passive: true });

/** For tests and for the console. */
const actions = {
  backToLive: () => backToLive(page),
  searchHistory: () => searchHistory(page),
  setFilter: (/** @type {string} */ text) => setFilter(page, text),
  showAround: (/** @type {string} */ id) => showAround(page, id),
  showMessage: (/** @type {string} */ id) => showMessage(page, id),
};
Object.assign(globalThis, { eyewall: { store, counters: store.counters, actions } });
