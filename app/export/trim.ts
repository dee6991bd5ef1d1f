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
 * The stretch of at most `budget` tokens that holds the most heat, cut between words. Room that is left goes to
 * the rest of the sentences that the matched words stand in, then to whole sentences after and before them; words
 * of a sentence that does not fit whole are taken only when the matched words' own sentence is too long.
 */
export function trimAround(text: string, highlights: ExportItem['highlights'], budget: number): Trimmed {
  const all = pieces(text, highlights);
  const total = all.reduce((sum, piece) => sum + piece.tokens, 0);
  if (total <= budget) return { text, start: 0, end: text.length, trimmed: false };
  const core = hottest(all, budget);
  if (core === null) return { text: '', start: 0, end: 0, trimmed: true };
  const { from, to } = grow(text, all, core, budget);
  const start = all[from]?.start ?? 0;
  const end = all[to]?.end ?? text.length;
  return { text: text.slice(start, end), start, end, trimmed: true };
}

interface Window {
  /** Indexes of pieces, both included. */
  from: number;
  to: number;
}

/** The window within the budget with the most heat, without the cold pieces at its ends; null when no piece fits. */
function hottest(all: readonly Piece[], budget: number): Window | null {
  let best: (Window & { heat: number }) | null = null;
  let from = 0;
  let tokens = 0;
  let heat = 0;
  all.forEach((piece, to) => {
    tokens += piece.tokens;
    heat += piece.heat;
    for (let first = all[from]; tokens > budget && first !== undefined && from <= to; first = all[from]) {
      tokens -= first.tokens;
      heat -= first.heat;
      from += 1;
    }
    if (from <= to && heat > (best?.heat ?? -1) + 1e-9) best = { from, to, heat };
  });
  if (best === null) return null;
  const window: Window & { heat: number } = best;
  if (window.heat <= 0) return { from: window.from, to: window.from };
  const isHot = (index: number) => (all[index]?.heat ?? 0) > 0;
  let first = window.from;
  let last = window.to;
  while (!isHot(first)) first += 1;
  while (!isHot(last)) last -= 1;
  return { from: first, to: last };
}

/** Widens a window as far as the budget reaches. */
function grow(text: string, all: readonly Piece[], core: Window, budget: number): Window {
  const ends = all.map((piece) => endsSentence(text, piece));
  const cost = (from: number, to: number) =>
    all.slice(from, to).reduce((sum, piece) => sum + piece.tokens, 0);
  let { from, to } = core;
  let left = budget - cost(from, to + 1);
  const startOf = (index: number) => {
    let start = index;
    while (start > 0 && ends[start - 1] !== true) start -= 1;
    return start;
  };
  const endOf = (index: number) => {
    let end = index;
    while (end < all.length - 1 && ends[end] !== true) end += 1;
    return end;
  };
  const widen = (nextFrom: number, nextTo: number): boolean => {
    const price = cost(nextFrom, from) + cost(to + 1, nextTo + 1);
    if (price > left || (nextFrom === from && nextTo === to)) return false;
    left -= price;
    from = nextFrom;
    to = nextTo;
    return true;
  };
  if (cost(startOf(from), from) + cost(to + 1, endOf(to) + 1) > left) {
    // Not even the sentence fits: words on both sides in turn.
    for (let grew = true; grew; ) {
      grew = to + 1 < all.length && ends[to] !== true && widen(from, to + 1);
      grew = (from > 0 && ends[from - 1] !== true && widen(from - 1, to)) || grew;
    }
    return { from, to };
  }
  widen(startOf(from), endOf(to));
  for (let grew = true; grew; ) {
    grew = to + 1 < all.length && widen(from, endOf(to + 1));
    grew = (from > 0 && widen(startOf(from - 1), to)) || grew;
  }
  return { from, to };
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
