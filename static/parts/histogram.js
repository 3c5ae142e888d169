/** Messages per second, by level. Owns the window of time that is drawn. */
import { narrow } from '../actions/filtering.js';
import { toOldest } from '../actions/reading.js';
import { count, date, minute, second } from '../format/time.js';
import { LEVELS, SHAPES } from '../messages/message.js';
import { loadSetting, saveSetting } from '../settings.js';
import { barSaid, barTime, chartLabel, peak, rangeLabel, share, words } from '../text/en.js';
import { Chart } from '../ui/chart.js';
import { attribute, h, hear, icon, setIcon, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/**
 * @typedef {import('../messages/counts.js').Bar} Bar
 * @typedef {import('../format/time.js').Zone} Zone
 */

/** Minutes in sight: seconds of one bar, and between two ticks of the axis. @type {Record<number, [bar: number, tick: number]>} */
const WIDTHS = { 1: [1, 10], 15: [5, 60], 60: [20, 300] };
/** Width of the figures to the left of the bars (px). */
const GUTTER = 36;
/** Colours of the levels, as tokens.css names them. */
const BAR_COLORS = ['info', 'info', 'warn', 'error', 'critical'];

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Histogram(el, page) {
  const { store } = page;
  const frame = new Frame(page);
  /** The bar under the pointer. @type {number | null} */
  let pointed = null;
  const top = h('span', { 'data-role': 'peak' });
  const caption = h('div', { class: 'chart-caption' }, h('b', {}, words.perSecond), top);
  const spans = spanButtons((minutes) => {
    frame.minutes = minutes;
    update();
  });
  const table = tableOf(update);
  const canvas = h('canvas', { tabindex: 0, role: 'img', 'data-role': 'histogram-chart' });
  const tip = h('div', { class: 'chart-tip', 'data-role': 'chart-tip', hidden: true });
  const range = h('button', { type: 'button', class: 'chart-range', onclick: () => select(null) });
  const tools = h('span', { class: 'chart-tools' }, foldButton(el, update), table.button);
  const head = h('div', { class: 'chart-head', role: 'toolbar', 'aria-label': words.chart }, spans.el, tools);
  roving(head);
  el.append(caption, head, canvas, range, tip, table.el);
  const chart = new Chart(canvas, select, (index, x) => {
    pointed = index;
    tip.style.insetInlineStart = `${Math.max(8, Math.min(canvas.offsetLeft + x - 20, el.clientWidth - 220))}px`;
    update();
  });

  /** @param {{from: number, to: number} | null} chosen bars */
  function select(chosen) {
    narrow(page, { range: chosen && { from: frame.timeOf(chosen.from), to: frame.timeOf(chosen.to) } });
    if (chosen) toOldest(page);
  }

  function update() {
    const { zone } = store.view;
    frame.read();
    chart.show(frame.picture(canvas));
    const said = peak(Math.max(...frame.bars.map((bar) => bar.busiest)));
    write(top, said);
    attribute(canvas, 'aria-label', `${chartLabel(frame.minutes)}. ${said}. ${words.chartKeys}`);
    spans.show(frame.minutes);
    drawRange(range, frame.range, zone);
    if (!range.hidden) {
      const { left, right } = chart.edges();
      range.hidden = right <= left;
      const most = canvas.clientWidth - range.offsetWidth;
      const middle = (left + right - range.offsetWidth) / 2;
      range.style.insetInlineStart = `${canvas.offsetLeft + Math.max(0, Math.min(middle, most))}px`;
    }
    drawTip(tip, frame, pointed, zone);
    table.show(frame.bars, zone);
  }
  for (const noun of /** @type {const} */ (['tick', 'selection', 'view', 'settings'])) hear(el, noun, update);
  update();
}

/** The window of time that is drawn, and its bars. */
class Frame {
  /** @param {import('../actions/page.js').Page} page */
  constructor({ store }) {
    this.store = store;
    this.minutes = 15;
    /** The second at which the first bar begins. */
    this.first = 0;
    /** @type {Bar[]} */
    this.bars = [];
  }

  /** Seconds of one bar. */
  get width() {
    return WIDTHS[this.minutes]?.[0] ?? 1;
  }

  /** The range of time that is selected (ms). */
  get range() {
    return this.store.selection.range;
  }

  /** When a bar begins (ms). @param {number} index */
  timeOf(index) {
    return (this.first + index * this.width) * 1000;
  }

  /** @param {number} ms */
  #index(ms) {
    return (ms / 1000 - this.first) / this.width;
  }

  read() {
    const many = (this.minutes * 60) / this.width;
    const now = Math.floor(this.store.serverTime() / 1000);
    // Bars begin at whole multiples of their width, or each would change its height as time passes.
    this.first = (Math.floor(now / this.width) - many + 1) * this.width;
    this.bars = this.store.live.counts.bars(this.first, this.width, many);
  }

  /** The index of the first bar of which every message is loaded. */
  get known() {
    const { oldest } = this.store.live;
    if (oldest === null) return this.store.isKnown ? 0 : this.bars.length;
    if (oldest.id.endsWith('-1')) return 0;
    return Math.ceil(this.#index(oldest.ms));
  }

  /** Every second tick has a label; a new day is named. */
  #ticks() {
    const every = WIDTHS[this.minutes]?.[1] ?? 60;
    const { zone } = this.store.view;
    const found = [];
    for (let at = Math.ceil(this.first / every) * every; at < this.first + this.minutes * 60; at += every) {
      const isDay = date(at * 1000, zone) !== date((at - every) * 1000, zone);
      const isLabelled = isDay || Math.round(at / every) % 2 === 0;
      const time = this.minutes === 1 ? second(at * 1000, zone) : minute(at * 1000, zone);
      const label = isDay ? date(at * 1000, zone).slice(0, 6) : time;
      found.push({ at: this.#index(at * 1000), label: isLabelled ? label : '', isDay });
    }
    return found;
  }

  /** @param {HTMLCanvasElement} canvas @returns {import('../ui/chart.js').Picture} */
  picture(canvas) {
    const { bars, range, store } = this;
    const style = getComputedStyle(canvas);
    const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
    return {
      stacks: bars.map(({ all, matched }) => ({ whole: all, part: matched })),
      colors: BAR_COLORS.map((name) => color(`bar-${name}`)),
      shades: {
        base: color('line-2'),
        unknown: color('sunken'),
        range: color('accent'),
        text: color('text-3'),
        strong: color('text'),
      },
      unit: this.width,
      flags: store.losses
        .filter(({ mark }) => mark === 'loss')
        .map(({ at }) => Math.floor(this.#index(store.serverTime(at)))),
      known: this.known,
      unknown: words.notLoaded,
      ticks: this.#ticks(),
      gutter: canvas.offsetLeft > 0 && !isFolded() ? GUTTER : 0,
      range: range && {
        from: Math.max(0, this.#index(range.from)),
        to: Math.min(bars.length, this.#index(range.to)),
      },
    };
  }
}

/** Which span of time is drawn. @param {(minutes: number) => void} choose */
function spanButtons(choose) {
  const buttons = Object.keys(WIDTHS).map((name) =>
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'data-minutes': name,
        'aria-label': words.minutes(Number(name)),
        onclick: () => choose(Number(name)),
      },
      words.chartSpans[/** @type {'1' | '15' | '60'} */ (name)],
    ),
  );
  return {
    el: h('span', { class: 'chart-spans' }, ...buttons),
    show(/** @type {number} */ minutes) {
      for (const button of buttons)
        attribute(button, 'aria-pressed', Number(button.dataset.minutes) === minutes);
    },
  };
}

const isFolded = () => loadSetting('chart') === 'folded';

/** @param {HTMLElement} el the histogram @param {() => void} changed */
function foldButton(el, changed) {
  const sign = icon('chevron-up', 'small');
  const button = h('button', { type: 'button', class: 'icon', onclick: fold }, sign);
  function fold() {
    saveSetting('chart', isFolded() ? '' : 'folded');
    show();
    changed();
  }
  function show() {
    el.classList.toggle('folded', isFolded());
    setIcon(sign, isFolded() ? 'chevron-down' : 'chevron-up');
    button.title = isFolded() ? words.unfoldChart : words.foldChart;
    attribute(button, 'aria-label', button.title);
  }
  show();
  return button;
}

/** The same numbers as a table, and the button that shows it. @param {() => void} changed */
function tableOf(changed) {
  const rows = h('tbody', {});
  const head = words.tableHead.map((name) => h('th', { scope: 'col' }, name));
  const el = h(
    'div',
    { class: 'table', hidden: true, tabindex: 0, role: 'region', 'aria-label': words.table },
    h('table', {}, h('thead', {}, h('tr', {}, ...head)), rows),
  );
  const button = h(
    'button',
    { type: 'button', class: 'icon', title: words.table, 'aria-label': words.table, onclick: toggle },
    icon('table-2', 'small'),
  );
  function toggle() {
    el.hidden = !el.hidden;
    attribute(button, 'aria-expanded', !el.hidden);
    button.title = el.hidden ? words.table : words.hideTable;
    attribute(button, 'aria-label', button.title);
    changed();
  }
  /** @param {Bar[]} bars @param {Zone} zone */
  function show(bars, zone) {
    if (el.hidden) return;
    const full = bars.filter(({ busiest }) => busiest > 0).reverse();
    rows.replaceChildren(
      ...full.map(({ from, all }) => {
        const cells = [...all].reverse().map((each) => h('td', {}, count(each)));
        return h('tr', {}, h('th', { scope: 'row' }, second(from * 1000, zone)), ...cells);
      }),
    );
  }
  return { el, button, show };
}

/** The selected range in the band of the axis; a click clears it. @param {HTMLElement} el @param {{from: number, to: number} | null} range @param {Zone} zone */
function drawRange(el, range, zone) {
  const said = range && rangeLabel(range, zone);
  el.hidden = said === null;
  if (said === null || el.title === words.remove(said)) return;
  el.title = words.remove(said);
  attribute(el, 'aria-label', el.title);
  el.replaceChildren(said, icon('x'));
}

/** @param {HTMLElement} tip @param {Frame} frame @param {number | null} pointed a bar @param {Zone} zone */
function drawTip(tip, frame, pointed, zone) {
  const bar = pointed === null ? undefined : frame.bars[pointed];
  tip.hidden = bar === undefined;
  if (bar === undefined || pointed === null) return;
  const lines = [...LEVELS.keys()].reverse().filter((level) => bar.all[level]);
  const total = bar.all.reduce((sum, each) => sum + each, 0);
  tip.replaceChildren(
    h('b', {}, barTime(bar, frame.width, zone)),
    h('div', {}, barSaid(bar, pointed >= frame.known)),
    ...lines.map((level) =>
      h(
        'span',
        { 'data-level': LEVELS[level] },
        SHAPES[level] ? icon(SHAPES[level], 'shape') : h('i', { class: 'shape' }),
        words.levelNames[level],
        h('span', { class: 'many' }, count(bar.all[level] ?? 0)),
        h('span', { class: 'share' }, share(bar.all[level] ?? 0, total)),
      ),
    ),
  );
}
