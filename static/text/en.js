/**
 * Every sentence the page can say that has a number or a name in it; the others are in words.js. Parts
 * choose one; nothing else holds words that a person reads.
 */
import { parseId } from '../messages/ids.js';
import { fineUntil } from '../format/json.js';
import { ERROR } from '../messages/message.js';
import { count, dayMinute, minute, pace, second, short, some, span } from '../format/time.js';
import { words } from './words.js';

/** @typedef {import('../ui/dom.js').Phrase} Phrase */
/** @typedef {import('../stream/connection-state.js').State} State */
/** @typedef {import('../stream/continuity.js').Mark} Mark */
/** @typedef {import('../format/time.js').Clock} Clock */

/** Times shown are the server's; what this device noted is told by the same clock. @param {number} ms @param {Clock} clock */
const secondAt = (ms, { zone, off }) => second(ms - off, zone);
/** @param {number} ms @param {Clock} clock */
const minuteAt = (ms, { zone, off }) => minute(ms - off, zone);

/** Seconds to go, never "0 s". @param {number} ms */
const left = (ms) => `${Math.max(1, Math.ceil(ms / 1000))} s`;

/** @param {State} state @param {number} now @returns {[glyph: string, words: string]} */
export function pill(state, now) {
  const wait = state.retryAt === null ? null : left(state.retryAt - now);
  const age = span(now - (state.heard ?? now));
  switch (state.phase) {
    case 'connecting':
      return ['○', 'Connecting…'];
    case 'live':
      return ['●', `Live ${age}`];
    case 'catching-up':
      return ['⟳', 'Catching up'];
    case 'silent':
      return ['◐', `Silent ${age}`];
    case 'held':
      return ['◐', 'Held back'];
    case 'lost':
      return ['✕', wait ? `Retrying in ${wait}` : 'Retrying…'];
    case 'restarting':
      return ['✕', 'Restarting'];
    case 'disconnected':
      return ['✕', 'Disconnected'];
    case 'offline':
      return ['✕', 'Offline'];
    case 'full':
      return ['✕', 'Server full'];
    case 'answer':
      return ['✕', `Answer ${state.status ?? '?'}`];
    case 'resting':
      return ['◐', 'Resting'];
  }
}

/** @param {State} state @param {number} now @param {string} host @param {Clock} clock @returns {Phrase} '' when there is nothing to say */
export function bar(state, now, host, clock) {
  const attempt = state.attempt > 1 ? ` (attempt ${state.attempt})` : '';
  const again = state.retryAt === null ? 'now' : `in ${left(state.retryAt - now)}`;
  switch (state.phase) {
    case 'connecting':
      return now - state.since < 3000
        ? ''
        : ['Still connecting. Is the server at ', { b: host }, ' running?'];
    case 'live':
      return '';
    case 'catching-up':
      return `Catching up: ${count(state.replay?.done ?? 0)} of ${some(state.replay?.total ?? 0, 'missed message')}.`;
    case 'silent':
      return `Connected, but nothing has arrived for ${span(now - (state.heard ?? now))}, not even a heartbeat.`;
    case 'held':
      return [
        'Connected, but nothing gets through. A proxy or virus scanner may be holding the stream back (nginx: ',
        { code: 'proxy_buffering off' },
        ').',
      ];
    case 'lost':
      return `Connection lost at ${secondAt(state.lostAt ?? now, clock)}. Trying again ${again}${attempt}. Messages published meanwhile will be replayed.`;
    case 'restarting':
      return `The server is restarting. Reconnecting ${again}.`;
    case 'disconnected':
      return `An operator disconnected this page at ${secondAt(state.since, clock)}.`;
    case 'offline':
      return 'This device is offline. Reconnecting as soon as the network is back.';
    case 'full':
      return `The server has reached its limit of connections. Trying again ${again}.`;
    case 'answer': {
      const what =
        state.status === 200 ? `with ${state.type || 'no type'} instead of a stream` : `${state.status}`;
      return `The server, or a proxy before it, answered ${what}. Trying again ${again}${attempt}.`;
    }
    case 'resting':
      return 'Paused in the background to spare connections.';
  }
}

/** @param {number} ms */
export const behindPill = (ms) => /** @type {const} */ (['⟳', `${span(ms)} behind`]);
/** @param {number} ms */
export const behindBar = (ms) => `This browser is ${span(ms)} behind and reading on. Nothing is lost.`;

/** @param {string} reason @param {Mark} mark @param {string} range @param {Clock} clock */
function gap(reason, mark, range, clock) {
  const { missing = null, after, before } = mark;
  const many =
    missing === null ? 'Messages are missing, how many is unknown' : `${some(missing, 'message')} missing`;
  if (reason === 'expired') return `${many}${range}: the server no longer keeps them.`;
  if (reason === 'new_log') {
    const unknown =
      missing === null ? 'How many messages are missing is unknown.' : `${some(missing, 'message')} missing.`;
    return `The server started a new log at ${secondAt(mark.at, clock)}. ${unknown}`;
  }
  if (reason === 'unexplained') {
    const [from, to] = [parseId(after), parseId(before)];
    const which = from && to ? ` (…-${from.seq + 1} to …-${to.seq - 1})` : '';
    return `${many}${which}, no reason given.`;
  }
  return `${many}${range}: ${reason}.`;
}

/**
 * A row of the feed that is no message.
 * @param {Mark} mark @param {Clock} clock
 * @param {number | null} from the server's time of the message before @param {number | null} to and behind it
 */
export function markRow(mark, clock, from = null, to = null) {
  const { zone } = clock;
  const [begin, end] = from !== null && to !== null ? [second(from, zone), second(to, zone)] : ['', ''];
  const range = begin === end ? begin && `, ${begin}` : `, ${begin}–${end}`;
  if (mark.mark === 'gap') return gap(mark.reason ?? 'unexplained', mark, range, clock);
  if (mark.mark === 'older') return words.olderOnServer;
  if (mark.mark === 'asleep')
    return `${some(mark.missing ?? 0, 'message')} arrived while this tab was asleep.`;
  if (mark.mark === 'repeat') return `${some(mark.times ?? 1, 'message')} came twice, shown once.`;
  const what = mark.reason === 'restart' ? 'The server restarted' : 'Connection lost';
  const many = mark.missing === null ? 'some' : count(mark.missing ?? 0);
  const missing = `${many}${(mark.times ?? 1) > 1 ? ' messages' : ''} missing`;
  if ((mark.times ?? 1) > 1) {
    return `${what} ${mark.times} times between ${minuteAt(mark.from ?? mark.at, clock)} and ${minuteAt(mark.at, clock)}, ${missing}.`;
  }
  return `${what} ${secondAt(mark.from ?? mark.at, clock)}–${secondAt(mark.at, clock)}. ${count(mark.replayed ?? 0)} replayed, ${missing}.`;
}

/** The same in the ledger, where ids are asked for. @param {Mark} mark @param {Clock} clock */
export const ledgerEntry = (mark, clock) =>
  markRow(mark, clock) + (mark.after ? ` Last id before it: ${mark.after}.` : '');

/**
 * @param {{since: number, missing: number, unknown: boolean} | null} proof @param {Clock} clock
 * @param {number} asleep how many came while this tab slept, and are not here
 * @param {number | null} lostAt since when nothing can be claimed
 * @returns {[glyph: string, words: string]}
 */
export function proof(proof, clock, asleep = 0, lostAt = null) {
  if (proof === null) return ['', '–'];
  if (proof.missing > 0) return ['▲', `${count(proof.missing)}${proof.unknown ? '+' : ''} missing`];
  if (proof.unknown) return ['▲', 'some missing'];
  if (asleep > 0) return ['▲', `${count(asleep)} not loaded`];
  return [
    '✓',
    lostAt === null
      ? `no gaps since ${minuteAt(proof.since, clock)}`
      : `no gaps until ${minuteAt(lostAt, clock)}`,
  ];
}

/** @param {number} unseen @param {number} errors */
export function unseen(unseen, errors) {
  const bad = errors > 0 ? ` · ${some(errors, 'error')}` : '';
  return `↓ ${count(unseen)} new${bad}`;
}

/** @param {string} title @param {number} errors @param {boolean} lost @param {number} waiting */
export function tabTitle(title, errors, lost, waiting) {
  const name = title === 'Eyewall' ? title : `${title} · Eyewall`;
  if (lost) return `✕ ${title}`;
  if (waiting > 0) return `(↓ ${count(waiting)}) ${name}`;
  return errors > 0 ? `(${count(errors)}) ${name}` : name;
}

/** @param {number | undefined} n */
export const connected = (n) => `${n === undefined ? '–' : count(n)} connected`;
/** @param {number | undefined} n @param {number | undefined} peak */
export const connectedTitle = (n, peak) =>
  `Browsers and programs reading this stream, not tabs: ${n ?? '–'} now, ${peak ?? '–'} at most since the server started`;

/** @param {import('../store.js').Config} config @returns {Phrase} */
export function applied({ changes = [], restart = [] }) {
  const live = changes.filter((change) => !restart.some((name) => change.startsWith(`${name} `)));
  const what = live.length > 0 ? live.join(', ') : restart.length > 0 ? '' : 'nothing changed';
  const later = restart.length > 0 ? ` Needs a restart: ${restart.join(', ')}.` : '';
  return [{ b: 'config.yaml applied' }, what ? `: ${what}.${later}` : `.${later}`];
}
/** @param {number | null} since @param {Clock} clock */
export const stayInForce = (since, clock) =>
  since === null
    ? 'The settings from before stay in force.'
    : `The settings from ${minuteAt(since, clock)} stay in force.`;

/** @param {number} ms */
export const firstArrived = (ms) =>
  `✓ That was your first message: about ${Math.max(1, Math.round(ms))} ms from the server’s log to this page.`;

/** @param {number} receivers @param {number} ms */
export const sent = (receivers, ms) =>
  `Stored and sent to ${some(receivers, 'connection')}, ${Math.round(ms)} ms.`;
/** @param {{message: string, hint?: string}} error what the server said, if it did */
export function notSent({ message, hint }) {
  const more = hint ? ` (${hint})` : '';
  return `Not sent: ${message || words.noConnection}${more}`;
}
/** @param {number} ms */
export const notSentWait = (ms) => `Again possible in ${left(ms)}.`;
/** @param {string} version */
export const updated = (version) => `The server was updated to ${version}.`;
/** @param {number} off ms, more than 0: this device is ahead */
export const clockOff = (off) =>
  `This device’s clock is ${span(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} the server’s. Times shown are the server’s.`;

/** @param {string} origin @returns {Record<string, {title: string, code: string}>} */
export const firstSteps = (origin) => ({
  curl: { title: 'curl', code: `curl -d "Hello from my terminal" ${origin}/topics/demo` },
  file: { title: 'A log file', code: `tail -F app.log | curl -T - ${origin}/topics/app` },
  python: {
    title: 'Python',
    code: [
      'import json, urllib.request',
      'message = {"topic": "demo", "level": "info", "message": "Hello from Python"}',
      `request = urllib.request.Request("${origin}/messages", json.dumps(message).encode())`,
      'request.add_header("Content-Type", "application/json")',
      'print(urllib.request.urlopen(request).read().decode())',
    ].join('\n'),
  },
});

/** @param {{column: number, reason: string}} error */
export const filterError = ({ column, reason }) =>
  `Column ${column}: ${reason} Still showing the previous filter.`;
/** @param {number} shown @param {number} held @param {boolean} isCounting */
export const found = (shown, held, isCounting) => `${count(shown)}${isCounting ? '…' : ''} of ${count(held)}`;
/** @param {string} topic */
export const onlyChip = (topic) => `only ${topic}`;
/** @param {string} topic */
export const hiddenChip = (topic) => `without ${topic}`;
/** @param {{from: number, to: number}} range @param {import('../format/time.js').Zone} zone */
export const rangeChip = ({ from, to }, zone) => `${second(from, zone)}–${second(to, zone)}`;
/** @param {number} minutes */
export const chartLabel = (minutes) => `messages/s, ${minutes} min`;
/** @param {number} perSecond */
export const peak = (perSecond) => `peak ${count(perSecond)}`;
/**
 * One bar of the histogram, read aloud.
 * @param {import('../messages/counts.js').Bar} bar @param {number} width seconds @param {import('../format/time.js').Zone} zone
 */
export function barSaid({ from, all }, width, zone) {
  const [total, errors] = [all, all.slice(ERROR)].map((each) => each.reduce((sum, n) => sum + n, 0));
  const when =
    width === 1
      ? second(from * 1000, zone)
      : rangeChip({ from: from * 1000, to: (from + width) * 1000 }, zone);
  return `${when}: ${some(total ?? 0, 'message')}${errors ? `, ${some(errors, 'error')}` : ''}`;
}
/** @param {string} many */
export const levelTitle = (many) => `${many} here. Alt-click shows only these.`;
/** @param {import('../messages/rate.js').Busy} busy */
export function rate(busy) {
  const [number, unit] = pace(busy);
  return `${number} msg/${unit}`;
}
/** The same, for a narrow column. @param {import('../messages/rate.js').Busy} busy */
export const topicRate = (busy) => pace(busy, short).join('/');
/** @param {number} held */
export const nothingMatches = (held) => `None of the ${some(held, 'message')} here match.`;
/** @param {number} many */
export const hiddenErrors = (many) =>
  `${some(many, 'error')} ${many === 1 ? 'is' : 'are'} hidden by the level buttons.`;
/** @param {number} shown */
export const exportShown = (shown) => `The ${some(shown, 'message')} shown, as`;
/** @param {boolean} isWider */
export const exportAll = (isWider) =>
  `All in the server’s history that match, as${isWider ? ' (more than here: regular expressions and very long filters work in this page only)' : ''}`;
/** @param {string} why */
export const historyProblem = (why) => `The server’s history cannot be read: ${why}.`;
/** @param {number | null} first time of the oldest message kept @param {import('../format/time.js').Zone} zone */
export const notInHistory = (first, zone) =>
  first === null
    ? 'The server’s history is empty.'
    : `Nothing in the server’s history matches. It goes back to ${dayMinute(first, zone)}.`;
/** @param {number | null} first time of the oldest message kept @param {import('../format/time.js').Zone} zone */
export function messageGone(first, zone) {
  const reach = first === null ? 'is empty' : `starts at ${dayMinute(first, zone)}`;
  return `That message is no longer in the server’s history, which ${reach}.`;
}
/** @param {string} topic @returns {Phrase} */
export const emptyTopic = (topic) => [
  'Nothing on ',
  { b: topic },
  ' yet. ',
  { code: `curl -d "Hello" ${location.origin}/topics/${topic}` },
];

/** @param {string} address @param {string} client */
export const disconnectQuestion = (address, client) =>
  `Disconnect ${address} (${client})? A program that reconnects by itself will be back in seconds.`;
/** @param {number} n characters */
export const bytes = (n) => (n < 1e6 ? `${Math.round(n / 1000)} KB` : `${(n / 1e6).toFixed(1)} MB`);
/** @param {Omit<import('../stream/continuity.js').Proof, 'entries'>} proof @param {Clock} clock */
export function proofSummary({ since, first, last, received, repeated, missing, unknown, losses }, clock) {
  const range = first === null ? '' : ` (${first} to ${last})`;
  const hole = `${some(missing, 'message')}${unknown ? ' and an unknown number' : ''} missing`;
  return `Since ${secondAt(since, clock)}: ${some(received, 'message')}${range}, ${hole}, ${count(repeated)} repeated and dropped, connection lost ${some(losses, 'time')}.`;
}
/** @param {number} messages @param {number} errors */
export function digest(messages, errors) {
  const bad = errors > 0 ? `, ${some(errors, 'error')}` : '';
  return `${some(messages, 'message')} in 10 seconds${bad}`;
}
/** @param {string} topic @param {string} text */
export const errorSaid = (topic, text) => `Error on ${topic}: ${text}`;

/** Why `data` is no JSON, in lines and columns. @param {string} text */
export function badJson(text) {
  const before = text.slice(0, fineUntil(text)).split('\n');
  return `the data is not valid JSON (line ${before.length}, column ${(before.at(-1) ?? '').length + 1}).`;
}
