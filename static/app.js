/**
 * The page's composition root.
 *
 * Makes store and link, mounts every part on its element, turns verbs into changes of the store, and draws
 * once per frame. The only file that knows every part.
 */
import { Banner } from './banner.js';
import { ConnectionCount } from './connections.js';
import { Empty } from './empty.js';
import { Feed } from './feed.js';
import { FilterField } from './filter-field.js';
import { FirstRun } from './first-run.js';
import { Histogram } from './histogram.js';
import { ProofButton } from './ledger.js';
import { LevelChips } from './level-chips.js';
import { attribute, write } from './lib/dom.js';
import { FilterError, parse } from './logic/filter.js';
import { isMark } from './logic/message.js';
import { EVERYTHING } from './logic/selection.js';
import { Publish } from './publish.js';
import { StateBar, StatePill } from './status-bar.js';
import { Store } from './store.js';
import { words } from './text.js';
import { TabTitle } from './title.js';
import { TopicList } from './topics.js';
import { ApiError, publish } from './wire/api.js';
import { Link } from './wire/link.js';

/** Above reading speed every frame is a waste: messages per second, and frames per batch. */
const FAST = 200;
const FAST_FRAMES = 3;
/** Ages and count-downs are drawn this often (ms). */
const TICK = 500;
const SLICE = 8;

const { title = 'Eyewall', version = '', heartbeatSeconds, maxMessageBytes } = document.body.dataset;

/** @template {HTMLElement} T @param {string} role @returns {T} */
const part = (role) => /** @type {T} */ (document.querySelector(`[data-role="${role}"]`));

const store = new Store(changed);
/** @type {HTMLElement[]} */
const parts = [];
/** @type {Set<string>} */
const news = new Set();
let frame = 0;
let isAsking = false;

/** @param {string} noun */
function changed(noun) {
  news.add(noun);
  if (document.hidden) say('tick', [titlePart]);
  else if (frame === 0) frame = requestAnimationFrame(draw);
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
  if (store.matching.scanning) scan();
  const nouns = [...news];
  news.clear();
  for (const noun of nouns) say(noun);
  if (isAsking) askForMore(store.rate(Date.now()).perSecond > FAST ? FAST_FRAMES : 1);
}

/** When this frame, or the next but one, is on the screen. @param {number} frames */
function askForMore(frames) {
  isAsking = false;
  const next = () => {
    frames -= 1;
    if (frames > 0 && !document.hidden) requestAnimationFrame(next);
    else link.more();
  };
  next();
}

function scan() {
  const end = performance.now() + SLICE;
  store.scan(() => performance.now() > end);
  changed('messages');
}

const link = new Link({
  version,
  heartbeat: Number(heartbeatSeconds) * 1000,
  hear(noun, value) {
    store.hear(noun, value, Date.now());
    if (noun !== 'batch') return;
    // A hidden page draws nothing and asks at once; the worker's own clock paces it.
    if (document.hidden) link.more();
    else isAsking = true;
  },
});

/** @param {unknown} error */
function failed(error) {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say('failure', [part('notices')], `${details}\n${navigator.userAgent}\nEyewall ${version}`);
}
addEventListener('error', (event) => failed(event.error ?? event.message));
addEventListener('unhandledrejection', (event) => failed(event.reason));

/**
 * What parts can ask for.
 * @type {Record<string, (detail: any, target: HTMLElement) => void>}
 */
const verbs = {
  read: () => store.view.mode === 'following' && store.setMode('reading'),
  'reached-end': () => store.view.mode === 'reading' && store.setMode('following'),
  pause: () => store.setMode('paused'),
  resume: () => store.setMode('following'),
  'toggle-pause': () => store.setMode(store.view.mode === 'paused' ? 'following' : 'paused'),
  'to-newest'() {
    if (store.view.mode !== 'paused') return store.setMode('following');
    // Only Resume ends Paused: this is one look at what has come meanwhile.
    store.setView({ heldAt: store.matching.hi, unseen: 0, unseenErrors: 0 });
    say('jump-end');
  },
  reconnect: () => link.reconnect(),
  'select-message'({ n }) {
    store.setView({ selected: store.view.selected === n ? null : n });
    if (store.view.selected !== null) verbs.read?.(null, document.body);
  },
  filter(text) {
    try {
      store.narrow({ filter: parse(text), error: null });
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      // Half-typed: what was found before stays, and the field says why.
      store.setError({ column: error.column, reason: error.message });
    }
  },
  narrow: (change) => store.narrow(change),
  'clear-filter': () => store.narrow(EVERYTHING),
  'show-levels': () => store.narrow({ levels: EVERYTHING.levels }),
  'toggle-level': (level) =>
    store.narrow({ levels: store.selection.levels.map((on, i) => (i === level ? !on : on)) }),
  'only-level'(level) {
    const only = store.selection.levels.map((_, i) => i === level);
    const isAlready = only.every((on, i) => on === store.selection.levels[i]);
    store.narrow({ levels: isAlready ? EVERYTHING.levels : only });
  },
  'only-topic'(topic) {
    const only = topic === store.selection.only ? null : topic;
    store.narrow({
      only,
      hidden: only === null ? store.selection.hidden.slice(0, topic === null ? 0 : undefined) : [],
    });
  },
  'hide-topic'(topic) {
    const { hidden } = store.selection;
    store.narrow({
      hidden: hidden.includes(topic) ? hidden.filter((each) => each !== topic) : [...hidden, topic],
      only: null,
    });
  },
  async publish(draft, target) {
    const began = performance.now();
    try {
      const ok = await publish(draft);
      say('published', [target], { ok, ms: performance.now() - began });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say('published', [target], { error });
    }
  },
  'open-publish': () =>
    part('publish').hasAttribute('open')
      ? part('publish').removeAttribute('open')
      : say('open', [part('publish')]),
};
for (const [verb, act] of Object.entries(verbs)) {
  document.addEventListener(verb, (event) =>
    act(/** @type {CustomEvent} */ (event).detail, /** @type {HTMLElement} */ (event.target)),
  );
}

/** The topics seen, most frequent first would be a claim; by name they can be found. */
function topics() {
  const names = new Set();
  for (let n = Math.max(store.ring.first, store.ring.end - 5000); n < store.ring.end; n++) {
    const entry = store.ring.get(n);
    if (entry && !isMark(entry)) names.add(entry.topic);
  }
  return [...names].sort();
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

const titlePart = document.body;
mount('notices', (el) => Banner(el, store, version));
mount('state', (el) => StatePill(el, store));
mount('bars', (el) => StateBar(el, store));
mount('connection-count', (el) => ConnectionCount(el, store));
mount('proof', (el) => ProofButton(el, store));
mount('topics', (el) => TopicList(el, store));
mount('filter-field', (el) => FilterField(el, store));
mount('levels', (el) => LevelChips(el, store));
mount('histogram', (el) => Histogram(el, store));
mount('empty', (el) => Empty(el, store));
mount('first', (el) => FirstRun(el, store));
mount('messages', (el) => Feed(el, store));
mount('publish', (el) => Publish(el, { topics, maxBytes: Number(maxMessageBytes) }));
TabTitle(titlePart, store, title);
parts.push(titlePart);

const pauseButton = part('pause');
pauseButton.addEventListener('click', () => verbs['toggle-pause']?.(null, pauseButton));
pauseButton.addEventListener('view', () => {
  const isPaused = store.view.mode === 'paused';
  write(pauseButton, isPaused ? words.resume : words.pause);
  attribute(pauseButton, 'aria-pressed', isPaused);
});
parts.push(pauseButton);
part('publish-open').addEventListener('click', () => verbs['open-publish']?.(null, document.body));

setInterval(() => changed('tick'), TICK);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  if (store.view.mode === 'following') store.looked();
  for (const noun of ['messages', 'view', 'link']) changed(noun);
});
for (const sign of ['keydown', 'pointerdown']) addEventListener(sign, () => link.nudge(), { passive: true });

/** For the tests, and for whoever wants to look. */
Object.assign(globalThis, { eyewall: { store, counters: store.counters } });
