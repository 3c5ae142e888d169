/** Messages per second, by level. Owns the window of time that is drawn. */
import { narrow } from '../actions/filtering.js';
import { toOldest } from '../actions/reading.js';
import { count, second } from '../format/time.js';
import { LEVELS } from '../messages/message.js';
import { barSaid, chartLabel, peak, words } from '../text/en.js';
import { Chart } from '../ui/chart.js';
import { attribute, h, hear, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** Minutes that can be seen, and the seconds of one bar. @type {Record<number, number>} */
const WIDTHS = { 1: 1, 15: 5, 60: 20 };

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Histogram(el, page) {
  const { store } = page;
  let minutes = 15;
  /** The second at which the first bar begins, and bars as they were drawn. */
  let first = 0;
  /** @type {import('../messages/counts.js').Bar[]} */
  let bars = [];
  /** The bar under the pointer. @type {number | null} */
  let pointed = null;

  const label = h('span', {});
  const top = h('span', { class: 'peak', 'data-role': 'peak' });
  const buttons = Object.keys(WIDTHS).map((name) =>
    h(
      'button',
      { type: 'button', class: 'quiet', 'data-minutes': name, onclick: () => zoom(Number(name)) },
      name,
    ),
  );
  const tableButton = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => toggleTable() },
    words.table,
  );
  const head = h(
    'div',
    { class: 'chart-head', role: 'toolbar', 'aria-label': words.chart },
    label,
    top,
    tableButton,
    h('div', { class: 'zoom' }, ...buttons),
  );
  roving(head);
  const canvas = h('canvas', { tabindex: 0, role: 'img', 'data-role': 'histogram-chart' });
  const probes = LEVELS.map((name) => h('i', { 'data-level': name }));
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
  el.append(head, canvas, table);
  el.append(h('div', { class: 'probes', 'aria-hidden': 'true' }, ...probes, h('i', { class: 'probe-edge' })));
  const chart = new Chart(
    canvas,
    (range) => {
      const width = WIDTHS[minutes] ?? 1;
      const at = (/** @type {number} */ index) => (first + index * width) * 1000;
      narrow(page, { range: range && { from: at(range.from), to: at(range.to) } });
      if (range) toOldest(page);
    },
    (index) => {
      pointed = index;
      update();
    },
  );

  /** @param {number} value */
  function zoom(value) {
    minutes = value;
    update();
  }

  function toggleTable() {
    table.hidden = !table.hidden;
    attribute(tableButton, 'aria-expanded', !table.hidden);
    write(tableButton, table.hidden ? words.table : words.hideTable);
    update();
  }

  function colors() {
    return [...probes, /** @type {HTMLElement} */ (el.querySelector('.probe-edge'))].map(
      (probe) => getComputedStyle(probe).color,
    );
  }

  /** The index of the first bar of which every message is in memory. */
  function known() {
    const { oldest } = store.live;
    if (oldest === null || oldest.id.endsWith('-1')) return 0;
    return Math.ceil((oldest.ms / 1000 - first) / (WIDTHS[minutes] ?? 1));
  }

  function update() {
    const width = WIDTHS[minutes] ?? 1;
    const many = (minutes * 60) / width;
    const now = Math.floor(store.serverTime() / 1000);
    // Bars stand on whole multiples of their width, or each would change its height as time goes by.
    first = (Math.floor(now / width) - many + 1) * width;
    bars = store.counts.bars(first, width, many);
    const shades = colors();
    const { range } = store.selection;
    const index = (/** @type {number} */ ms) => (ms / 1000 - first) / width;
    chart.show({
      stacks: bars.map(({ all, matched }) => ({ whole: all, part: matched })),
      colors: shades,
      outline: shades.at(-1) ?? 'gray',
      known: known(),
      range: range && { from: Math.max(0, index(range.from)), to: Math.min(many, index(range.to)) },
    });
    const busiest = Math.max(...bars.map((bar) => bar.busiest));
    write(label, chartLabel(minutes));
    const bar = pointed === null ? undefined : bars[pointed];
    const isKnown = pointed !== null && pointed >= known();
    write(top, bar ? barSaid(bar, width, store.view.zone, isKnown) : peak(busiest));
    attribute(canvas, 'aria-label', `${chartLabel(minutes)}. ${peak(busiest)}. ${words.chartKeys}`);
    for (const button of buttons)
      attribute(button, 'aria-pressed', Number(button.dataset.minutes) === minutes);
    if (!table.hidden) drawTable();
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

  for (const noun of /** @type {const} */ (['tick', 'selection', 'view'])) hear(el, noun, update);
  for (const button of buttons) button.ariaLabel = words.minutes(Number(button.dataset.minutes));
  update();
}
