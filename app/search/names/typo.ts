/**
 * Whether one text becomes the other by at most one insertion, deletion, replacement or exchange of neighbours
 * (restricted Damerau-Levenshtein distance ≤ 1).
 */
export function withinOneEdit(a: string, b: string): boolean {
  if (a === b) return true;
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && start < b.length && a.charCodeAt(start) === b.charCodeAt(start)) start += 1;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a.charCodeAt(endA - 1) === b.charCodeAt(endB - 1)) {
    endA -= 1;
    endB -= 1;
  }
  if (endA - start <= 1 && endB - start <= 1) return true;
  return (
    endA - start === 2 &&
    endB - start === 2 &&
    a.charCodeAt(start) === b.charCodeAt(start + 1) &&
    a.charCodeAt(start + 1) === b.charCodeAt(start)
  );
}

/** Whether `text` holds a stretch that is `part` but for one edit; `part` has three letters or more. */
export function holdsWithinOneEdit(text: string, part: string): boolean {
  // An edit touches two thirds of the part at most; the third that is whole stands where it should, give or take one.
  for (let third = 0; third < 3; third += 1) {
    const offset = Math.floor((third * part.length) / 3);
    const piece = part.slice(offset, Math.floor(((third + 1) * part.length) / 3));
    for (let at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + 1))
      for (let start = Math.max(0, at - offset - 1); start <= at - offset + 1; start += 1)
        if (anyLength(text, start, part)) return true;
  }
  return false;
}

function anyLength(text: string, start: number, part: string): boolean {
  return [part.length, part.length + 1, part.length - 1].some(
    (length) => start + length <= text.length && withinOneEdit(text.slice(start, start + length), part),
  );
}
