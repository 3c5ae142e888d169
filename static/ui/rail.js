/**
 * A strip beside a list: where the rows that matter are, and which part of the list is in sight.
 *
 * Owns the scroll bar that is seen. Knows nothing of messages: it gets one colour for each slot.
 */
import { h } from './dom.js';

/** Height of a tick with the space below it, and of the shortest thumb (px). */
const SLOT = 3;
const LEAST_THUMB = 24;

export class Rail {
  /** @param {HTMLElement} el @param {(share: number) => void} jump hears which part of the list was pointed at (0 to 1) */
  constructor(el, jump) {
    this.el = el;
    this.tall = 0;
    this.canvas = h('canvas', {});
    this.thumb = h('i', {});
    el.append(this.thumb, this.canvas);
    const point = (/** @type {PointerEvent} */ { clientY }) => {
      jump(Math.max(0, Math.min(1, (clientY - el.getBoundingClientRect().top) / this.#high)));
    };
    el.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      el.setPointerCapture(event.pointerId);
      point(event);
    });
    el.addEventListener('pointermove', (event) => {
      if (el.hasPointerCapture(event.pointerId)) point(event);
    });
  }

  /** Height of the rows beside it (px): a list that does not scroll ends earlier. */
  get #high() {
    return Math.min(this.el.clientHeight, this.tall);
  }

  /** How many ticks there is room for. */
  get slots() {
    return Math.floor(this.#high / SLOT);
  }

  /** @param {string[]} colors of the slots; '' for none */
  mark(colors) {
    const { canvas, el } = this;
    const context = canvas.getContext('2d');
    const [width, height] = [el.clientWidth, el.clientHeight];
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    context?.scale(devicePixelRatio, devicePixelRatio);
    for (const [slot, color] of colors.entries()) {
      if (context === null || color === '') continue;
      context.fillStyle = color;
      context.fillRect(width - 9, slot * SLOT, 6, SLOT - 1);
    }
  }

  /** Which part is in sight (px). @param {number} top @param {number} view @param {number} tall of the whole list */
  place(top, view, tall) {
    this.tall = tall;
    this.thumb.hidden = tall <= view;
    const high = Math.max(LEAST_THUMB, (view * view) / tall);
    this.thumb.style.height = `${high}px`;
    this.thumb.style.transform = `translateY(${((view - high) * top) / Math.max(1, tall - view)}px)`;
  }
}
