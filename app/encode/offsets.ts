/**
 * The tokenizer counts offsets in Unicode code points, JavaScript in UTF-16 units. Both agree up to the first
 * character outside the basic plane; a lone surrogate counts one in either.
 */

const SPACE = /\s/u;
/** What belongs to the character before it: marks, joiners, variation selectors, emoji modifiers. */
const CONTINUES = /[\p{M}\p{Emoji_Modifier}]|\u200d/u;

/**
 * UTF-16 position of each code point of `text`, with the length of the text at the end; null when every code point
 * takes one unit, so that both ways of counting agree.
 */
export function codePointPositions(text: string): Uint32Array | null {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return null;
  const positions = new Uint32Array(text.length + 1);
  let count = 0;
  for (let at = 0; at < text.length; count += 1) {
    positions[count] = at;
    const code = text.codePointAt(at) ?? 0;
    at += code > 0xffff ? 2 : 1;
  }
  positions[count] = text.length;
  return positions.subarray(0, count + 1);
}

/**
 * Turns the tokenizer's offsets into UTF-16 spans of `text`: white space at either end is left out (byte-level
 * tokenizers count the space before a word to the word), and what modifies the last character is taken in (combining
 * marks that the normaliser dropped), as far as the next token leaves it.
 * @param offsets (start, end) in code points, one pair a token
 * @returns (start, end) in UTF-16 units, length 2 × tokens
 */
export function utf16Spans(text: string, offsets: readonly (readonly number[])[]): Uint32Array {
  const positions = codePointPositions(text);
  const at = (codePoint: number) =>
    positions === null ? codePoint : (positions[Math.min(codePoint, positions.length - 1)] ?? text.length);
  const spans = new Uint32Array(offsets.length * 2);
  offsets.forEach((offset, i) => {
    spans[2 * i] = Math.min(at(offset[0] ?? 0), text.length);
    spans[2 * i + 1] = Math.min(at(offset[1] ?? 0), text.length);
  });
  const plain = !/[\u0080-\uffff]/.test(text);
  for (let i = 0; i < offsets.length; i += 1) {
    let start = spans[2 * i] ?? 0;
    let end = spans[2 * i + 1] ?? 0;
    while (start < end - 1 && SPACE.test(text.charAt(start))) start += 1;
    while (end > start + 1 && SPACE.test(text.charAt(end - 1))) end -= 1;
    if (!plain && end > start)
      end = extend(text, end, i + 1 < offsets.length ? (spans[2 * i + 2] ?? end) : text.length);
    spans[2 * i] = start;
    spans[2 * i + 1] = end;
  }
  return spans;
}

/** End of the character cluster that ends at `end`, no further than `limit`. */
function extend(text: string, end: number, limit: number): number {
  let at = end;
  while (at < limit) {
    const code = text.codePointAt(at) ?? 0;
    const char = String.fromCodePoint(code);
    if (!CONTINUES.test(char)) break;
    at += char.length;
  }
  return at;
}
