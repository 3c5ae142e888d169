/** How this browser likes to see the page. Asks for: set. */
import { ask, h, hear } from './lib/dom.js';
import { words } from './text.js';

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
