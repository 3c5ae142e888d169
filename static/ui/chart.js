/**
 * Bars on a canvas with an axis, and a range that can be drawn over them.
 *
 * Owns pixels, pointer and keys. Knows nothing of messages: it gets stacks of numbers with their colours.
 */

/**
 * @typedef {object} Stack
 * @property {number[]} whole
 * @property {number[]} part those that match: drawn in full, the others faint
 *
 * @typedef {object} Picture
 * @property {Stack[]} stacks
 * @property {string[]} colors of the levels, in the order of the numbers
 * @property {{base: string, unknown: string, range: string, text: string, strong: string}} shades
 * @property {number} unit seconds of one stack: the axis tells what comes in one of them
 * @property {number[]} flags where a connection was lost: indices of stacks
 * @property {number} known the first stack of which everything is loaded
 * @property {string} unknown what stands where it is not
 * @property {{at: number, label: string, isDay: boolean}[]} ticks at: index of a stack
 * @property {number} gutter width to the left of the bars (px)
 * @property {{from: number, to: number} | null} range
 */

/** Height of the axis below the bars, and the space above them (px). */
const AXIS = 19;
const ABOVE = 6;
/** A chart that is lower is folded: bars alone (px). */
const FOLDED = 50;
/** Opacity of what does not match, and of what lies outside of the range. */
const FAINT = 0.3;

export class Chart {
  /**
   * @param {HTMLCanvasElement} canvas focusable
   * @param {(range: {from: number, to: number} | null) => void} select hears of stacks, the end not included
   * @param {(index: number | null, x: number) => void} point hears of the stack under the pointer, and where that is (px)
   */
  constructor(canvas, select, point) {
    this.canvas = canvas;
    this.select = select;
    /** @type {Picture | null} */
    this.picture = null;
    /** @type {number | null} where a drag began */
    this.began = null;
    this.family = 'sans-serif';
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => {
      const index = this.#index(event);
      point(index, this.#x(index));
      if (this.began !== null) this.#drag(event);
    });
    canvas.addEventListener('pointerleave', () => point(null, 0));
    canvas.addEventListener('pointerup', () => this.#up());
    canvas.addEventListener('pointercancel', () => this.#up());
    canvas.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => {
      this.family = getComputedStyle(canvas).fontFamily;
      this.draw();
    }).observe(canvas);
  }

  /** @param {Picture} picture */
  show(picture) {
    this.picture = picture;
    this.draw();
  }

  /** The edges of the range that is selected (px). */
  edges() {
    const { from, to } = this.picture?.range ?? { from: 0, to: 0 };
    return { left: this.#x(from), right: this.#x(to) };
  }

  /** The left edge of a stack (px). @param {number} index */
  #x(index) {
    const { gutter = 0, stacks = [] } = this.picture ?? {};
    return gutter + (index * (this.canvas.clientWidth - gutter)) / Math.max(1, stacks.length);
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
    context.font = `400 11px ${this.family}`;
    const isFolded = height < FOLDED;
    const floor = isFolded ? height - 1 : height - AXIS;
    const most = Math.max(1, ...picture.stacks.map(({ whole }) => sum(whole)));
    const top = roundUp(most / picture.unit) * picture.unit;
    if (!isFolded) this.#ground(context, picture, width, floor, top);
    for (const [index, stack] of picture.stacks.entries()) {
      const isOut =
        picture.range !== null && (index < Math.floor(picture.range.from) || index >= picture.range.to);
      this.#stack(context, stack, index, { floor, tall: (floor - ABOVE) / top, isOut });
    }
    this.#flags(context, picture, floor);
    this.#range(context, picture, floor);
    if (!isFolded) this.#axis(context, picture, width, floor);
  }

  /** Grid lines with figures, and what is not loaded. @param {CanvasRenderingContext2D} context @param {Picture} picture @param {number} width @param {number} floor @param {number} top */
  #ground(context, { shades, known, unknown, stacks, gutter, unit }, width, floor, top) {
    context.textAlign = 'right';
    const isEmpty = stacks.every(({ whole }) => sum(whole) === 0);
    for (const share of gutter > 20 && !isEmpty ? [1, 0.5] : []) {
      const y = Math.round(floor - (floor - ABOVE) * share) + 0.5;
      context.fillStyle = shades.base;
      context.globalAlpha = 0.6;
      context.fillRect(gutter, y, width - gutter, 1);
      context.globalAlpha = 1;
      context.fillStyle = shades.text;
      const figure = (top * share) / unit;
      context.fillText(String(Number(figure.toFixed(figure < 10 ? 2 : 0))), gutter - 8, y + 4);
    }
    if (known <= 0) return;
    const end = this.#x(Math.min(known, stacks.length));
    context.fillStyle = shades.unknown;
    context.fillRect(gutter, ABOVE, end - gutter, floor - ABOVE);
    context.fillStyle = shades.text;
    context.textAlign = 'center';
    if (end - gutter > 90) context.fillText(unknown, (gutter + end) / 2, floor / 2 + 7);
  }

  /**
   * The most severe on the ground, one pixel at least: two errors below a thousand notes stay visible.
   * @param {CanvasRenderingContext2D} context @param {Stack} stack @param {number} index
   * @param {{floor: number, tall: number, isOut: boolean}} place tall: height of one message (px)
   */
  #stack(context, { whole, part }, index, { floor, tall, isOut }) {
    const { colors } = /** @type {Picture} */ (this.picture);
    const [left, right] = [this.#x(index), this.#x(index + 1)];
    const wide = Math.max(1, right - left - (right - left > 3 ? 1 : 0));
    let y = floor;
    for (const isMatch of [true, false]) {
      context.globalAlpha = (isMatch ? 1 : FAINT) * (isOut ? 0.42 : 1);
      for (let level = whole.length - 1; level >= 0; level--) {
        const matched = part[level] ?? 0;
        const many = isMatch ? matched : (whole[level] ?? 0) - matched;
        if (many <= 0) continue;
        const high = Math.max(1.5, many * tall);
        context.fillStyle = colors[level] ?? 'gray';
        context.fillRect(left, y - high, wide, high);
        y -= high;
      }
    }
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {Picture} picture @param {number} floor */
  #flags(context, { flags, stacks, colors, gutter }, floor) {
    context.fillStyle = colors[2] ?? 'gray';
    for (const at of flags.filter((each) => each >= 0 && each < stacks.length)) {
      const x = Math.round(Math.max(gutter, this.#x(at)));
      for (let y = 0; y < floor; y += 4) context.fillRect(x, y, 1, 2);
      context.beginPath();
      context.moveTo(x - 4, 0);
      context.lineTo(x + 5, 0);
      context.lineTo(x + 0.5, 6);
      context.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Picture} picture @param {number} floor */
  #range(context, { range, shades }, floor) {
    if (range === null) return;
    const [from, to] = [this.#x(range.from), this.#x(range.to)];
    context.fillStyle = shades.range;
    context.globalAlpha = 0.1;
    context.fillRect(from, ABOVE, Math.max(1, to - from), floor - ABOVE);
    context.globalAlpha = 1;
    for (const edge of [from, to - 1]) {
      context.fillRect(edge, ABOVE, 1, floor - ABOVE);
      context.fillRect(edge - 1, (floor + ABOVE) / 2 - 7, 3, 14);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Picture} picture @param {number} width @param {number} floor */
  #axis(context, { ticks, shades, gutter }, width, floor) {
    context.fillStyle = shades.base;
    context.fillRect(gutter, floor, width - gutter, 1);
    for (const { at, label, isDay } of ticks) {
      const x = this.#x(at);
      context.fillStyle = shades.base;
      context.fillRect(x, floor, 1, 4);
      if (label === '' || x < gutter + 28 || x > width - 20) continue;
      context.font = `${isDay ? 600 : 400} 11px ${this.family}`;
      context.fillStyle = isDay ? shades.strong : shades.text;
      context.textAlign = 'center';
      context.fillText(label, x, floor + 15);
    }
  }

  /** @param {PointerEvent} event */
  #index(event) {
    const { left, width } = this.canvas.getBoundingClientRect();
    const { stacks, gutter } = this.picture ?? { stacks: [], gutter: 0 };
    const share = (event.clientX - left - gutter) / Math.max(1, width - gutter);
    return Math.max(0, Math.min(stacks.length - 1, Math.floor(share * stacks.length)));
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
    // The next key may be pressed before this is drawn.
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
    // The left edge moves, back and forth, with what is already selected as the anchor.
    const edge = Math.max(0, Math.min(last - 1, picture.range ? from + by : from));
    this.#set(Math.min(edge, to - 1), Math.max(to, edge + 1));
  }
}

/** The next 1, 2 or 5 with any number of zeros. @param {number} n more than 0 */
function roundUp(n) {
  const size = 10 ** Math.floor(Math.log10(n));
  return ([1, 2, 5, 10].find((each) => each * size >= n) ?? 10) * size;
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
