/** The header: state of the stream, message rate, pause and the other buttons; the tab's title and icon. */
import { openDialog, openPanel, togglePublish } from '../actions/panels.js';
import { togglePause } from '../actions/reading.js';
import { isUp } from '../stream/connection-state.js';
import { behindPill, noRate, pill, rate, tabTitle, words } from '../text/en.js';
import { attribute, h, hear, icon, part, setIcon, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** @typedef {import('../actions/page.js').Page} Page */

/** Messages older than this on arrival: the browser does not keep up (ms). */
const BEHIND = 2_000;
/** @type {Partial<Record<import('../stream/connection-state.js').Phase, string>>} */
const LOOKS = {
  connecting: 'wait',
  live: 'live',
  'catching-up': 'busy',
  silent: 'doubt',
  held: 'doubt',
  resting: 'doubt',
};

/** How the state looks. 'lost': anything that is not listed. @param {import('../store.js').Store} store */
export function stateLook({ link, behind }) {
  const isSlow = link.phase === 'live' && behind > BEHIND;
  return { isSlow, look: isSlow ? 'busy' : (LOOKS[link.phase] ?? 'lost') };
}

/** @param {HTMLElement} el the pill and the rate @param {Page} page */
export function StatePill(el, { store }) {
  const state = h('span', { class: 'words', 'data-role': 'connection-state' });
  const box = h('span', { class: 'pill' }, h('span', { class: 'dot' }), icon('unplug'), state);
  const number = h('b', {});
  const unit = h('span', {});
  const speed = h('span', { class: 'speed', 'data-role': 'rate' }, number, unit);
  const trend = sparkline();
  el.append(box, h('span', { class: 'pace' }, speed, trend.svg));

  function update() {
    const now = store.now();
    const { link, behind } = store;
    const { isSlow, look } = stateLook(store);
    write(state, isSlow ? behindPill(behind) : pill(link, now));
    attribute(box, 'data-look', look);
    attribute(box, 'data-phase', link.phase);
    const isKnown = store.isKnown && isUp(link);
    const [many, per] = isKnown ? rate(store.rate(now)) : noRate;
    write(number, many);
    write(unit, ` ${per}`);
    trend.svg.toggleAttribute('hidden', !isKnown);
    trend.draw(store.live.traffic.minute(Math.floor(store.serverTime(now) / 1000)));
  }
  for (const noun of /** @type {const} */ (['link', 'tick'])) hear(el, noun, update);
  update();
}

/** The last minute as a line. */
function sparkline() {
  const make = (/** @type {string} */ name) => document.createElementNS('http://www.w3.org/2000/svg', name);
  const [svg, line] = [make('svg'), make('polyline')];
  svg.setAttribute('viewBox', '0 0 60 16');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(line);
  /** @param {number[]} counts of each second */
  function draw(counts) {
    // Three seconds each: a single one says more of chance than of the trend.
    const means = counts
      .slice(2)
      .map((_, i) => (counts[i] ?? 0) + (counts[i + 1] ?? 0) + (counts[i + 2] ?? 0));
    const top = Math.max(3, ...means);
    attribute(
      line,
      'points',
      means.map((each, i) => `${i + 1},${(15 - (13 * each) / top).toFixed(1)}`).join(' '),
    );
  }
  return { svg, draw };
}

/** The button of the topics where they are no column. @param {HTMLElement} el @param {Page} page */
export function TopicsButton(el, page) {
  el.append(icon('panel-left'));
  el.addEventListener('click', () => openPanel(page, page.store.view.panel === 'topics' ? '' : 'topics'));
  hear(el, 'view', () => attribute(el, 'aria-expanded', page.store.view.panel === 'topics'));
}

/** @param {HTMLElement} el @param {Page} page */
export function Tools(el, page) {
  const { store } = page;
  const sign = icon('pause');
  const label = h('span', { class: 'label' });
  const pause = h(
    'button',
    { type: 'button', 'data-role': 'pause', onclick: () => togglePause(page) },
    sign,
    label,
  );
  const publish = h(
    'button',
    { type: 'button', 'data-role': 'publish-open', onclick: () => togglePublish(page) },
    icon('send'),
    h('span', { class: 'label' }, words.publish),
  );
  /** @param {'help' | 'settings'} name @param {string} look */
  const opener = (name, look) =>
    h(
      'button',
      {
        type: 'button',
        class: 'icon',
        'data-role': `open-${name}`,
        title: words.dialogs[name],
        'aria-label': words.dialogs[name],
        onclick: () => openDialog(page, name),
      },
      icon(look),
    );
  el.append(pause, publish, opener('help', 'circle-question-mark'), opener('settings', 'settings'));
  roving(el);

  function update() {
    const isPaused = store.view.mode === 'paused';
    write(label, isPaused ? words.resume : words.pause);
    setIcon(sign, isPaused ? 'play' : 'pause');
    pause.classList.toggle('primary', isPaused);
    attribute(pause, 'aria-pressed', isPaused);
  }
  hear(el, 'view', update);
  update();
}

/** @param {HTMLElement} el anything that hears nouns @param {Page} page @param {string} title */
export function TabTitle(el, { store }, title) {
  const tabIcon = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel=icon]'));
  function update() {
    const { link, view, unseenErrors } = store;
    const lost = !isUp(link) && link.phase !== 'connecting';
    const waiting = view.mode === 'following' ? 0 : view.unseen;
    const text = tabTitle(store.title ?? title, unseenErrors, lost, waiting);
    if (store.title !== null) write(part('title'), store.title);
    if (document.title !== text) document.title = text;
    const look = lost ? 'lost' : unseenErrors > 0 ? 'errors' : 'live';
    const href = `static/icons/${look}.svg`;
    if (tabIcon.getAttribute('href') !== href) tabIcon.href = href;
  }
  for (const noun of /** @type {const} */ (['link', 'messages', 'view', 'config', 'tick']))
    hear(el, noun, update);
  update();
}
