import type { FileResult } from '../../app/contract/search.ts';
import { strings } from '../strings.ts';

/** How good a match a file is. */
export interface MatchStrength {
  /** 0 … 1. */
  readonly value: number;
  /** True when `value` is a calibrated probability; else it is the share of the query's words that were found. */
  readonly calibrated: boolean;
  readonly label: string;
}

/** An answer may carry how likely it is to be what was asked for. */
interface WithConfidence {
  readonly confidence?: number | null;
}

/** Share of the query's words below which a result is called no good match, and the same for a probability. */
const WEAK_SHARE = 0.34;
const WEAK_CONFIDENCE = 0.25;

/** A file's strength: the calibrated confidence of its best passage where the engine tells it, else word coverage. */
export function matchStrength(file: FileResult): MatchStrength {
  const own =
    (file as WithConfidence).confidence ?? (file.passages[0] as WithConfidence | undefined)?.confidence;
  if (typeof own !== 'number')
    return { value: file.strength, calibrated: false, label: strings.search.strength(file.strength) };
  return { value: own, calibrated: true, label: strings.search.confidence(own) };
}

/** Whether the best result is so weak that it should be said. */
export const isWeak = ({ value, calibrated }: MatchStrength): boolean =>
  value < (calibrated ? WEAK_CONFIDENCE : WEAK_SHARE);
