import type { FileResult, SearchResponse } from '../../app/contract/search.ts';
import { strings } from '../strings.ts';

/** How good a match is. */
export interface MatchStrength {
  /** 0 … 1. */
  readonly value: number;
  /** True when `value` is a calibrated likelihood; else it is the share of the query's words that were found. */
  readonly calibrated: boolean;
  readonly label: string;
}

/** Share of the query's words below which an answer is called no good match, and the same for a likelihood. */
const WEAK_SHARE = 0.34;
const WEAK_CONFIDENCE = 0.25;

/** A file's strength: its calibrated confidence where the engine tells it, else word coverage. */
export function matchStrength(file: Pick<FileResult, 'confidence' | 'strength'>): MatchStrength {
  const { confidence, strength } = file;
  return confidence === undefined
    ? { value: strength, calibrated: false, label: strings.search.strength(strength) }
    : { value: confidence, calibrated: true, label: strings.search.confidence(confidence) };
}

/** What to say of an answer that is no good match; null for one that is. */
export function weakness(response: Pick<SearchResponse, 'confidence' | 'results' | 'words'>): string | null {
  const words = response.words.filter((word) => word.weight > 0).length;
  const [best] = response.results;
  if (words === 0 || best === undefined) return null;
  if (response.confidence !== undefined) {
    return response.confidence < WEAK_CONFIDENCE ? strings.search.weakLikelihood : null;
  }
  return best.strength < WEAK_SHARE
    ? strings.search.weakDetail(Math.round(best.strength * words), words)
    : null;
}
