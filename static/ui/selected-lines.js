/** Text that is selected over several rows, one line a row. */

/**
 * @param {Selection} selection @param {Iterable<Element>} rows in the order of the document
 * @returns {string[]} one line for each row that is selected in part or as a whole; its cells joined by blanks
 */
export function selectedLines(selection, rows) {
  const range = selection.getRangeAt(0);
  const lines = [];
  for (const row of rows) {
    if (!range.intersectsNode(row)) continue;
    const pieces = [...row.children].flatMap((cell) =>
      cell.className === 'cell-message' ? [...cell.children] : cell,
    );
    const cells = pieces.map((cell) => selectedText(range, cell)).filter((text) => text !== '');
    if (cells.length > 0) lines.push(cells.join(' '));
  }
  return lines;
}

/** The part of an element's text that is inside a range. @param {Range} range @param {Element} el */
function selectedText(range, el) {
  if (!range.intersectsNode(el)) return '';
  const part = document.createRange();
  part.selectNodeContents(el);
  if (part.compareBoundaryPoints(Range.START_TO_START, range) < 0) {
    part.setStart(range.startContainer, range.startOffset);
  }
  if (part.compareBoundaryPoints(Range.END_TO_END, range) > 0) {
    part.setEnd(range.endContainer, range.endOffset);
  }
  return part.toString();
}
