/**
 * Bars on a canvas, with a range that can be drawn over them.
 *
 * Owns pixels, pointer and keys. Knows nothing of messages: it gets stacks of numbers with their colours.
 */

/**
 * @typedef {object} Stack
 * @property {number[]} whole drawn as an outline
 * @property {number[]} part drawn filled, bottom first
 *
 * @typedef {object} Picture
 * @property {Stack[]} stacks
 * @property {string[]} colors of the levels, in the order of the numbers
 * @property {string} outline
 * @property {number} known the first stack of which everything is in memory
 * @property {{from: number, to: number} | null} range
 */

/** Between two lines of the hatching (px). */
const HATCH = 7;

export class Chart {
  /**
   * @param {HTMLCanvasElement} canvas focusable
   * @param {(range: {from: number, to: number} | null) => void} select hears of stacks, the end not included
   * @param {(index: number | null) => void} point hears of the stack under the pointer
   */
  constructor(canvas, select, point) {
    this.canvas = canvas;
    this.select = select;
    /** @type {Picture | null} */
    this.picture = null;
    /** @type {number | null} where a drag began */
    this.began = null;
    this.cursor = -1;
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => {
      point(this.#index(event));
      if (this.began !== null) this.#drag(event);
    });
    canvas.addEventListener('pointerleave', () => point(null));
    canvas.addEventListener('pointerup', () => this.#up());
    canvas.addEventListener('pointercancel', () => this.#up());
    canvas.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** @param {Picture} picture */
  show(picture) {
    this.picture = picture;
    this.draw();
  }

  draw() {
    const { canvas, picture } = this;
    const context = canvas.getContext('2d');
    if (picture === null || context === null) return;
    const scale = devicePixelRatio;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const step = width / picture.stacks.length;
    hatch(context, picture, Math.min(picture.known, picture.stacks.length) * step, height);
    this.#range(context, picture, step, height);
    const top = Math.max(1, ...picture.stacks.map(({ whole }) => sum(whole)));
    for (const [i, stack] of picture.stacks.entries()) {
      // The last one is not full yet, and the first ones may be older than what is in memory.
      const isHollow = i === picture.stacks.length - 1;
      this.#stack(context, stack, { x: i * step, step, height, top, isHollow, isFaint: i < picture.known });
    }
    context.fillStyle = picture.outline;
    context.globalAlpha = 0.5;
    context.fillRect(0, height - 1, width, 1);
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {Picture} picture @param {number} step @param {number} height */
  #range(context, { range, outline }, step, height) {
    if (range === null) return;
    context.fillStyle = outline;
    context.globalAlpha = 0.18;
    context.fillRect(range.from * step, 0, Math.max(1, (range.to - range.from) * step), height);
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {Stack} stack
   * @param {{x: number, step: number, height: number, top: number, isHollow: boolean, isFaint: boolean}} place
   */
  #stack(context, { whole, part }, { x, step, height, top, isHollow, isFaint }) {
    const { colors, outline } = /** @type {Picture} */ (this.picture);
    const wide = Math.max(1, step - (step > 3 ? 1 : 0));
    const scale = (height - 2) / top;
    const total = sum(whole);
    if (total === 0) return;
    let y = height - 1;
    context.globalAlpha = isFaint ? 0.45 : 1;
    // Worst first, on the ground: two errors under a thousand notes can still be seen, one pixel at least.
    for (let level = part.length - 1; level >= 0; level--) {
      const tall = part[level] ? Math.max(1.5, (part[level] ?? 0) * scale) : 0;
      if (tall === 0) continue;
      context.fillStyle = colors[level] ?? outline;
      context.globalAlpha = (level < 2 ? 0.55 : 1) * (isFaint ? 0.45 : 1) * (isHollow ? 0.6 : 1);
      context.fillRect(x, y - tall, wide, tall);
      y -= tall;
    }
    if (sum(part) === total && !isHollow) return;
    context.globalAlpha = 0.7;
    context.strokeStyle = outline;
    context.lineWidth = 1;
    const tall = total * scale;
    context.strokeRect(x + 0.5, height - 1 - tall + 0.5, Math.max(0.5, wide - 1), Math.max(0, tall - 1));
  }

  /** @param {PointerEvent} event */
  #index(event) {
    const { left, width } = this.canvas.getBoundingClientRect();
    const count = this.picture?.stacks.length ?? 1;
    return Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - left) / width) * count)));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.began = this.#index(event);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const [began, here] = [this.began ?? 0, this.#index(event)];
    if (here !== began || this.picture?.range) this.#set(Math.min(began, here), Math.max(began, here) + 1);
  }

  #up() {
    this.began = null;
  }

  /** @param {number} from @param {number} to */
  #set(from, to) {
    // The next key may come before this is drawn.
    if (this.picture) this.picture.range = { from, to };
    this.select({ from, to });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { picture } = this;
    if (picture === null) return;
    if (event.key === 'Escape' && picture.range) {
      this.select(null);
      event.stopPropagation();
      return;
    }
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || !event.shiftKey) return;
    event.preventDefault();
    const last = picture.stacks.length;
    const { from, to } = picture.range ?? { from: last - 1, to: last };
    // The left edge moves, back and forth; with what is already selected as the anchor.
    const edge = Math.max(0, Math.min(last - 1, picture.range ? from + by : from));
    this.#set(Math.min(edge, to - 1), Math.max(to, edge + 1));
  }
}

/**
 * Lines across the part of which not everything is in memory: no bars there is no claim.
 * @param {CanvasRenderingContext2D} context @param {Picture} picture @param {number} width @param {number} height
 */
function hatch(context, { outline }, width, height) {
  if (width <= 0) return;
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  context.beginPath();
  for (let x = -height; x < width; x += HATCH) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.strokeStyle = outline;
  context.globalAlpha = 0.3;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
