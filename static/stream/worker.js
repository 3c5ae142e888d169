/**
 * One stream for all tabs of a browser: the SharedWorker round eventsource.js.
 *
 * Owns the newest raw messages, the ledger and one place per tab. A tab has at most one batch outstanding
 * and asks for the next when it has drawn the last, so a slow tab gets fewer and larger ones and delays
 * no other. Parses nothing: a batch is glued from what the server sent. Where there is no SharedWorker, the
 * page imports this file and attaches itself (link.js).
 */
import { Backlog } from './backlog.js';
import { Ledger } from './continuity.js';
import { Stream } from './eventsource.js';

/** A hidden tab is brought up to date by this clock; its own would run once a minute (ms). */
const HIDDEN_EVERY = 1_000;
/** The stream starts again this long after a failure (ms). */
const RESTART_AFTER = 1_000;
/** Tabs are called this often (ms), and forgotten after so many calls without an answer. */
const CALL_EVERY = 60_000;
const MISSED_CALLS = 3;
/** Without a SharedWorker, a hidden tab gives its connection back after this long (ms). */
const REST_AFTER = 60_000;

/**
 * @typedef {object} Tab
 * @property {MessagePort} port
 * @property {import('./backlog.js').Place} place
 * @property {boolean} asking
 * @property {boolean} hidden
 * @property {number} unanswered calls since it sent something
 *
 * What a tab hears: a noun and its value, or a batch.
 * @typedef {{batch: string, heard: number, proof: Omit<import('./continuity.js').Proof, 'entries'>, left: number}} Batch
 */

/** @type {Set<Tab>} */
const tabs = new Set();
const backlog = new Backlog();
const ledger = new Ledger(Date.now());
/** The last value of each noun, for tabs that come later. @type {Map<string, unknown>} */
const nouns = new Map();
/** @type {Stream | null} */
let stream = null;
let toldAt = 0;

/** @param {string} noun @param {unknown} value */
function tell(noun, value) {
  nouns.set(noun, value);
  for (const { port } of tabs) port.postMessage({ noun, value });
}

/** @param {string} json @param {boolean} [isMark] */
function keep(json, isMark = false) {
  backlog.push(json, isMark);
  for (const tab of tabs) if (tab.asking && (!tab.hidden || backlog.isFull(tab.place))) send(tab);
}

/** @param {import('./continuity.js').Mark | null} mark */
function keepMark(mark) {
  if (mark === null) return;
  keep(JSON.stringify(mark), true);
  tell('ledger', ledger.proof);
}

const isRefused = () =>
  /** @type {{status?: string} | undefined} */ (nouns.get('config'))?.status === 'rejected';

/** The server's notices, the last of each kind. */
const notices = () => /** @type {Record<string, unknown>} */ (nouns.get('notices') ?? {});

/** @type {import('./eventsource.js').Listener} */
const listener = {
  message(id, data) {
    const known = ledger.proof.entries.length;
    const { fresh, mark } = ledger.take(id, Date.now());
    keepMark(mark);
    if (fresh) keep(data);
    else if (ledger.proof.entries.length > known) tell('ledger', ledger.proof);
  },
  event(name, value) {
    const heard = Date.now();
    if (name === 'gap') return keepMark(ledger.gap(value, heard));
    if (name === 'bye') return;
    if (name === 'notice') return tell('notices', { ...notices(), [value.kind]: value });
    if (name !== 'heartbeat') return tell(name, { ...value, heard });
    // Only the first of a stream names its connection, and a tab that comes later must know it, too.
    tell(name, { .../** @type {object} */ (nouns.get(name)), ...value, heard });
    if (value.version === undefined) return;
    // What still stands is told again right after this; what does not ended meanwhile.
    if (isRefused()) tell('config', {});
    if (Object.keys(notices()).length > 0) tell('notices', {});
  },
  state(state) {
    nouns.set('link', state);
    // The progress of a replay changes with every message; ten times a second is enough to see it.
    if (state.phase === 'catching-up' && Date.now() - toldAt < 100) return;
    toldAt = Date.now();
    tell('link', state);
  },
  lost: (reason, at) => ledger.lost(at, reason),
  restored: () => keepMark(ledger.restored(Date.now())),
};

/** @param {Tab} tab */
function send(tab) {
  const entries = backlog.take(tab.place, Date.now());
  if (entries.length === 0) return;
  tab.asking = false;
  const { entries: _, ...proof } = ledger.proof;
  const heard = stream?.state.heard ?? 0;
  tab.port.postMessage({ batch: `[${entries.join(',')}]`, heard, proof, left: backlog.left(tab.place) });
}

/** What a tab can ask for. @type {Record<string, (tab: Tab, value: any) => void>} */
const requests = {
  here: ({ port }) => port.postMessage({ noun: 'here' }),
  more(tab) {
    tab.asking = true;
    if (!tab.hidden || backlog.isFull(tab.place)) send(tab);
  },
  hidden(tab, hidden) {
    tab.hidden = hidden;
    if (hidden) return;
    if (tab.asking) send(tab);
    stream?.nudge();
  },
  nudge: () => stream?.nudge(),
  reconnect: () => stream?.reconnect(),
  offline: () => stream?.doubt(),
  gone: (tab) => tabs.delete(tab),
  filled(_, { after, before, many, upTo }) {
    ledger.filled(after, before, many, upTo);
    tell('ledger', ledger.proof);
  },
};

/**
 * Start the stream. Whatever fails in it is reported, and it starts again.
 * @param {Options} options
 */
function start({ path, heartbeat, cursor = null, lostAt = null }) {
  const started = new Stream({ path, heartbeat, listener, cursor });
  if (cursor !== null) ledger.resume(cursor, lostAt ?? Date.now());
  const run = () =>
    started.run().catch((error) => {
      report(error);
      setTimeout(run, RESTART_AFTER);
    });
  run();
  setInterval(() => {
    for (const each of tabs) if (each.asking && each.hidden) send(each);
  }, HIDDEN_EVERY);
  setInterval(callTabs, CALL_EVERY);
  return started;
}

/** Tell every tab what failed in the worker. @param {unknown} error */
function report(error) {
  const value = error instanceof Error ? (error.stack ?? error.message) : String(error);
  for (const { port } of tabs) port.postMessage({ noun: 'failure', value });
}

/** Forget tabs that do not answer: they crashed, or are in the back/forward cache. One that returns is added again. */
function callTabs() {
  for (const tab of tabs) {
    if (tab.unanswered >= MISSED_CALLS) tabs.delete(tab);
    tab.unanswered += 1;
    tab.port.postMessage({ noun: 'here?' });
  }
}

/**
 * A tab was opened.
 * @typedef {object} Options
 * @property {string} path
 * @property {number} heartbeat ms
 * @property {string | null} [cursor] this worker replaces a dead one: the last id that the tab has
 * @property {number | null} [lostAt] when the dead one was heard last (ms)
 * @property {boolean} alone there is no SharedWorker
 *
 * @param {MessagePort} port @param {Options} options
 */
export function attach(port, options) {
  /** @type {Tab} */
  const tab = { port, place: backlog.begin(), asking: true, hidden: false, unanswered: 0 };
  tabs.add(tab);
  port.onmessage = ({ data: [verb, value] }) => {
    tabs.add(tab);
    tab.unanswered = 0;
    requests[verb]?.(tab, value);
  };
  // The state that was told last may be hours old, and with it the time of the last event.
  if (stream) nouns.set('link', stream.state);
  for (const [noun, value] of nouns) port.postMessage({ noun, value });
  if (stream === null) {
    stream = start(options);
    tell('ledger', ledger.proof);
    tell('link', stream.state);
  }
  send(tab);
  if (options.alone) restWhenHidden(tab, stream);
}

/** @param {Tab} tab @param {Stream} shared */
function restWhenHidden(tab, shared) {
  let hiddenAt = Infinity;
  setInterval(() => {
    hiddenAt = tab.hidden ? Math.min(hiddenAt, Date.now()) : Infinity;
    if (Date.now() - hiddenAt > REST_AFTER && !shared.resting) shared.rest();
  }, 5_000);
}

if ('SharedWorkerGlobalScope' in globalThis) {
  const scope = /** @type {SharedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));
  scope.onconnect = ({ ports: [port] }) => {
    // The first thing a tab says is where the stream is and how often its heart beats.
    if (port) port.onmessage = ({ data }) => attach(port, { ...data, alone: false });
  };
  scope.addEventListener('error', (event) => report(event.error ?? event.message));
  scope.addEventListener('unhandledrejection', (event) => report(event.reason));
  scope.addEventListener('online', () => stream?.nudge());
  scope.addEventListener('offline', () => stream?.doubt());
}
