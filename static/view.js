/**
 * How one looks at the messages: what they are shown as, and where one stands.
 *
 * @typedef {'following' | 'reading' | 'paused'} Mode
 * @typedef {import('./format/time.js').Zone} Zone
 * @typedef {import('./messages/roll.js').Roll} Roll
 *
 * @typedef {object} View
 * @property {Mode} mode
 * @property {number} unseen messages shown below since reading began
 * @property {number} unseenErrors
 * @property {number} unseenFrom the ring's number of the first that may be one of them
 * @property {number | null} heldAt in Paused: the ring's number behind the last row that is shown
 * @property {number | null} selected the ring's number of the row that keys act on
 * @property {Zone} zone
 * @property {'' | 'who' | 'details' | 'topics'} panel what the right side shows; on a phone, where there are no sides, also the topics
 * @property {string | null} lostRows the id of what was being read and is no longer in memory
 *
 * What the page shows of the server's history, instead of what is live.
 * @typedef {object} Past
 * @property {'around' | 'search'} kind the neighbours of one message, without a filter; or what the filter finds
 * @property {string} at the id of the message in the middle; '' of a search
 * @property {Roll} roll
 * @property {string | null} older where to go on, null: there is no more
 * @property {string | null} newer
 * @property {{id: string, time: string} | null} first the oldest message the server keeps
 * @property {boolean} isGone the message in the middle is not kept
 * @property {boolean} isLoading
 * @property {string} problem why the server would not say
 * @property {{past: Past | null, selection: import('./query/selection.js').Selection, view: View}} before what to go back to
 */

/** As it begins. @type {View} */
export const VIEW = {
  mode: 'following',
  unseen: 0,
  unseenErrors: 0,
  unseenFrom: 0,
  heldAt: null,
  selected: null,
  zone: 'local',
  panel: '',
  lostRows: null,
};
