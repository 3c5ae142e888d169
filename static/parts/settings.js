/** The form of the settings. */
import { setSettings } from '../actions/panels.js';
import { CHOICES } from '../settings.js';
import { words } from '../text/en.js';
import { h, hear } from '../ui/dom.js';

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Settings(el, page) {
  const { store } = page;
  /** @type {HTMLInputElement[]} */
  const inputs = [];
  /** @param {string} name */
  function choice(name) {
    const values = /** @type {readonly string[]} */ (CHOICES[/** @type {keyof typeof CHOICES} */ (name)]);
    const labels = values.map((value) => {
      const input = h('input', {
        type: 'radio',
        name,
        value,
        onchange: () => setSettings(page, { [name]: value }),
      });
      inputs.push(input);
      return h('label', {}, input, words.choices[value] ?? value);
    });
    return h(
      'fieldset',
      { class: 'choices' },
      h('legend', {}, words.settingNames[name] ?? name),
      h('span', { class: 'segments' }, ...labels),
    );
  }
  for (const [group, names] of Object.entries(words.settingGroups)) {
    el.append(h('h3', {}, group), ...names.map(choice));
  }
  el.append(h('p', { class: 'more' }, words.keptInBrowser));
  function update() {
    const settings = /** @type {Record<string, string>} */ (store.settings);
    for (const input of inputs) input.checked = settings[input.name] === input.value;
  }
  hear(el, 'settings', update);
  update();
}
