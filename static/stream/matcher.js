/**
 * A worker that tests regular expressions: the cost of one can be exponential, and a script cannot be interrupted from
 * within. judge.js ends a worker that takes too long.
 */

/** The worker answers after this long, with as many texts as it has tested by then (ms). */
const ANSWER_AFTER = 25;

/**
 * What each expression finds in each text; null: nothing.
 * @param {string[]} sources @param {string[]} texts
 * @param {number} [limit] ms; at least one text is tested
 * @returns {(string | null)[][]} by text; fewer than there are texts when the time was over
 */
export function findings(sources, texts, limit = Infinity) {
  const expressions = sources.map((source) => new RegExp(source, 'i'));
  const end = performance.now() + limit;
  const found = [];
  for (const text of texts) {
    found.push(expressions.map((expression) => expression.exec(text)?.[0] ?? null));
    if (performance.now() > end) break;
  }
  return found;
}

if ('DedicatedWorkerGlobalScope' in globalThis) {
  const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));
  scope.onmessage = ({ data: { sources, texts } }) => {
    scope.postMessage('begun');
    scope.postMessage(findings(sources, texts, ANSWER_AFTER));
  };
}
