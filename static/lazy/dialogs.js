/** Dialogs that few visits need. They are loaded when one of them is opened, and import from the first file of the page. */
import { Export } from '../parts/export.js';
import { Help } from '../parts/help.js';
import { Settings } from '../parts/settings.js';

/** @param {(role: string, start: (el: HTMLElement) => void) => void} mount @param {import('../actions/page.js').Page} page */
export function mountDialogs(mount, page) {
  mount('help', (el) => Help(el));
  mount('settings', (el) => Settings(el, page));
  mount('export', (el) => Export(el, page));
}
