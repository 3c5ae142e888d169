/**
 * What somebody chose about the page: theme, rows, times; kept for the next visit.
 *
 * Owns the choices, the form, and what they do to the page as a whole. Asks for: set.
 */
import { ask, h, hear } from '../ui/dom.js';
import { words } from '../text/words.js';

/** Every choice with its values. */
export const CHOICES = /** @type {const} */ ({
  theme: ['system', 'light', 'dark'],
  density: ['normal', 'compact', 'relaxed'],
  zone: ['local', 'utc'],
  announce: ['digest', 'errors', 'off'],
  topics: ['on', 'off'],
  keys: ['on', 'off'],
  ring: ['1000', '20000', '100000', '300000'],
});
/** What nobody has to choose, where that is not the first. @type {Record<string, string>} */
const USUAL = { ring: '100000' };

/** As they were left, or as usual. @returns {Record<string, string>} */
export function leftAs() {
  const all = Object.entries(CHOICES);
  return Object.fromEntries(all.map(([name, [first]]) => [name, remembered(name, USUAL[name] ?? first)]));
}

/** @param {HTMLElement} el @param {import('../store.js').Store} store */
export function Settings(el, store) {
  /** @type {HTMLInputElement[]} */
  const inputs = [];
  for (const [name, values] of Object.entries(CHOICES)) {
    const labels = values.map((value) => {
      const input = h('input', {
        type: 'radio',
        name,
        value,
        onchange: () => ask(el, 'set', { [name]: value }),
      });
      inputs.push(input);
      return h('label', {}, input, words.choices[value] ?? value);
    });
    el.append(
      h('fieldset', { class: 'choices' }, h('legend', {}, words.settingNames[name] ?? name), ...labels),
    );
  }
  function update() {
    const settings = /** @type {Record<string, string>} */ (store.settings);
    for (const input of inputs) input.checked = settings[input.name] === input.value;
  }
  hear(el, 'settings', update);
  update();
}

/** @param {HTMLElement} el @param {import('../store.js').Store} store */
export function Look(el, store) {
  function update() {
    const { theme, density, topics } = store.settings;
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    root.dataset.density = density;
    root.dataset.topics = topics;
  }
  hear(el, 'view', () => {
    document.documentElement.dataset.panel = store.view.panel;
  });
  let known = store.settings;
  hear(el, 'settings', () => {
    // Nothing else: another tab may have chosen otherwise meanwhile.
    for (const [name, value] of Object.entries(store.settings)) {
      if (value !== known[name]) remember(name, value);
    }
    known = store.settings;
    update();
  });
  update();
}

/** Tried, never needed: storage may be forbidden or full. @template T @param {string} key @param {T} otherwise @returns {T} */
function remembered(key, otherwise) {
  try {
    const text = localStorage.getItem(`eyewall.${key}`);
    const value = text === null ? otherwise : JSON.parse(text);
    return typeof value === typeof otherwise ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} key @param {unknown} value */
function remember(key, value) {
  try {
    localStorage.setItem(`eyewall.${key}`, JSON.stringify(value));
  } catch {
    // Then it holds for this visit.
  }
}
