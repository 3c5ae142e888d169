/**
 * The page without its elements: the real store and the real actions, and a history that answers as the server does.
 *
 * Node lacks a screen and, for calls of a relative address, an origin.
 */
import { Store } from '../../static/store.js';

/** What a toast says. */
export const toasts = { textContent: '', classList: { add() {}, remove() {} } };
const document = { hidden: false, querySelector: () => toasts, baseURI: 'http://wall/' };
Object.assign(globalThis, { matchMedia: () => ({ matches: false }), document });

/** @typedef {{id: string, time: string, topic: string, level: string, message: string}} Raw */

/** @param {number} n @param {Partial<Raw>} [more] @returns {Raw} */
export const raw = (n, more) => ({
  id: `7-${n}`,
  time: new Date(Date.now() + n).toISOString(),
  topic: 'api',
  level: 'info',
  message: `line ${n}`,
  ...more,
});

/** `GET /messages` of a server that keeps these. @param {Raw[]} kept oldest first, without holes @param {object} [more] in every answer */
export function serve(kept, more = {}) {
  const seq = (/** @type {string | null} */ id) => Number(id?.split('-')[1] ?? Number.NaN);
  globalThis.fetch = async (address) => {
    const query = new URL(String(address), 'http://wall').searchParams;
    const [after, before] = [seq(query.get('after')), seq(query.get('before'))];
    const limit = Number(query.get('limit'));
    const first = seq(kept[0]?.id ?? null);
    const [from, to] = [
      Math.max(0, after + 1 - first || 0),
      Math.min(kept.length, before - first || Infinity),
    ];
    const isDown = query.get('order') === 'desc';
    const messages = isDown
      ? kept.slice(Math.max(from, to - limit), to).reverse()
      : kept.slice(from, Math.min(to, from + limit));
    const next = to - from > limit ? messages.at(-1)?.id : null;
    return Response.json({ messages, first: kept[0] ?? null, next, ...more });
  };
}

/** A page for actions to work on. @param {Record<string, string>} [settings] */
export function open(settings = {}) {
  const store = new Store(() => {}, settings, 15_000);
  /** Rows that were brought into view. @type {number[]} */
  const revealed = [];
  /** @type {any} */
  const link = { filled: () => {}, reconnect: () => {} };
  const feed = {
    firstSeen: 0,
    jumpEnd() {},
    jumpStart() {},
    scrollPage() {},
    reveal: (/** @type {number} */ n) => void revealed.push(n),
  };
  /** @type {import('../../static/actions/page.js').Page} */
  const page = { store, link, feed, loadDialogs: async () => {} };
  /** What the worker sends. @param {(Raw | import('../../static/stream/continuity.js').Mark)[]} entries */
  const arrive = (...entries) => {
    const now = Date.now();
    store.receive('batch', { batch: JSON.stringify(entries), heard: now, proof: store.proof, left: 0 });
    store.scan(() => false);
  };
  /** Its first words: what was said until then is no news. @param {Record<string, any>} [more] */
  const beat = (more) => {
    const heard = Date.now();
    store.receive('heartbeat', { time: new Date(heard).toISOString(), head: '7-0', heard, ...more });
  };
  beat();
  return { page, store, arrive, beat, revealed };
}

/** What the page waits for has come. @param {() => unknown} condition */
export async function until(condition) {
  for (let limit = Date.now() + 60_000; !condition(); ) {
    if (Date.now() > limit) throw new Error(`never true: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
