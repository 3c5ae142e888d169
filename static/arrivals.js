/**
 * What the worker says, and what is true from then on.
 *
 * Owns how arrivals change the store: messages and rows between them, the server's clock, what is news to
 * whoever is away. Knows no worker and no element.
 */
import { isAfter, parseId } from './messages/ids.js';
import { ERROR, fromWire, isOwn } from './messages/message.js';

/**
 * @typedef {import('./store.js').Store} Store
 * @typedef {import('./messages/message.js').Message} Message
 * @typedef {import('./stream/continuity.js').Mark} Mark
 */

/** So long after it went live, old messages are the replay's tail and not a slow browser (ms). */
const BEHIND_GRACE = 3_000;

/**
 * Of so many heartbeats the smallest difference of clocks is the one that waited least on its way. Of no
 * more: a clock that has been set is believed before long.
 */
const OFFSETS = 3;

/** @type {Record<string, (store: Store, value: any, now: number) => string>} what is said, and the noun that changed */
const arrivals = {
  batch,
  heartbeat,
  link(store, value) {
    store.link = value;
    return 'link';
  },
  connections(store, value) {
    store.connections = value;
    return 'connections';
  },
  config(store, value) {
    if (value.status === 'applied') store.configSince = value.heard;
    store.config = value;
    return 'config';
  },
  ledger(store, value) {
    store.proof = value;
    store.losses = value.entries;
    return 'ledger';
  },
};

/** @param {Store} store @param {string} said @param {any} value @param {number} now */
export function arrive(store, said, value, now) {
  const noun = arrivals[said]?.(store, value, now);
  if (noun) store.changed(noun);
}

/** @param {Store} store @param {import('./stream/worker.js').Batch} value @param {number} now */
function batch(store, { batch, heard, proof }, now) {
  const entries = JSON.parse(batch);
  let messages = 0;
  for (const raw of entries) {
    if (raw.mark) pushMark(store, raw);
    else {
      pushMessage(store, fromWire(raw));
      messages += 1;
    }
  }
  store.live.trim(store.view.mode !== 'following');
  store.heardAt(heard);
  store.proof = proof;
  measure(store, entries, messages, now);
  return 'messages';
}

/** @param {Store} store @param {any[]} entries @param {number} messages @param {number} now */
function measure(store, entries, messages, now) {
  const { counters, proof, link, clockOff } = store;
  counters.received += messages;
  counters.repeated = proof?.repeated ?? 0;
  counters.missing = proof?.missing ?? 0;
  counters.oldest = Date.parse(entries[0]?.time);
  counters.newest = Date.parse(entries.at(-1)?.time);
  // A tab's own first batches are old by nature; what is said while live tells whether the browser keeps up.
  const isTelling = link.phase === 'live' && clockOff !== null && store.isNews(entries.at(-1) ?? {});
  const isSettled = isTelling && now - link.since >= BEHIND_GRACE;
  store.late = { at: now, ms: isSettled ? Math.max(0, now - clockOff - counters.newest) : 0 };
}

/** @param {Store} store @param {Message} message */
function pushMessage(store, message) {
  const { view } = store;
  const shown = store.live.push(message);
  store.oldest ??= message;
  if (store.firstOther === null && !isOwn(message)) store.firstOther = message;
  store.counts.add(message.ms, message.level, shown);
  store.topics.add(message.topic, message.ms);
  store.traffic.add(Math.floor(message.ms / 1000));
  if (shown) store.waits(message);
  if (message.level < ERROR || !store.isNews(message)) return;
  if (view.mode !== 'following' || document.hidden) store.unseenErrors += 1;
}

/** @param {Store} store @param {Mark} mark */
function pushMark(store, mark) {
  if (store.live.pushMark(mark)) store.rematch();
  if (mark.mark === 'asleep') store.changed('asleep');
}

/**
 * @param {Store} store
 * @param {{time: string, version?: string, connection?: string, head?: string, every?: number, heard: number}} value
 */
function heartbeat(store, { time, version, connection, head, every, heard }) {
  const off = heard - Date.parse(time);
  if (Number.isFinite(off)) {
    store.offsets = [...store.offsets, off].slice(-OFFSETS);
    store.clockOff = Math.min(...store.offsets);
  }
  store.head = head ?? '';
  // A worker that was there before this tab has heard of later ones since the last heartbeat.
  const [last, seen] = [parseId(head), parseId(store.proof?.last)];
  store.begin ??= isAfter(seen, last) ? seen : last;
  // An older log than the one that the page began with was put in its place: what it says from here on is news.
  if (last && store.begin && Number(last.epoch) < Number(store.begin.epoch)) store.begin = last;
  if (every) store.heartbeat = every * 1000;
  if (version) store.version = version;
  if (connection) store.connection = connection;
  store.heardAt(heard);
  return 'link';
}
