import type { TokenSpans } from '../contract/passage.ts';
import type { Highlight, Part, PassageResult, QueryWord, TokenMatch } from '../contract/search.ts';
import type { Alignment, ChanceLevel, EncodedQuery } from '../contract/vectors.ts';
import type { PassageRow } from '../store/types.ts';
import { type ContextPart, contextParts, HEADING_SEPARATOR } from '../text/context.ts';
import { FOUND_HEAT, heatOf, type PartSpan, toHighlights } from '../text/highlight.ts';

export interface ExplainInput {
  readonly row: PassageRow;
  readonly spans: TokenSpans;
  readonly query: EncodedQuery;
  readonly alignment: Alignment;
  readonly chance: ChanceLevel;
  readonly words: readonly QueryWord[];
  readonly wordOf: readonly (number | null)[];
  readonly asked: Float32Array | undefined;
  readonly evidence: Float32Array | null;
}

export interface Explanation {
  readonly tokens: TokenMatch[];
  readonly highlights: Highlight[];
  readonly coverage: PassageResult['coverage'];
  readonly contextShare: number;
}

/** Says where the score of a passage comes from, from the stored vectors alone. */
export function explain(input: ExplainInput): Explanation {
  const parts = contextParts(input.row);
  const strings = partStrings(input.row);
  const { alignment, asked, chance, evidence } = input;
  const weights = input.query.tokens.map((_, i) => (asked?.[i] ?? 1) * (evidence?.[i] ?? 1));
  const counted = (i: number): number => (alignment.similarity[i] ?? 0) * (weights[i] ?? 0);
  const score = weights.reduce((sum, _, i) => sum + counted(i), 0);
  const located = Array.from(input.query.tokens, (_, i) =>
    locate(input.spans, alignment.best[i] ?? 0, parts),
  );
  const tokens = input.query.tokens.map((token, i): TokenMatch => {
    const spans = located[i] ?? [];
    const similarity = alignment.similarity[i] ?? 0;
    const mean = chance.mean[i] ?? 0;
    const part = spans[0]?.part ?? 'context';
    return {
      token: token.piece,
      kind: token.kind,
      word: input.wordOf[i] ?? null,
      weight: weights[i] ?? 0,
      evidence: evidence?.[i] ?? 1,
      similarity,
      share: score === 0 ? 0 : counted(i) / score,
      chance: mean,
      heat: token.kind === 'word' ? heatOf(similarity, mean, chance.deviation[i] ?? 0) : 0,
      part,
      matched: spans.map((span) => strings[span.part].slice(span.start, span.end)).join(' … '),
      spans: spans.filter((span) => span.part === part).map(({ start, end }) => ({ start, end })),
    };
  });
  const highlights = toHighlights(
    tokens.map(({ word, weight, heat }, i) => ({ word, weight, heat, located: located[i] ?? [] })),
    strings,
    input.words,
  );
  return {
    tokens,
    highlights,
    coverage: coverageOf(tokens, input.words, highlights),
    contextShare: tokens.reduce((sum, match) => (match.kind === 'word' ? sum : sum + match.share), 0),
  };
}

/** The strings that highlight offsets count in. */
export function partStrings(row: Pick<PassageRow, 'text' | 'title' | 'headings'>): Record<Part, string> {
  return { text: row.text, title: row.title, heading: row.headings.join(HEADING_SEPARATOR), context: '' };
}

/** Where the tokens that a vector stands for lie. */
function locate(spans: TokenSpans, vector: number, parts: readonly ContextPart[]): PartSpan[] {
  const located: PartSpan[] = [];
  for (let pair = spans.offsets[vector] ?? 0; pair < (spans.offsets[vector + 1] ?? 0); pair += 1) {
    const start = spans.spans[2 * pair] ?? 0;
    const end = spans.spans[2 * pair + 1] ?? 0;
    const part = parts.find((candidate) => start >= candidate.start && start < candidate.end);
    if (part === undefined) continue;
    const shift = part.offset - part.start;
    located.push({ part: part.part, start: start + shift, end: Math.min(end, part.end) + shift });
  }
  return located;
}

/**
 * A word that stands in the passage letter for letter is found, even where most of the index speaks of it ("Debian"
 * in the files of a Debian developer) so that no match of it lies above chance.
 */
function coverageOf(
  matches: readonly TokenMatch[],
  words: readonly QueryWord[],
  highlights: readonly Highlight[],
): PassageResult['coverage'] {
  const literal = new Set(highlights.filter((mark) => mark.exact).flatMap((mark) => mark.words));
  return words.map((word) => {
    const own = matches.filter((match) => match.word === word.index);
    const heat = own.length === 0 ? 0 : own.reduce((sum, match) => sum + match.heat, 0) / own.length;
    return {
      word: word.index,
      share: own.reduce((sum, match) => sum + match.share, 0),
      heat,
      found: heat >= FOUND_HEAT || literal.has(word.index),
    };
  });
}

/**
 * Share of the query that a passage covers above chance, 0 … 1. A word that finds the same everywhere ("the") says
 * nothing either way, so words count by how much they could tell: by the room above their chance level.
 */
export function strengthOf(explanation: Explanation): number {
  let covered = 0;
  let room = 0;
  for (const token of explanation.tokens) {
    if (token.kind !== 'word' || token.weight <= 0) continue;
    const could = Math.max(0, 1 - token.chance);
    covered += could * Math.min(1, token.heat * 1.5);
    room += could;
  }
  return room === 0 ? 0 : covered / room;
}
