import type { PassageResult } from '../../app/contract/search.ts';
import type { ParsedWord } from '../../app/text/query.ts';
import { strings } from '../strings.ts';
import { type WordWeights, weightKey } from './query.ts';

/** What a chip shows. */
export interface ChipState {
  readonly index: number;
  readonly text: string;
  readonly weight: number;
  readonly required: boolean;
  /** True inside a phrase: required, and the sign can't be taken away from one word. */
  readonly phrase: boolean;
  /** Share of the passage's score, 0 … 1; null while there is no passage. */
  readonly share: number | null;
  /** Length of the share's bar, relative to the largest share. */
  readonly bar: number;
  readonly found: boolean;
  readonly label: string;
}

/** Chips of the query's words, with the evidence of one passage. */
export function chipStates(
  words: readonly ParsedWord[],
  weights: WordWeights,
  passage: Pick<PassageResult, 'coverage'> | null,
): ChipState[] {
  const largest = Math.max(1e-6, ...(passage?.coverage ?? []).map((entry) => entry.share));
  return words.map((word, index) => {
    const coverage = passage?.coverage.find((entry) => entry.word === index);
    const weight = weights[weightKey(words, index)] ?? 1;
    const share = coverage?.share ?? null;
    const found = coverage?.found ?? passage === null;
    return {
      index,
      text: word.text,
      weight,
      required: word.required,
      phrase: word.phrase !== null,
      share,
      bar: share === null ? 0 : Math.max(0, share) / largest,
      found,
      label: labelOf(word.text, weight, word.required, share, found),
    };
  });
}

function labelOf(
  text: string,
  weight: number,
  required: boolean,
  share: number | null,
  found: boolean,
): string {
  const parts: string[] = [];
  if (weight === 0) parts.push(strings.chips.muted(text));
  else if (weight < 0) parts.push(strings.chips.negative(text));
  else if (!found) parts.push(strings.chips.missing(text));
  else if (share !== null) parts.push(strings.chips.share(text, share));
  else parts.push(text);
  if (required) parts.push(strings.chips.required(text));
  if (weight !== 0 && weight !== 1 && weight !== -1) parts.push(strings.chips.weight(weight));
  return parts.join('; ');
}
