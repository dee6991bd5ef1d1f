import type { ExportItem } from './item.ts';

const TOKEN_PIECES =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]|[[\p{L}\p{M}\p{N}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]]+|[^\s\p{L}\p{M}\p{N}]/gv;

/**
 * Tokens that a text takes in a language model, estimated without its tokenizer: word pieces of about four
 * letters in Latin script, one token for each character of scripts without spaces, and one for a punctuation mark.
 * Meant to err on the high side.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(TOKEN_PIECES)) {
    tokens += piece.length <= 2 ? 1 : Math.ceil(piece.length / 4);
  }
  return tokens;
}

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly heat: number;
}

function pieces(text: string, highlights: ExportItem['highlights']): Piece[] {
  const result: Piece[] = [];
  for (const match of text.matchAll(/\S+\s*/g)) {
    const start = match.index;
    const end = start + match[0].trimEnd().length;
    let heat = 0;
    for (const highlight of highlights) {
      if (highlight.start < end && highlight.end > start) heat += highlight.heat;
    }
    result.push({ start, end, tokens: Math.max(1, estimateTokens(match[0])), heat });
  }
  return result;
}

/** Whether a piece ends a sentence. */
const endsSentence = (text: string, piece: Piece) =>
  /[.!?…:;]["'”’)\]]*$/.test(text.slice(piece.start, piece.end));

export interface Trimmed {
  readonly text: string;
  /** Offsets in the text that was given. */
  readonly start: number;
  readonly end: number;
  readonly trimmed: boolean;
}

/**
 * The stretch of at most `budget` tokens that holds the most heat, cut between words. Where it can, it begins
 * after the end of a sentence: of windows with equal heat the one that starts a sentence is taken, and room that
 * is left over is spent on what stands before the first and after the last matched word alike.
 */
export function trimAround(text: string, highlights: ExportItem['highlights'], budget: number): Trimmed {
  const all = pieces(text, highlights);
  const total = all.reduce((sum, piece) => sum + piece.tokens, 0);
  if (total <= budget) return { text, start: 0, end: text.length, trimmed: false };
  let best = { from: 0, to: 0, value: -1 };
  let from = 0;
  let tokens = 0;
  let heat = 0;
  for (let to = 0; to < all.length; to += 1) {
    const piece = all[to] as Piece;
    tokens += piece.tokens;
    heat += piece.heat;
    while (tokens > budget && from <= to) {
      const first = all[from] as Piece;
      tokens -= first.tokens;
      heat -= first.heat;
      from += 1;
    }
    if (from > to) continue;
    const before = all[from - 1];
    const startsSentence = before === undefined || endsSentence(text, before);
    const after = endsSentence(text, piece);
    // Whole sentences break ties only; heat decides.
    const value = heat + (startsSentence ? 1e-3 : 0) + (after ? 5e-4 : 0) + centring(all, from, to) * 1e-4;
    if (value > best.value) best = { from, to, value };
  }
  if (best.value < 0) return { text: '', start: 0, end: 0, trimmed: true };
  const start = (all[best.from] as Piece).start;
  const end = (all[best.to] as Piece).end;
  return { text: text.slice(start, end), start, end, trimmed: true };
}

/** 1 when matched words lie in the middle of the window, 0 when they touch its edge. */
function centring(all: readonly Piece[], from: number, to: number): number {
  let first = -1;
  let last = -1;
  for (let index = from; index <= to; index += 1) {
    if ((all[index] as Piece).heat <= 0) continue;
    if (first < 0) first = index;
    last = index;
  }
  if (first < 0) return 0;
  const left = first - from;
  const right = to - last;
  return 1 - Math.abs(left - right) / Math.max(1, left + right);
}

/**
 * Shares a token budget among passages: a passage shorter than an even share gives what it does not need to the
 * longer ones.
 * @param needs tokens each passage would take whole
 * @returns tokens granted, in the same order; their sum is at most `budget`
 */
export function shareBudget(needs: readonly number[], budget: number): number[] {
  const granted = needs.map(() => 0);
  const order = needs.map((_, index) => index).sort((a, b) => (needs[a] ?? 0) - (needs[b] ?? 0));
  let left = budget;
  order.forEach((index, position) => {
    const share = Math.floor(left / (order.length - position));
    const grant = Math.min(needs[index] ?? 0, share);
    granted[index] = grant;
    left -= grant;
  });
  return granted;
}
