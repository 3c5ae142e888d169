/**
 * What actions work on.
 *
 * @typedef {object} FeedHandle the feed as actions drive it
 * @property {number} firstSeen ordinal of the first row that is in sight as a whole
 * @property {() => void} jumpEnd
 * @property {() => void} jumpStart
 * @property {(by: 1 | -1) => void} scrollPage
 * @property {(n: number, isMiddle?: boolean) => void} reveal brings a row, by its ring number, into view
 *
 * @typedef {object} Page
 * @property {import('../store.js').Store} store
 * @property {import('../stream/link.js').Link} link
 * @property {FeedHandle} feed
 * @property {() => Promise<void>} loadDialogs rejected when the server does not answer
 */
