/** The topics with their message rates. */
import { hideTopic, onlyTopic } from '../actions/filtering.js';
import { span } from '../format/time.js';
import { isBelow } from '../query/selection.js';
import { isUp } from '../stream/connection-state.js';
import { topicRate, words } from '../text/en.js';
import { attribute, h, hear, icon, keyed, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** Topics from which on there is a search field. */
const MANY = 20;
/** Topics that are drawn; the field finds the others. */
const DRAWN = 300;
const QUIET = 60_000;
/** Names of more characters are cut before their last part, of which so many stay. */
const LONG_NAME = 22;
const TAIL = 15;

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function TopicList(el, page) {
  const { store } = page;
  const search = h('input', {
    type: 'search',
    placeholder: words.findTopic,
    'aria-label': words.findTopic,
    hidden: true,
    oninput: () => update(),
  });
  const all = h(
    'button',
    { type: 'button', class: 'topic', onclick: () => onlyTopic(page, null) },
    h('span', {}, words.allTopics),
    h('span', { class: 'number' }),
  );
  const list = h('ul', {});
  const more = h('p', { class: 'more' });
  const buttons = h(
    'div',
    { role: 'toolbar', 'aria-label': words.topics, 'aria-orientation': 'vertical' },
    all,
    list,
  );
  el.append(h('h2', {}, words.topics), search, buttons, more);
  const settle = roving(buttons);

  /** @param {{topic: import('../messages/topics.js').Topic}} item */
  function make({ topic }) {
    const button = h(
      'button',
      {
        type: 'button',
        class: 'topic',
        onclick: (/** @type {MouseEvent} */ event) =>
          event.altKey ? hideTopic(page, topic.name) : onlyTopic(page, topic.name),
      },
      h('span', { class: 'name' }, h('span', { class: 'head' }), h('span', { class: 'tail' })),
      h('span', { class: 'number' }),
    );
    const hide = h(
      'button',
      {
        type: 'button',
        class: 'hide',
        title: words.hideTopic(topic.name),
        'aria-label': words.hideTopic(topic.name),
        onclick: () => hideTopic(page, topic.name),
      },
      icon('eye-off'),
    );
    return h('li', { 'data-role': 'topic' }, button, hide);
  }

  /** @param {HTMLElement} li @param {{topic: import('../messages/topics.js').Topic, depth: number, label: string}} item */
  function draw(li, { topic, depth, label }) {
    const button = /** @type {HTMLElement} */ (li.firstElementChild);
    const [name, number] = /** @type {[HTMLElement, HTMLElement]} */ ([...button.children]);
    const now = store.now();
    const { only, hidden } = store.selection;
    const silent = store.serverTime(now) - topic.last;
    const cut =
      label.length > LONG_NAME ? Math.max(label.lastIndexOf('.'), label.length - TAIL) : label.length;
    write(/** @type {Element} */ (name.firstElementChild), label.slice(0, cut));
    write(/** @type {Element} */ (name.lastElementChild), label.slice(cut));
    li.classList.toggle('is-quiet', silent > QUIET);
    name.title = topic.name;
    name.style.paddingInlineStart = `${depth * 14}px`;
    write(
      number,
      silent > QUIET || !isUp(store.link) ? span(silent) : topicRate(store.rate(now, topic.rate)),
    );
    attribute(button, 'aria-pressed', topic.name === only);
    li.classList.toggle(
      'is-hidden',
      hidden.some((each) => isBelow(topic.name, each)),
    );
  }

  function update() {
    const items = store.live.topics.list();
    search.hidden = items.length <= MANY;
    const wanted = search.hidden ? '' : search.value.toLowerCase();
    const found = items.filter(({ topic }) => topic.name.toLowerCase().includes(wanted));
    keyed(list, found.slice(0, DRAWN), ({ topic }) => topic.name, make, draw);
    settle();
    more.hidden = found.length <= DRAWN;
    write(more, words.moreTopics(found.length - DRAWN));
    attribute(all, 'aria-pressed', store.selection.only === null && store.selection.hidden.length === 0);
    write(
      /** @type {HTMLElement} */ (all.lastElementChild),
      store.isKnown && isUp(store.link) ? topicRate(store.rate(store.now())) : '–',
    );
  }
  for (const noun of /** @type {const} */ (['tick', 'link', 'selection'])) hear(el, noun, update);
  update();
}
