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

/** Whether `text` holds a stretch that is `part` but for one edit. */
export function holdsWithinOneEdit(text: string, part: string): boolean {
  for (let start = 0; start + part.length - 1 <= text.length; start += 1) {
    // Of an edit at the very beginning the rest is found from the next start on.
    for (const length of [part.length, part.length + 1, part.length - 1]) {
      if (start + length <= text.length && withinOneEdit(text.slice(start, start + length), part))
        return true;
    }
  }
  return false;
}
