/** Where a text may be cut. */

/** Text is handed to the tokenizer in stretches of about this many characters, so that no call takes long. */
const STRETCH = 16_384;

/** The first characters of a text, never ending within a surrogate pair. */
export function head(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const code = text.charCodeAt(chars - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? chars - 1 : chars);
}

/**
 * How many of the first `room` tokens to keep so that no word is cut: up to the last token that follows white space,
 * or, where words are not set apart, the last that stands beside what is no letter; all of them where there is
 * nothing of the kind in the second half.
 */
export function wordBoundary(text: string, spans: Uint32Array, room: number): number {
  const startOf = (token: number) => spans[2 * token] ?? 0;
  for (const edge of [/\s/u, /[^\p{L}\p{N}\p{M}]/u]) {
    for (let count = room; count > room / 2; count -= 1) {
      const start = startOf(count);
      const previousEnd = spans[2 * count - 1] ?? 0;
      if (start > previousEnd || (start > 0 && edge.test(text.charAt(start - 1)))) return count;
    }
  }
  return room;
}

/** Cuts a text into stretches at white space, or anywhere but within a surrogate pair where there is none. */
export function* stretches(text: string): Generator<[number, number]> {
  let from = 0;
  while (text.length - from > STRETCH) {
    let to = from + STRETCH;
    const newline = text.lastIndexOf('\n', to);
    const space = text.lastIndexOf(' ', to);
    if (newline > from + STRETCH / 2) to = newline;
    else if (space > from + STRETCH / 2) to = space;
    else to = from + head(text.slice(from, to + 1), STRETCH).length;
    yield [from, to];
    from = to;
  }
  if (from < text.length) yield [from, text.length];
}
