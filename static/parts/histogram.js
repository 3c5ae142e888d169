/** Messages per second, by level. Owns the window of time that is drawn. */
import { narrow } from '../actions/filtering.js';
import { toOldest } from '../actions/reading.js';
import { count, date, minute, second } from '../format/time.js';
import { LEVELS, SHAPES } from '../messages/message.js';
import { loadSetting, saveSetting } from '../settings.js';
import { barSaid, barTime, chartLabel, peak, share, words } from '../text/en.js';
import { Chart } from '../ui/chart.js';
import { attribute, h, hear, icon, setIcon, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** Minutes in sight: seconds of one bar, and between two ticks of the axis. @type {Record<number, [bar: number, tick: number]>} */
const WIDTHS = { 1: [1, 10], 15: [5, 60], 60: [20, 300] };
/** Width of the figures to the left of the bars (px). */
const GUTTER = 36;

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Histogram(el, page) {
  const { store } = page;
  let minutes = 15;
  /** The second at which the first bar begins, and the bars as they were drawn. */
  let first = 0;
  /** @type {import('../messages/counts.js').Bar[]} */
  let bars = [];
  /** The bar under the pointer. @type {number | null} */
  let pointed = null;

  const top = h('span', { 'data-role': 'peak' });
  const caption = h('div', { class: 'chart-caption' }, h('b', {}, words.perSecond), top);
  const buttons = Object.keys(WIDTHS).map((name) =>
    h(
      'button',
      { type: 'button', class: 'quiet', 'data-minutes': name, onclick: () => zoom(Number(name)) },
      words.chartSpans[/** @type {'1' | '15' | '60'} */ (name)],
    ),
  );
  const foldSign = icon('chevron-up', 'small');
  const foldButton = h('button', { type: 'button', class: 'icon', onclick: fold }, foldSign);
  const tableButton = h(
    'button',
    { type: 'button', class: 'icon', title: words.table, 'aria-label': words.table, onclick: toggleTable },
    icon('table-2', 'small'),
  );
  const head = h(
    'div',
    { class: 'chart-head', role: 'toolbar', 'aria-label': words.chart },
    h('span', { class: 'chart-spans' }, ...buttons),
    h('span', { class: 'chart-tools' }, foldButton, tableButton),
  );
  roving(head);
  const canvas = h('canvas', { tabindex: 0, role: 'img', 'data-role': 'histogram-chart' });
  const tip = h('div', { class: 'chart-tip', 'data-role': 'chart-tip', hidden: true });
  const probes = LEVELS.map((name) => h('i', { 'data-level': name }));
  const [base, unknown, range] = ['edge', 'unknown', 'range'].map((name) =>
    h('i', { class: `probe-${name}` }),
  );
  const rows = h('tbody', {});
  const table = h(
    'div',
    { class: 'table', hidden: true, tabindex: 0, role: 'region', 'aria-label': words.table },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...words.tableHead.map((name) => h('th', { scope: 'col' }, name)))),
      rows,
    ),
  );
  el.append(caption, head, canvas, tip, table);
  el.append(h('div', { class: 'probes', 'aria-hidden': 'true' }, ...probes, base, unknown, range));
  const chart = new Chart(canvas, select, (index, x) => {
    pointed = index;
    tip.style.insetInlineStart = `${Math.max(8, Math.min(canvas.offsetLeft + x - 20, el.clientWidth - 220))}px`;
    update();
  });

  /** Seconds of one bar. */
  const width = () => WIDTHS[minutes]?.[0] ?? 1;

  /** @param {{from: number, to: number} | null} chosen bars */
  function select(chosen) {
    const at = (/** @type {number} */ index) => (first + index * width()) * 1000;
    narrow(page, { range: chosen && { from: at(chosen.from), to: at(chosen.to) } });
    if (chosen) toOldest(page);
  }

  /** @param {number} value */
  function zoom(value) {
    minutes = value;
    update();
  }

  function toggleTable() {
    table.hidden = !table.hidden;
    attribute(tableButton, 'aria-expanded', !table.hidden);
    tableButton.title = table.hidden ? words.table : words.hideTable;
    attribute(tableButton, 'aria-label', tableButton.title);
    update();
  }

  function fold() {
    saveSetting('chart', isFolded() ? '' : 'folded');
    showFold();
    update();
  }

  const isFolded = () => loadSetting('chart') === 'folded';

  function showFold() {
    el.classList.toggle('folded', isFolded());
    setIcon(foldSign, isFolded() ? 'chevron-down' : 'chevron-up');
    foldButton.title = isFolded() ? words.unfoldChart : words.foldChart;
    attribute(foldButton, 'aria-label', foldButton.title);
  }

  /** @param {Element | undefined} probe */
  const colorOf = (probe) => (probe ? getComputedStyle(probe).color : 'gray');

  /** The index of the first bar of which every message is loaded. */
  function known() {
    const { oldest } = store.live;
    if (oldest === null) return store.isKnown ? 0 : bars.length;
    if (oldest.id.endsWith('-1')) return 0;
    return Math.ceil((oldest.ms / 1000 - first) / width());
  }

  /** Every second tick has a label; a new day is named. */
  function ticks() {
    const every = WIDTHS[minutes]?.[1] ?? 60;
    const { zone } = store.view;
    const found = [];
    for (let at = Math.ceil(first / every) * every; at < first + minutes * 60; at += every) {
      const isDay = date(at * 1000, zone) !== date((at - every) * 1000, zone);
      const isLabelled = isDay || Math.round(at / every) % 2 === 0;
      const time = minutes === 1 ? second(at * 1000, zone) : minute(at * 1000, zone);
      const label = isDay ? date(at * 1000, zone).slice(0, 6) : time;
      found.push({ at: (at - first) / width(), label: isLabelled ? label : '', isDay });
    }
    return found;
  }

  function update() {
    const many = (minutes * 60) / width();
    const now = Math.floor(store.serverTime() / 1000);
    // Bars begin at whole multiples of their width, or each would change its height as time passes.
    first = (Math.floor(now / width()) - many + 1) * width();
    bars = store.live.counts.bars(first, width(), many);
    const chosen = store.selection.range;
    const index = (/** @type {number} */ ms) => (ms / 1000 - first) / width();
    const style = getComputedStyle(canvas);
    chart.show({
      stacks: bars.map(({ all, matched }) => ({ whole: all, part: matched })),
      colors: probes.map(colorOf),
      shades: {
        base: colorOf(base),
        unknown: colorOf(unknown),
        range: colorOf(range),
        text: style.color,
        strong: getComputedStyle(el.ownerDocument.body).color,
      },
      unit: width(),
      flags: store.losses
        .filter(({ mark }) => mark === 'loss')
        .map(({ at }) => Math.floor(index(store.serverTime(at)))),
      known: known(),
      unknown: words.notLoaded,
      ticks: ticks(),
      gutter: canvas.offsetLeft > 0 && !isFolded() ? GUTTER : 0,
      range: chosen && { from: Math.max(0, index(chosen.from)), to: Math.min(many, index(chosen.to)) },
    });
    const busiest = Math.max(...bars.map((bar) => bar.busiest));
    write(top, peak(busiest));
    attribute(canvas, 'aria-label', `${chartLabel(minutes)}. ${peak(busiest)}. ${words.chartKeys}`);
    for (const button of buttons) {
      attribute(button, 'aria-pressed', Number(button.dataset.minutes) === minutes);
    }
    drawTip();
    if (!table.hidden) drawTable();
  }

  function drawTip() {
    const bar = pointed === null ? undefined : bars[pointed];
    tip.hidden = bar === undefined;
    if (bar === undefined || pointed === null) return;
    const isKnown = pointed >= known();
    const lines = [...LEVELS.keys()].reverse().filter((level) => bar.all[level]);
    const total = bar.all.reduce((sum, each) => sum + each, 0);
    tip.replaceChildren(
      h('b', {}, barTime(bar, width(), store.view.zone)),
      h('div', {}, barSaid(bar, isKnown)),
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

  function drawTable() {
    const full = bars.filter(({ busiest }) => busiest > 0).reverse();
    rows.replaceChildren(
      ...full.map(({ from, all }) => {
        const cells = [...all].reverse().map((each) => h('td', {}, count(each)));
        return h('tr', {}, h('th', { scope: 'row' }, second(from * 1000, store.view.zone)), ...cells);
      }),
    );
  }

  for (const noun of /** @type {const} */ (['tick', 'selection', 'view', 'settings'])) hear(el, noun, update);
  showFold();
  for (const button of buttons) button.ariaLabel = words.minutes(Number(button.dataset.minutes));
  update();
}
