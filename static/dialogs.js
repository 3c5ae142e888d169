/** The dialogs over the page: their frame, the help, and the settings. Asks for: set. */
import { ask, h, hear } from './lib/dom.js';
import { words } from './text.js';

/** @param {HTMLDialogElement} el @param {string} title */
export function Dialog(el, title) {
  const close = () => el.close();
  const cross = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.close, onclick: close },
    '×',
  );
  el.setAttribute('aria-label', title);
  el.prepend(h('div', { class: 'head' }, h('h2', {}, title), cross));
  el.addEventListener('click', (event) => event.target === el && close());
}

/** @param {HTMLElement} el */
export function Help(el) {
  el.append(table(words.keysTitle, words.keyTable), table(words.filterTitle, words.filterTable));
}

/** @param {string} title @param {[string, string][]} lines */
function table(title, lines) {
  const rows = lines.map(([keys, does]) => {
    const each = keys.split(' ').map((key) => h('kbd', {}, key.replaceAll('_', ' ')));
    return h('tr', {}, h('th', { scope: 'row' }, ...each), h('td', {}, does));
  });
  return h('section', {}, h('h3', {}, title), h('table', {}, h('tbody', {}, ...rows)));
}

/** Every choice with its values, the first being what nobody has to choose. */
export const CHOICES = /** @type {const} */ ({
  theme: ['system', 'light', 'dark'],
  density: ['normal', 'compact', 'relaxed'],
  zone: ['local', 'utc'],
  announce: ['digest', 'errors', 'off'],
  keys: ['on', 'off'],
  ring: ['100000', '20000', '1000', '300000'],
});

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
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
