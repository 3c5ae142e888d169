/**
 * A list of any length, drawn with as many elements as fit on the screen.
 *
 * Owns scrolling: pooled rows, what stays where while rows come and go, and following the end. A row is
 * known by its ordinal (logic/matching.js). Knows nothing of what a row says: `render` does.
 */

/**
 * @typedef {object} Rows
 * @property {number} lo the ordinal of the oldest row
 * @property {number} hi the ordinal behind the newest
 *
 * @typedef {object} Slot
 * @property {HTMLElement} el
 * @property {number | null} ordinal what it shows; null: nothing
 * @property {number} stamp the version it was drawn in
 * @property {number} y
 */

const SPARE = 4;
/** Rows of space below a row that is brought into view: buttons float over the last rows. */
const ROOM = 4;

export class List {
  /**
   * @param {HTMLElement} scroller positioned and scrolling
   * @param {{height: number, make: () => HTMLElement, render: (el: HTMLElement, ordinal: number) => void, clear: (el: HTMLElement) => void,
   *   left: (up: boolean, atEnd: boolean) => void, drawn?: (lo: number, hi: number) => void}} options
   *   `left` is called for every scroll by the operator
   */
  constructor(scroller, options) {
    this.scroller = scroller;
    this.options = options;
    this.height = options.height;
    this.rows = /** @type {Rows} */ ({ lo: 0, hi: 0 });
    this.following = true;
    this.stamp = 0;
    /** Rows in the order of the screen and of the document: the first shows the ordinal `start`. @type {Slot[]} */
    this.pool = [];
    this.start = 0;
    this.sizer = document.createElement('div');
    this.sizer.className = 'list-sizer';
    this.sizer.setAttribute('role', 'presentation');
    scroller.append(this.sizer);
    this.view = scroller.clientHeight;
    this.screenTop = this.#screenTop;
    this.top = 0;
    this.tall = -1;
    this.base = 0;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(scroller);
  }

  /** Other rows: their ordinals say nothing of the places of the earlier ones. @param {Rows} rows */
  begin(rows) {
    this.base = rows.lo;
    this.stamp += 1;
    this.show(rows);
  }

  /** Put a row where it was on the screen. @param {number} ordinal @param {number} below how far under the upper edge (px) */
  hold(ordinal, below) {
    this.top = Math.max(0, Math.min((ordinal - this.base) * this.height - below, this.#end));
    this.#scrollLater = true;
    this.draw();
  }

  /** A row says something else now. @param {number} ordinal */
  stale(ordinal) {
    for (const slot of this.pool) if (slot.ordinal === ordinal) slot.stamp = -1;
  }

  /** How far under the upper edge a row stands (px). @param {number} ordinal */
  below(ordinal) {
    return (ordinal - this.base) * this.height - this.top;
  }

  /** Space below the last row, so that the first one in sight is whole at the end (px). */
  get #rest() {
    return this.tall > this.view ? this.view % this.height : 0;
  }

  #size() {
    this.sizer.style.height = `${this.tall + this.#rest}px`;
  }

  /** The furthest one can scroll. */
  get #end() {
    return Math.max(0, this.tall + this.#rest - this.view);
  }

  get atEnd() {
    return this.top >= this.#end - 2;
  }

  /** The ordinal of the first row that is seen whole. */
  get firstSeen() {
    return this.base + Math.ceil(this.top / this.height);
  }

  get lastSeen() {
    return Math.min(this.rows.hi, this.base + Math.floor((this.top + this.view) / this.height)) - 1;
  }

  /** Rows say something else now, though they are the same. */
  redraw() {
    this.stamp += 1;
    this.draw();
  }

  /** @param {Rows} rows */
  show(rows) {
    this.rows = rows;
    this.draw();
  }

  /** Draw what is to be seen. At most once per frame, but twice does no harm. */
  draw() {
    const { rows, height, scroller } = this;
    if (rows.lo !== this.base) {
      // Older rows were found or dropped: what is read stays where it is on the screen.
      this.top = Math.max(0, this.top + (this.base - rows.lo) * height);
      this.base = rows.lo;
      if (!this.following) this.#scrollLater = true;
    }
    const tall = (rows.hi - rows.lo) * height;
    if (tall !== this.tall) {
      this.tall = tall;
      this.#size();
    }
    if (this.following && this.top !== this.#end) {
      this.top = this.#end;
      this.#scrollLater = true;
    }
    this.top = Math.min(this.top, this.#end);
    if (this.#scrollLater) {
      scroller.scrollTop = this.top;
      this.#scrollLater = false;
    }
    this.#place();
  }

  #scrollLater = false;

  #place() {
    const { rows, height, base } = this;
    const first = Math.max(rows.lo, base + Math.floor(this.top / height) - SPARE);
    const last = Math.min(rows.hi, base + Math.ceil((this.top + this.view) / height) + SPARE);
    // A whole screen at once.
    if (last > first) this.#grow(Math.max(last - first, Math.ceil(this.view / height) + 2 * SPARE));
    this.#turn(first);
    for (const slot of this.pool) {
      const { ordinal } = slot;
      if (ordinal !== null && (ordinal < first || ordinal >= last)) this.#hide(slot);
    }
    for (let ordinal = first; ordinal < last; ordinal++) {
      const slot = /** @type {Slot} */ (this.pool[ordinal - this.start]);
      const y = (ordinal - base) * height;
      if (slot.ordinal !== ordinal || slot.stamp !== this.stamp) {
        if (slot.ordinal === null) slot.el.hidden = false;
        slot.ordinal = ordinal;
        slot.stamp = this.stamp;
        this.options.render(slot.el, ordinal);
      }
      if (slot.y !== y) {
        slot.y = y;
        slot.el.style.transform = `translateY(${y}px)`;
      }
    }
    this.options.drawn?.(first, last);
  }

  /**
   * Begin the pool at an ordinal: rows that leave at one end are moved to the other, in the document too. So text that
   * is selected over several rows, and a screen reader, follow the order on the screen.
   * @param {number} first
   */
  #turn(first) {
    const by = first - this.start;
    this.start = first;
    if (by === 0 || Math.abs(by) >= this.pool.length) return;
    if (by > 0) {
      const moved = this.pool.splice(0, by);
      this.pool.push(...moved);
      this.sizer.append(...moved.map(({ el }) => el));
    } else {
      const moved = this.pool.splice(by);
      this.pool.unshift(...moved);
      this.sizer.prepend(...moved.map(({ el }) => el));
    }
  }

  /** @param {number} needed */
  #grow(needed) {
    if (needed <= this.pool.length) return;
    while (this.pool.length < needed + SPARE) {
      const el = this.options.make();
      el.hidden = true;
      this.sizer.append(el);
      this.pool.push({ el, ordinal: null, stamp: -1, y: -1 });
    }
  }

  /** @param {Slot} slot */
  #hide(slot) {
    if (slot.ordinal === null) return;
    slot.ordinal = null;
    slot.el.hidden = true;
    this.options.clear(slot.el);
  }

  #scrolled() {
    const top = this.scroller.scrollTop;
    const moved = top - this.top;
    // Less than two pixels is our own doing: browsers round what they are told.
    if (Math.abs(moved) < 2) return;
    this.top = top;
    this.options.left(moved < 0, this.atEnd);
    this.draw();
  }

  /** As long as the page as a whole is not scrolled, which a low screen does. */
  get #screenTop() {
    return this.scroller.getBoundingClientRect().top + scrollY;
  }

  /** The place on the screen has changed: what is read must not move with it. */
  resized() {
    const screenTop = this.#screenTop;
    const shift = screenTop - this.screenTop;
    this.screenTop = screenTop;
    this.view = this.scroller.clientHeight;
    this.#size();
    if (shift !== 0 && !this.following) {
      this.top = Math.min(Math.max(0, this.top + shift), this.#end);
      this.#scrollLater = true;
    }
    this.draw();
  }

  /** Bring a row into view, moving as little as possible. @param {number} ordinal @param {boolean} [middle] */
  reveal(ordinal, middle = false) {
    const y = (ordinal - this.base) * this.height;
    if (middle) this.top = y - (this.view - this.height) / 2;
    else if (y < this.top) this.top = y;
    else if (y + this.height * ROOM > this.top + this.view) this.top = y + this.height * ROOM - this.view;
    else return;
    this.top = Math.min(Math.max(0, this.top), this.#end);
    this.#scrollLater = true;
    this.draw();
  }

  /** @param {number} height px */
  setHeight(height) {
    this.top = (this.top / this.height) * height;
    this.height = height;
    this.tall = -1;
    this.#scrollLater = true;
    for (const slot of this.pool) slot.y = -1;
    this.redraw();
  }

  /** The element that shows a row now. @param {number} ordinal @returns {HTMLElement | null} */
  element(ordinal) {
    return this.pool.find((slot) => slot.ordinal === ordinal)?.el ?? null;
  }

  /** The row that an element shows now. @param {Element | null} el @returns {number | null} */
  ordinal(el) {
    return this.pool.find((slot) => slot.el === el)?.ordinal ?? null;
  }
}
