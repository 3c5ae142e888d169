/** The topics with their message rates, below the parts of names that they share; quiet ones come last. */
import { hideTopic, onlyTopic } from '../actions/filtering.js';
import { span } from '../format/time.js';
import { isBelow } from '../query/selection.js';
import { loadSetting, saveSetting } from '../settings.js';
import { isUp } from '../stream/connection-state.js';
import { rateIn, words } from '../text/en.js';
import { attribute, h, hear, icon, keyed, write } from '../ui/dom.js';
import { grab } from '../ui/grab.js';
import { roving } from '../ui/roving.js';

/** Topics from which on there is a search field. */
const MANY = 20;
/** Topics that are drawn; the field finds the others. */
const DRAWN = 300;
/** A topic without a message for so long is quiet (ms). */
const QUIET_AFTER = 60_000;
/** Names of more characters are cut before their last part, of which so many stay. */
const LONG_NAME = 18;
const TAIL = 15;

/**
 * @typedef {import('../messages/topics.js').Node} Node
 * @typedef {import('../messages/topics.js').Topic} Topic
 * @typedef {{node: Node, label: string, depth: number, topics: Topic[], isFlat?: boolean}} Line topics: its own and those below
 */

/** @typedef {import('../actions/page.js').Page} Page */
/** @typedef {import('../store.js').Store} Store */

/** @param {Node} node @returns {Topic[]} */
const topicsOf = ({ topic, inner }) => [...(topic ? [topic] : []), ...inner.flatMap(topicsOf)];

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function TopicList(el, page) {
  const { store } = page;
  /** Paths of the nodes that are folded. */
  const folded = new Set(loadSetting('folded').split(' '));
  const search = h('input', {
    type: 'search',
    placeholder: words.findTopic,
    'aria-label': words.findTopic,
    hidden: true,
    oninput: () => update(),
  });
  const all = allButton(page);
  const unit = h('span', { class: 'unit' });
  const list = h('ul', {});
  const quietHead = h('h2', {}, words.quiet);
  const quiet = h('ul', { class: 'quiet-topics' });
  const more = h('p', { class: 'more' });
  const none = h('p', { class: 'more' }, words.noTopics);
  const props = { role: 'toolbar', 'aria-label': words.topics, 'aria-orientation': 'vertical' };
  const buttons = h('div', props, all, list, quietHead, quiet);
  el.append(h('h2', {}, words.topics, unit), search, buttons, none, more, sideEdge(el));
  const settle = roving(buttons);

  /** @param {string} path */
  function fold(path) {
    if (!folded.delete(path)) folded.add(path);
    saveSetting('folded', [...folded].join(' ').trim());
    update();
  }

  function update() {
    search.hidden = store.live.topics.byName.size <= MANY;
    const [shown, silent] = linesOf(store, folded, search.hidden ? '' : search.value.toLowerCase());
    const key = (/** @type {Line} */ { node }) => node.path;
    const make = (/** @type {Line} */ { node }) => makeLine(page, node, fold);
    const draw = (/** @type {HTMLElement} */ li, /** @type {Line} */ line) =>
      drawLine(li, line, store, folded);
    keyed(list, shown.slice(0, DRAWN), key, make, draw);
    keyed(quiet, silent.slice(0, Math.max(0, DRAWN - shown.length)), key, make, draw);
    quietHead.hidden = silent.length === 0;
    settle();
    const left = shown.length + silent.length - DRAWN;
    more.hidden = left <= 0;
    write(more, words.moreTopics(left));
    none.hidden = store.live.topics.byName.size > 0;
    const isKnown = store.isKnown && isUp(store.link);
    write(unit, isBusy(store) ? words.perSecond1 : words.perMinute1);
    attribute(all, 'aria-pressed', store.selection.only === null && store.selection.hidden.length === 0);
    write(
      /** @type {HTMLElement} */ (all.lastElementChild),
      isKnown ? rateIn(store.rate(store.now()), isBusy(store)) : '–',
    );
  }
  for (const noun of /** @type {const} */ (['tick', 'link', 'selection'])) hear(el, noun, update);
  update();
}

/** @param {Page} page */
const allButton = (page) =>
  h(
    'button',
    { type: 'button', class: 'topic', onclick: () => onlyTopic(page, null) },
    icon('hash', 'small'),
    h('span', { class: 'name' }, words.allTopics),
    h('span', { class: 'number' }),
  );

/** @param {HTMLElement} el */
const sideEdge = (el) =>
  grab(el, {
    name: 'side',
    edge: 'right',
    least: 200,
    most: 400,
    label: words.resizeTopics,
    kept: loadSetting('side'),
    keep: (width) => saveSetting('side', width),
  });

/** @param {Page} page @param {Node} node @param {(path: string) => void} fold */
function makeLine(page, node, fold) {
  const { path } = node;
  const twist = h(
    'button',
    { type: 'button', class: 'twist', onclick: () => fold(path) },
    icon('chevron-right', 'small'),
  );
  const button = h(
    'button',
    {
      type: 'button',
      class: 'topic',
      onclick: (/** @type {MouseEvent} */ event) =>
        event.altKey ? hideTopic(page, path) : onlyTopic(page, path),
    },
    h('span', { class: 'name' }, h('span', { class: 'head' }), h('span', { class: 'tail' })),
    h('span', { class: 'number' }),
  );
  const label = words.hideTopic(path);
  const hide = h(
    'button',
    {
      type: 'button',
      class: 'hide',
      title: label,
      'aria-label': label,
      onclick: () => hideTopic(page, path),
    },
    icon('eye-off', 'small'),
  );
  return h('li', { 'data-role': node.topic ? 'topic' : 'topic-group' }, button, twist, hide);
}

/** @param {HTMLElement} li @param {Line} line @param {Store} store @param {Set<string>} folded */
function drawLine(li, { node, label, depth, topics, isFlat = false }, store, folded) {
  const [button, twist] = /** @type {[HTMLElement, HTMLElement]} */ ([...li.children]);
  const [name, number] = /** @type {[HTMLElement, HTMLElement]} */ ([...button.children]);
  const { only, hidden } = store.selection;
  const isOpen = !folded.has(node.path);
  twist.hidden = isFlat || node.inner.length === 0;
  attribute(twist, 'aria-expanded', isOpen);
  attribute(twist, 'aria-label', isOpen ? words.foldTopic(node.path) : words.unfoldTopic(node.path));
  const cut = label.length > LONG_NAME ? Math.max(label.lastIndexOf('.'), label.length - TAIL) : label.length;
  write(/** @type {Element} */ (name.firstElementChild), label.slice(0, cut));
  write(/** @type {Element} */ (name.lastElementChild), label.slice(cut));
  name.title = node.path;
  li.style.setProperty('--depth', String(depth));
  const silent = silence(store, topics);
  if (!isUp(store.link)) write(number, '–');
  else if (silent > QUIET_AFTER) write(number, words.ago(span(silent)));
  else write(number, rateIn(total(store, topics), isBusy(store)));
  attribute(button, 'aria-pressed', node.path === only);
  li.classList.toggle(
    'is-hidden',
    hidden.some((each) => isBelow(node.path, each)),
  );
}

/** How long the last message is over (ms). @param {Store} store @param {Topic[]} topics */
const silence = (store, topics) => store.serverTime() - Math.max(...topics.map(({ last }) => last));

/** @param {Store} store @param {Topic[]} topics */
function total(store, topics) {
  const now = store.now();
  const sum = { perSecond: 0, perMinute: 0 };
  for (const { rate } of topics) {
    const { perSecond, perMinute } = store.rate(now, rate);
    sum.perSecond += perSecond;
    sum.perMinute += perMinute;
  }
  return sum;
}

/** Whether rates are told per second: one unit for the whole list, that of the header. @param {Store} store */
const isBusy = (store) => store.rate(store.now()).perSecond >= 1;

/**
 * The lines in order, and those of quiet topics.
 * @param {Store} store @param {Set<string>} folded @param {string} wanted what names must have; '' for all
 * @returns {[lines: Line[], quiet: Line[]]}
 */
function linesOf(store, folded, wanted) {
  /** @type {[Line[], Line[]]} */
  const [shown, silent] = [[], []];
  /** @param {Node} node */
  function walk(node) {
    const { path, label, depth, topic, inner } = node;
    const topics = topicsOf(node);
    const isQuiet = isUp(store.link) && silence(store, topics) > QUIET_AFTER;
    const isFound = path.toLowerCase().includes(wanted);
    if (isQuiet || wanted !== '') {
      const flat = { node, label: path, depth: 0, topics: topic ? [topic] : topics, isFlat: true };
      if (topic && isFound) (isQuiet ? silent : shown).push(flat);
      inner.forEach(walk);
      return;
    }
    shown.push({ node, label, depth, topics });
    if (!folded.has(path)) inner.forEach(walk);
  }
  store.live.topics.tree().forEach(walk);
  return [shown, silent];
}
