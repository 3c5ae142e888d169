/**
 * Every sentence of the page, in English. Parts choose one; no other file holds words that an operator reads.
 */
import { count, dayMinute, howLong, minute, pace, second, short, some, span } from '../format/time.js';
import { parseId } from '../messages/ids.js';
import { ERROR, LEVELS } from '../messages/message.js';

/** @type {[string, string][]} */
const KEY_TABLE = [
  ['/', 'focus filter (Esc: leave; Esc again: clear)'],
  ['Space', 'pause, resume'],
  ['j ↓ k ↑', 'next / previous message'],
  ['e E', 'next, previous error'],
  ['Enter', 'details, open and close'],
  ['End G', 'newest'],
  ['Home g', 'oldest loaded'],
  ['PgUp PgDn', 'scroll one page'],
  ['f F', 'show only / hide this row’s topic'],
  ['Ctrl+A', 'pick all rows to copy; Shift-click picks some'],
  ['c C y', 'copy text, JSON, link'],
  ['x', 'show in context: the same moment without filter'],
  ['1 2 3 4 5', 'critical … debug, and above'],
  ['0', 'all levels'],
  ['p', 'publish'],
  ['t d', 'local time or UTC, theme'],
  ['[ ]', 'topics, connections'],
  ['?', 'this help'],
];
/** @type {[string, string][]} */
const FILTER_TABLE = [
  ['timeout "health_check"', 'that text, in any case, in message, topic, source or data'],
  ['-word -(a_OR_b)', 'excludes'],
  ['a_b a_OR_b', 'AND; OR'],
  ['level:>=warning', 'exact or comparison; prefixes work (warn)'],
  ['topic:api.* source:web-*', '* matches any text'],
  ['data.status:>=500 data.trace:*', 'a field in data; * means "is present"'],
  ['/time(d_)?out/', 'regular expression, in this page only'],
];

/** The full address of a path of this server, whatever prefix a proxy adds. @param {string} path */
const addressOf = (path) => new URL(path, document.baseURI).href;

export const words = {
  keysTitle: 'Keys',
  filterTitle: 'Filter',
  keyTable: KEY_TABLE,
  filterTable: FILTER_TABLE,
  export: 'Export',
  dialogs: { help: 'Help', export: 'Export', settings: 'Settings', ledger: 'Delivery report' },
  figures: ['received', 'replayed', 'missing', 'duplicates dropped'],
  noneReceived: 'No message has arrived yet.',
  nothingLost: 'No messages were lost, and none were replayed.',
  settingGroups: {
    Look: ['theme', 'density', 'topics'],
    Reading: ['zone', 'keys', 'announce'],
    Memory: ['ring'],
  },
  keptInBrowser: 'Kept in this browser.',
  settingNames: /** @type {Record<string, string>} */ ({
    theme: 'Theme',
    density: 'Row height',
    zone: 'Times',
    announce: 'Screen reader announces',
    topics: 'Topic list',
    keys: 'Keyboard shortcuts',
    ring: 'Messages kept in this page',
  }),
  choices: /** @type {Record<string, string>} */ ({
    system: 'System',
    light: 'Light',
    dark: 'Dark',
    normal: 'Normal',
    compact: 'Compact',
    relaxed: 'Relaxed',
    local: 'Local',
    utc: 'UTC',
    digest: 'Errors and summary',
    errors: 'Errors',
    off: 'Off',
    on: 'On',
    1000: '1,000',
    20000: '20,000',
    100000: '100,000',
    300000: '300,000',
  }),
  panels: { who: 'Connections', details: 'Details' },
  bottom: { '': 'Feed', topics: 'Topics', who: 'Connections' },
  error: 'Error',
  previousError: 'Previous error',
  nextError: 'Next error',
  whoHead: {
    address: 'Address',
    state: 'State',
    client: 'Client',
    filter: 'Filter',
    since: 'Since',
    sent: 'Sent',
  },
  whoLate: 'Catching up',
  ownRow: 'this page',
  connected: 'connected now',
  everything: 'all messages',
  sortBy: 'Sort by',
  ascending: 'Ascending',
  descending: 'Descending',
  disconnect: 'Disconnect',
  cancel: 'Cancel',
  noAnswer: 'The server does not answer.',
  noneSelected: 'Select a message to see its details.',
  time: 'Time',
  eventTime: 'Event time',
  source: 'Source',
  id: 'Id',
  disconnectAsk: 'Disconnect…',
  onlyThis: 'Only this',
  hideThis: 'Hide this',
  copyText: 'Copy text',
  copyJson: 'Copy JSON',
  copyLink: 'Copy link',
  inContext: 'Show in context',
  inTopic: 'In this topic',
  fields: 'Fields',
  about: 'Message',
  previousRow: 'Previous message',
  nextRow: 'Next message',
  /** @param {string} source */
  from: (source) => `from ${source}`,
  rawJson: 'Raw JSON',
  showAll: 'Show all',
  /** @param {number} n */
  showMore: (n) => `Show ${n} more`,
  filter: 'Filter',
  filterExample: 'words, "a phrase", level:>=warning, topic:api.*, -not',
  clearFilter: 'Clear filter',
  showThem: 'Show them',
  topics: 'Topics',
  allTopics: 'All topics',
  findTopic: 'Find a topic',
  quiet: 'Quiet',
  noTopics: 'Topics appear here with their first message.',
  resizeTopics: 'Resize the topic list',
  /** @param {string} path */
  foldTopic: (path) => `Fold ${path}`,
  /** @param {string} path */
  unfoldTopic: (path) => `Unfold ${path}`,
  /** @param {string} span */
  ago: (span) => `${span} ago`,
  perSecond1: 'per s',
  perMinute1: 'per min',
  onlyTopic: 'Only this topic',
  rowContext: 'This row in context',
  rowCopy: 'Copy this row',
  rowLink: 'Link to this row',
  chart: 'Messages over time',
  table: 'Show as table',
  hideTable: 'Hide table',
  perSecond: 'per second',
  foldChart: 'Fold the chart',
  unfoldChart: 'Unfold the chart',
  notLoaded: 'not loaded',
  chartSpans: { 1: '1m', 15: '15m', 60: '1h' },
  tableHead: ['Time', 'Critical', 'Error', 'Warning', 'Info', 'Debug'],
  chartKeys: 'Drag, or press Shift and an arrow key, to select a range; Escape clears it.',
  /** @param {number} n */
  minutes: (n) => some(n, 'minute'),
  /** @param {string} what */
  remove: (what) => `Remove: ${what}`,
  /** @param {string} topic */
  hideTopic: (topic) => `Hide ${topic}`,
  /** @param {number} n */
  moreTopics: (n) => `and ${some(n, 'more topic', 'more topics')}`,
  moreConnections: 'Show more',
  feed: 'Messages',
  pause: 'Pause',
  resume: 'Resume',
  publish: 'Publish',
  reading: 'Scrolled back',
  paused: 'Paused',
  toNewest: 'Jump to the newest',
  live: 'Live',
  heads: ['Level', 'Topic', 'Source', 'Message'],
  olderOnServer: 'Older messages are available.',
  load: 'Load',
  loading: 'Loading…',
  more: 'Load more',
  fromHistory: 'History',
  lookingBack: 'Searching history…',
  loadFromServer: 'Load from the server',
  searchHistory: 'Search all history',
  notYetInHistory: 'No match so far.',
  searchOn: 'Keep searching',
  goToOldest: 'Jump to the oldest message',
  howToFilter: 'how to filter',
  outOfMemory: 'The messages you were reading are no longer in memory.',
  retryNow: 'Retry now',
  reconnect: 'Reconnect',
  copy: 'Copy',
  copied: 'Copied',
  copiedAs: { text: 'Text copied', ndjson: 'JSON copied', link: 'Link copied' },
  connection: 'Connection',
  toCopy: 'Text to copy',
  copyBlocked: 'Your browser blocks copying on plain HTTP. The text is selected: press Ctrl+C.',
  dismiss: 'Dismiss',
  resizePanel: 'Resize the panel',
  reload: 'Reload',
  reloadKeeps: 'Your filters are kept.',
  rejected: 'config.yaml was not applied.',
  waitingTitle: 'Waiting for your first message',
  waitingText: 'This page is live. Paste this in a terminal and it appears here:',
  sendForMe: 'Send it for me',
  orPress: 'or press ',
  toWrite: 'to write a message here',
  nextFile: /** @type {[string, string]} */ (['Ship a log file', 'One line of curl follows a file.']),
  nextProgram: /** @type {[string, string]} */ ([
    'Publish from a program',
    'A request with JSON, here in Python.',
  ]),
  nextFilter: /** @type {[string, string]} */ ([
    'Learn the filter',
    'Words, phrases, levels and fields, with examples.',
  ]),
  hello: 'Hello from my terminal',
  next: 'Next:',
  sendLogFile: 'send a log file',
  topic: 'Topic',
  level: 'Level',
  levels: 'Levels',
  message: 'Message',
  data: 'Data (JSON, optional)',
  send: 'Send',
  sending: 'Sending…',
  close: 'Close',
  tryAgain: 'Try again',
  showIt: 'Show it',
  sameWithCurl: 'The same with curl',
  noConnection: 'no connection. Your text is kept.',
  emptyText: 'Write a message first.',
  /** @param {string} reason the browser's */
  badJson: (reason) => `the data is not valid JSON (${reason}).`,
  badTopic: 'a topic is 1 to 64 of A-Z a-z 0-9 . _ -',
  failed: 'Part of this page failed. The server continues to receive messages.',
  copyDetails: 'Copy details',
  levelNames: ['debug', 'info', 'warning', 'error', 'critical'],
  levelChips: ['Debug', 'Info', 'Warn', 'Error', 'Crit'],
  levelShort: ['DEBUG', 'INFO', 'WARN', 'ERR', 'CRIT'],
};

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

/** The age of the last event is shown from here on (ms); below, it would flicker. */
const AGE_FROM = 3_000;

/** @param {State} state @param {number} now @returns {string} */
export function pill(state, now) {
  const age = now - (state.heard ?? now);
  switch (state.phase) {
    case 'connecting':
      return 'Connecting…';
    case 'live':
      return age < AGE_FROM ? 'Live' : `Live ${span(age)}`;
    case 'catching-up':
      return 'Catching up';
    case 'silent':
      return `Silent ${span(age)}`;
    case 'held':
      return 'Blocked';
    case 'lost':
      return 'Connection lost';
    case 'restarting':
      return 'Restarting';
    case 'disconnected':
      return 'Disconnected';
    case 'offline':
      return 'Offline';
    case 'full':
      return 'Server full';
    case 'answer':
      return `HTTP ${state.status ?? '?'}`;
    case 'resting':
      return 'Suspended';
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
        'Connected, but no data is arriving. A proxy or virus scanner may be buffering the stream (nginx: ',
        { code: 'proxy_buffering off' },
        ').',
      ];
    case 'lost':
      return `Reconnecting ${again}. No connection since ${secondAt(state.lostAt ?? now, clock)}${attempt}. Messages published meanwhile will be replayed.`;
    case 'restarting':
      return `Reconnecting ${again}. The server announced a restart.`;
    case 'disconnected':
      return `You were disconnected by an operator at ${secondAt(state.since, clock)}.`;
    case 'offline':
      return 'This device has no network. Reconnecting as soon as it is back.';
    case 'full':
      return `The server has reached its limit of connections. Reconnecting ${again}.`;
    case 'answer': {
      const what =
        state.status === 200 ? `with ${state.type || 'no type'} instead of a stream` : `${state.status}`;
      return `The server, or a proxy before it, answered ${what}. Reconnecting ${again}${attempt}.`;
    }
    case 'resting':
      return 'Suspended in the background to save connections.';
  }
}

/** @param {number} ms */
export const behindPill = (ms) => `${span(ms)} behind`;
/** @param {number} ms */
export const behindBar = (ms) => `This browser is ${span(ms)} behind and catching up. No messages are lost.`;

/** @type {Record<string, string>} */
const GAP_REASONS = {
  expired: 'the server no longer keeps them',
  damaged: 'damaged in the server’s database',
};

/** @param {string} reason @param {Mark} mark @param {string} range @param {Clock} clock */
function gap(reason, mark, range, clock) {
  const { missing = null, after, before, withdrawn = 0, counts } = mark;
  if (counts === 'all' && missing !== null) {
    return `Up to ${some(missing, 'message')} missing${range}, of which some may be yours: ${GAP_REASONS[reason] ?? reason}.`;
  }
  if (reason === 'rolled_back') {
    const lost = missing ? ` ${some(missing, 'message')} missing.` : '';
    return `The server lost its newest messages: ${some(withdrawn, 'message')} above no longer ${withdrawn === 1 ? 'exists' : 'exist'}.${lost}`;
  }
  const many =
    missing === null ? 'Messages are missing, how many is unknown' : `${some(missing, 'message')} missing`;
  if (reason === 'expired') return `${many}${range}: the server no longer keeps them.`;
  if (reason === 'new_log') {
    const unknown =
      missing === null ? 'How many messages are missing is unknown.' : `${some(missing, 'message')} missing.`;
    return `The server’s database was replaced at ${secondAt(mark.at, clock)}. ${unknown}`;
  }
  if (reason === 'unexplained') {
    const [from, to] = [parseId(after), parseId(before)];
    const which = from && to ? ` (…-${from.seq + 1} to …-${to.seq - 1})` : '';
    return `${many}${which}, no reason given.`;
  }
  return `${many}${range}: ${GAP_REASONS[reason] ?? reason}.`;
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
 * @returns {{isWhole: boolean, sentence: string, when: string}} `when` is left out where there is no room
 */
export function proof(proof, clock, asleep = 0, lostAt = null) {
  const broken = (/** @type {string} */ sentence) => ({ isWhole: false, sentence, when: '' });
  if (proof === null) return { isWhole: true, sentence: '–', when: '' };
  const { missing, unknown, since } = proof;
  if (missing > 0) return broken(`${count(missing)}${unknown ? '+' : ''} missing`);
  if (unknown) return broken('messages missing');
  if (asleep > 0) return broken(`${count(asleep)} not loaded in this tab`);
  if (lostAt === null)
    return { isWhole: true, sentence: 'no gaps', when: ` since ${minuteAt(since, clock)}` };
  return { isWhole: true, sentence: 'complete', when: ` until ${minuteAt(lostAt, clock)}` };
}

/** @param {number} more lines */
export const moreLines = (more) => `+${some(more, 'line')}`;

/** @param {number} unseen */
export const unseen = (unseen) => `${count(unseen)} new`;
/** @param {number} errors */
export const unseenErrors = (errors) => (errors > 0 ? ` · ${some(errors, 'error')}` : '');

/** @param {string} title @param {number} errors @param {boolean} lost @param {number} waiting */
export function tabTitle(title, errors, lost, waiting) {
  const name = title === 'Eyewall' ? title : `${title} · Eyewall`;
  if (lost) return `✕ ${title}`;
  if (waiting > 0) return `(↓ ${count(waiting)}) ${name}`;
  return errors > 0 ? `(${count(errors)}) ${name}` : name;
}

/** @param {number | undefined} n */
export const viewers = (n) => (n === 1 ? 'viewer' : 'viewers');
/** @param {number | undefined} n @param {number | undefined} peak */
export const connectedTitle = (n, peak) => `${n ?? '–'} connections now, peak ${peak ?? '–'} since start`;

/** @param {import('../stream/session.js').Config} config @returns {Phrase} */
export function applied({ changes = [], restart = [] }) {
  const live = changes.filter((change) => !restart.some((name) => change.startsWith(`${name} `)));
  const what = live.length > 0 ? live.join(', ') : restart.length > 0 ? '' : 'nothing changed';
  const later = restart.length > 0 ? ` Needs a restart: ${restart.join(', ')}.` : '';
  return [{ b: 'config.yaml applied' }, what ? `: ${what}.${later}` : `.${later}`];
}
/** @param {number | null} since @param {Clock} clock */
export const stayInForce = (since, clock) =>
  since === null
    ? 'The previous settings are still active.'
    : `The settings from ${minuteAt(since, clock)} are still active.`;

/** @param {number} ms */
export const firstArrived = (ms) => `Your first message arrived in ${Math.max(1, Math.round(ms))} ms.`;

/** @param {number | undefined} receivers @param {number} ms */
export function sent(receivers, ms) {
  const to = receivers === undefined ? '' : ` and sent to ${some(receivers, 'connection')}`;
  return `Stored${to}, ${Math.round(ms)} ms.`;
}
/** @param {{message: string, hint?: string}} error what the server said, if it did */
export function notSent({ message, hint }) {
  const more = hint ? ` (${hint})` : '';
  return `Not sent: ${message || words.noConnection}${more}`;
}
/** @param {number} ms */
export const notSentWait = (ms) => `Try again in ${left(ms)}.`;
/** @param {string[]} faults */
export const addressFaults = (faults) => `Not understood in the address, and ignored: ${faults.join(', ')}`;
/** @param {string} version */
export const updated = (version) => `The server was updated to ${version}.`;
/** @param {number} off ms, more than 0: this device is ahead */
export const clockOff = (off) =>
  `This device’s clock is ${span(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} the server’s. Times shown are the server’s.`;

/** @returns {Record<string, {title: string, code: string}>} */
export const firstSteps = () => ({
  curl: { title: 'curl', code: `curl -d "Hello from my terminal" ${addressOf('topics/demo')}` },
  file: { title: 'A log file', code: `tail -F app.log | curl -T - ${addressOf('topics/app')}` },
  python: {
    title: 'Python',
    code: [
      'import json, urllib.request',
      'message = {"topic": "demo", "level": "info", "message": "Hello from Python"}',
      `request = urllib.request.Request("${addressOf('messages')}", json.dumps(message).encode())`,
      'request.add_header("Content-Type", "application/json")',
      'print(urllib.request.urlopen(request).read().decode())',
    ].join('\n'),
  },
});

/** @type {Record<import('../query/terms.js').FilterFault, (detail: string | number) => string>} */
const FILTER_FAULTS = {
  length: (most) => `a filter has at most ${most} characters.`,
  nul: () => 'a NUL character cannot be searched for.',
  unexpected: () => 'unexpected ")".',
  term: (where) => `incomplete filter: a search term is missing ${where}.`,
  terms: (most) => `a filter has at most ${most} terms.`,
  value: (name) => `a value is missing after "${name}:".`,
  texts: (most) => `a filter has at most ${most} words, phrases and data. terms in all.`,
  depth: (most) => `more than ${most} parentheses inside each other.`,
  parenthesis: () => 'unclosed parenthesis.',
  quote: () => 'unclosed quote.',
  expression: (reason) => `invalid regular expression: ${reason}.`,
  slow: () =>
    'this regular expression could take too long: a quantified group holds a quantifier or a choice.',
  stopped: () => 'testing this regular expression was stopped, because it took longer than 100 ms.',
  level: (name) => `unknown level "${name}": use ${LEVELS.join(', ')}.`,
  names: (most) => `at most ${most} names after data.`,
  number: (operator) => `"${operator}" needs a number.`,
};
/** @param {import('../query/terms.js').FilterError} error */
export const filterError = ({ column, fault, detail }) => {
  const isStopped = fault === 'slow' || fault === 'stopped';
  const then = isStopped
    ? 'Messages that were not tested are not shown.'
    : 'The previous filter is still applied.';
  return `Column ${column}: ${FILTER_FAULTS[fault](detail)} ${then}`;
};
/** @param {number} shown @param {number} held @param {boolean} isCounting @param {boolean} isPast */
export const found = (shown, held, isCounting, isPast) =>
  isPast ? `${count(shown)} loaded` : `${count(shown)}${isCounting ? '…' : ''} of ${count(held)}`;
/** @param {string} topic */
export const onlyChip = (topic) => `topic: ${topic}`;
/** @param {string} topic */
export const hiddenChip = (topic) => `not topic: ${topic}`;
/** @param {{from: number, to: number}} range @param {import('../format/time.js').Zone} zone */
export function rangeChip({ from, to }, zone) {
  if (!Number.isFinite(to)) return `since ${second(from, zone)}`;
  return from > 0 ? `${second(from, zone)}–${second(to, zone)}` : `until ${second(to, zone)}`;
}
/** The same with its length. @param {{from: number, to: number}} range @param {import('../format/time.js').Zone} zone */
export function rangeLabel(range, zone) {
  const long = range.to - range.from;
  return range.from > 0 && Number.isFinite(long)
    ? `${rangeChip(range, zone)} · ${howLong(long)}`
    : rangeChip(range, zone);
}
/** @param {number} minutes */
export const chartLabel = (minutes) => `Messages per second, last ${minutes} min`;
/** @param {number} perSecond */
export const peak = (perSecond) => `peak ${count(perSecond)}`;
/** @param {number} part @param {number} whole */
export const share = (part, whole) => `${Math.round((100 * part) / Math.max(1, whole))} %`;
/** @param {import('../messages/counts.js').Bar} bar @param {number} width seconds @param {import('../format/time.js').Zone} zone */
export const barTime = ({ from }, width, zone) =>
  width === 1 ? second(from * 1000, zone) : rangeChip({ from: from * 1000, to: (from + width) * 1000 }, zone);
/**
 * What one bar of the histogram stands for.
 * @param {import('../messages/counts.js').Bar} bar @param {boolean} isKnown whether all messages of that time are loaded
 */
export function barSaid({ all }, isKnown) {
  const [total = 0, errors = 0] = [all, all.slice(ERROR)].map((each) => each.reduce((sum, n) => sum + n, 0));
  if (!isKnown) return total > 0 ? `${count(total)} loaded, more in history` : words.notLoaded;
  return `${some(total, 'message')}${errors ? `, ${some(errors, 'error')}` : ''}`;
}
/** @param {number} level @param {string} many */
export const levelTitle = (level, many) =>
  `${many} loaded that match. Click: ${words.levelNames[level]} and above. Ctrl-click: on or off.`;
/** @param {1 | -1} by @param {boolean} hasSelection */
export function noError(by, hasSelection) {
  if (!hasSelection) return 'No errors loaded';
  return by < 0 ? 'No error before this one' : 'No error after this one';
}
/** @param {import('../messages/rate.js').Busy} busy */
export function rate(busy) {
  const [number, unit] = pace(busy);
  return /** @type {const} */ ([number, `msg/${unit}`]);
}
/** Where no rate is known. */
export const noRate = /** @type {const} */ (['–', 'msg/s']);
/** The same in a given unit, for a narrow column. @param {import('../messages/rate.js').Busy} busy @param {boolean} isPerSecond */
export function rateIn({ perSecond, perMinute }, isPerSecond) {
  if (!isPerSecond) return short(perMinute);
  const many = perSecond >= 1 ? perSecond : perMinute / 60;
  return many < 10 ? many.toFixed(1) : short(Math.round(many));
}
/** @param {number} held */
export const nothingMatches = (held) => `No match in the ${some(held, 'message')} loaded.`;
/** @param {number} many */
export const hiddenErrors = (many) =>
  `${some(many, 'error')} ${many === 1 ? 'is' : 'are'} hidden by the level filters.`;
/** @param {number} shown */
export const exportShown = (shown) => `Messages shown (${count(shown)})`;
/** @param {boolean} isWider */
export const exportAll = (isWider) =>
  `All matching messages in history${isWider ? ' (more than here: regular expressions and very long filters work in this page only)' : ''}`;
/** @param {string} why the server's words, or a code of ApiError */
export const historyProblem = (why) =>
  `The server’s history cannot be read: ${why === 'no_connection' ? 'no answer' : why}.`;
/** @param {number | null} ms @param {import('../format/time.js').Zone} zone */
export const historyAround = (ms, zone) =>
  ms === null ? words.fromHistory : `History around ${dayMinute(ms, zone)}`;
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
/** @param {string} topic @param {'unknown' | 'some' | 'none'} kept what the server's history has of it @returns {Phrase} */
export function emptyTopic(topic, kept) {
  if (kept === 'unknown') return ['No message on ', { b: topic }, ' is loaded. Looking in history…'];
  if (kept === 'some') return ['No message on ', { b: topic }, ' is loaded. History has some.'];
  return [
    'No messages on ',
    { b: topic },
    ' yet. ',
    { code: `curl -d "Hello" ${addressOf(`topics/${topic}`)}` },
  ];
}

/** @param {number} shown @param {number} total */
export const connectionsShown = (shown, total) => `${count(shown)} of ${count(total)} shown`;
/** @param {string} address @param {string} client */
export const disconnectQuestion = (address, client) =>
  /** @type {const} */ (['Disconnect ', client, ` at ${address}? It may reconnect automatically.`]);
/** @param {number} n messages */
export const sentTo = (n) => `${count(n)} sent`;
/** @param {number} n characters */
export const bytes = (n) => (n < 1e6 ? `${Math.round(n / 1000)} KB` : `${(n / 1e6).toFixed(1)} MB`);
/** @param {Omit<import('../stream/continuity.js').Proof, 'entries'>} proof @param {Clock} clock */
export function proofSummary({ since, first, last, received, repeated, missing, unknown, losses }, clock) {
  const range = first === null ? '' : ` (${first} to ${last})`;
  const hole = `${some(missing, 'message')}${unknown ? ' and an unknown number' : ''} missing`;
  return `Since ${secondAt(since, clock)}: ${some(received, 'message')}${range}, ${hole}, ${some(repeated, 'duplicate')} dropped, ${losses === 1 ? '1 connection loss' : `${count(losses)} connection losses`}.`;
}
/** @param {string} first @param {string} last */
export const idRange = (first, last) => `Ids ${first} to ${last}`;
/** @param {{since: number, missing: number, unknown: boolean} | null} proof @param {boolean} isWhole @param {Clock} clock */
export function verdictOf(proof, isWhole, clock) {
  if (proof === null) return '–';
  if (isWhole) return `Every message since ${secondAt(proof.since, clock)} has arrived`;
  if (proof.missing > 0)
    return `${some(proof.missing, 'message')}${proof.unknown ? ' and an unknown number' : ''} missing`;
  return proof.unknown
    ? 'An unknown number of messages is missing'
    : 'Some messages are not loaded in this tab';
}
/** @param {number} messages @param {number} errors @param {number} ms since the line before */
export function digest(messages, errors, ms) {
  const bad = errors > 0 ? `, ${some(errors, 'error')}` : '';
  return `${some(messages, 'message')} in ${span(ms)}${bad}`;
}
/** @param {string} topic @param {string} text */
export const errorSaid = (topic, text) => `Error on ${topic}: ${text}`;
