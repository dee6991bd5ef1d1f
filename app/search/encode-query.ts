import type { EncodedQuery, QueryToken } from '../contract/vectors.ts';
import type { SearchParts } from './parts.ts';

/** Pieces of a long query at most, and tokens from which on no further piece is added. */
const MAX_PIECES = 4;
const ENOUGH_TOKENS = 256;

/**
 * Encodes a query that may be longer than the model reads at once: what it leaves out is encoded piece by piece, and
 * the vectors are put together, as MaxSim is a sum over them in any case.
 */
export async function encodeWhole(
  text: string,
  { encodeQuery }: Pick<SearchParts, 'encodeQuery'>,
): Promise<EncodedQuery> {
  const pieces: EncodedQuery[] = [];
  let tokens = 0;
  for (let from = 0; pieces.length < MAX_PIECES && tokens < ENOUGH_TOKENS; ) {
    const piece = await encodeQuery(text.slice(from));
    pieces.push(from === 0 ? piece : { ...piece, tokens: shifted(piece.tokens, from) });
    tokens += piece.tokens.length;
    const end = from + Math.max(0, ...piece.tokens.map((token) => token.end));
    const next = startOfWord(text, end);
    if (next <= from || !/[\p{L}\p{N}]/u.test(text.slice(end))) break;
    from = next;
  }
  const [only] = pieces;
  return only !== undefined && pieces.length === 1 ? only : joined(pieces);
}

/** Where the word that was cut at `end` begins, or `end` itself between words. */
function startOfWord(text: string, end: number): number {
  let start = end;
  while (
    start > 0 &&
    /[\p{L}\p{N}]/u.test(text.charAt(start)) &&
    /[\p{L}\p{N}]/u.test(text.charAt(start - 1))
  )
    start -= 1;
  return start;
}

function shifted(tokens: readonly QueryToken[], by: number): QueryToken[] {
  return tokens.map((token) =>
    token.kind === 'word' ? { ...token, start: token.start + by, end: token.end + by } : token,
  );
}

function joined(pieces: readonly EncodedQuery[]): EncodedQuery {
  const vectors = new Float32Array(pieces.reduce((sum, piece) => sum + piece.vectors.length, 0));
  const dense = new Float32Array(pieces[0]?.dense.length ?? 0);
  let at = 0;
  for (const piece of pieces) {
    vectors.set(piece.vectors, at);
    at += piece.vectors.length;
    piece.dense.forEach((value, d) => {
      dense[d] = (dense[d] ?? 0) + value * piece.tokens.length;
    });
  }
  const length = Math.hypot(...dense);
  return {
    vectors,
    tokens: pieces.flatMap((piece) => piece.tokens),
    dense: length === 0 ? dense : dense.map((value) => value / length),
  };
}
