/** Panels, dialogs, settings and the focus. */
import { EVERYTHING } from '../query/selection.js';
import { CHOICES } from '../settings.js';
import { words } from '../text/en.js';
import { part } from '../ui/dom.js';
import { toast } from '../ui/toast.js';
import { back } from './history.js';

/** @typedef {import('./page.js').Page} Page */
/** @typedef {import('../store.js').PanelName} PanelName */

/** @param {string} name @returns {HTMLDialogElement} */
const dialog = (name) => /** @type {HTMLDialogElement} */ (part(name));

/** @param {Page} page @param {PanelName} panel */
export const openPanel = ({ store }, panel) => store.setView({ panel });

/** @param {Page} page */
export const closePanel = ({ store }) => store.setView({ panel: '' });

/** @param {Page} page */
export const togglePanel = ({ store }) => store.setView({ panel: store.view.panel === 'who' ? '' : 'who' });

/** @param {Page} page */
export const toggleTopics = ({ store }) =>
  store.set({ topics: store.settings.topics === 'off' ? 'on' : 'off' });

/** @param {Page} page @param {Record<string, string>} change */
export const setSettings = ({ store }, change) => store.set(change);

/** @param {Page} page @param {'theme' | 'zone'} name */
function nextChoice({ store }, name) {
  const values = /** @type {readonly string[]} */ (CHOICES[name]);
  // A link may show another zone than the one in the settings: the next is the one that is not shown.
  const index = values.indexOf((name === 'zone' ? store.view.zone : store.settings[name]) ?? '');
  const value = values[(index + 1) % values.length] ?? '';
  store.set({ [name]: value });
  toast(`${words.settingNames[name]}: ${words.choices[value]}`);
}

/** @param {Page} page */
export const toggleTheme = (page) => nextChoice(page, 'theme');

/** @param {Page} page */
export const toggleZone = (page) => nextChoice(page, 'zone');

export const focusFilter = () => /** @type {HTMLInputElement} */ (part('filter')).select();

export const focusFeed = () => part('feed').focus({ preventScroll: true });

/** @param {Page} page */
export function togglePublish({ store }) {
  const box = dialog('publish');
  if (box.open) return box.close();
  box.show();
  /** @type {HTMLElement} */ (part('publish-text')).focus();
  store.changed('dialog');
}

/** @param {Page} page @param {'help' | 'settings' | 'ledger' | 'export'} name */
export async function openDialog({ store, loadDialogs }, name) {
  const box = dialog(`dialog-${name}`);
  try {
    await loadDialogs();
  } catch {
    return toast(words.noAnswer);
  }
  // A second click may have come while it was loaded.
  if (!box.open) box.showModal();
  store.changed('dialog');
}

/** Undo one thing, the last first. @param {Page} page */
export function backOut(page) {
  const { store } = page;
  if (dialog('publish').open) dialog('publish').close();
  else if (store.view.picked !== null) store.setView({ picked: null });
  else if (store.view.panel !== '') closePanel(page);
  else if (store.past) back(page);
  else if (store.view.selected !== null) store.setView({ selected: null });
  else if (store.selection.range !== null) store.narrow({ range: null });
  else store.narrow({ filter: EVERYTHING.filter, error: null });
}

/** The operator has read a notice. @param {Page} page */
export function dismissFailure({ store }) {
  store.fail(null);
}

/** @param {Page} page @param {string[]} faults [] dismisses them */
export function setAddressFaults({ store }, faults) {
  store.setAddressFaults(faults);
}

/** @param {Page} page */
export function dismissUncopied({ store }) {
  store.setUncopied(null);
}
