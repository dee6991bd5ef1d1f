import { describe, expect, it } from 'vitest';
import type { TokenMatch } from '../../../app/contract/search.ts';
import { confidenceOf, nameConfidence } from '../../../app/search/confidence.ts';

const token = (similarity: number, chance: number, more: Partial<TokenMatch> = {}): TokenMatch => ({
  token: 'word',
  kind: 'word',
  word: 0,
  weight: 1,
  evidence: 1,
  similarity,
  share: 0,
  chance,
  heat: 0,
  part: 'text',
  matched: '',
  spans: [],
  ...more,
});
const known = { sampled: 256, wordFound: true };

describe('confidence', () => {
  it('is high for what is well covered, low for what lies at chance', () => {
    expect(confidenceOf([token(0.9, 0.3), token(0.85, 0.35)], known)).toBeGreaterThan(0.9);
    expect(confidenceOf([token(0.35, 0.3), token(0.4, 0.35)], known)).toBeLessThan(0.05);
    expect(confidenceOf([], known)).toBe(0);
    expect(confidenceOf([token(1, 0.3, { token: '?' })], known)).toBe(0);
  });

  it('grows with every similarity', () => {
    let before = 0;
    for (let similarity = 0.2; similarity <= 1; similarity += 0.05) {
      const now = confidenceOf([token(similarity, 0.3), token(0.6, 0.4)], known);
      expect(now).toBeGreaterThan(before);
      before = now;
    }
  });

  it('lets words that find the same everywhere say little', () => {
    const rare = confidenceOf([token(0.9, 0.2), token(0.97, 0.95)], known);
    const common = confidenceOf([token(0.3, 0.2), token(0.99, 0.95)], known);
    expect(rare).toBeGreaterThan(0.8);
    expect(common).toBeLessThan(0.1);
  });

  it('heeds weights: a muted word counts nothing', () => {
    const tokens = [token(0.9, 0.3), token(0.1, 0.3)];
    const muted = [token(0.9, 0.3), token(0.1, 0.3, { weight: 0 })];
    expect(confidenceOf(muted, known)).toBeCloseTo(confidenceOf(tokens.slice(0, 1), known), 12);
    expect(confidenceOf(tokens, known)).toBeLessThan(confidenceOf(muted, known));
  });

  it('is lower when no word of the query is in the index, and not when nobody looked', () => {
    const tokens = [token(0.7, 0.3)];
    const found = confidenceOf(tokens, known);
    expect(confidenceOf(tokens, { ...known, wordFound: false })).toBeLessThan(found / 2);
    expect(confidenceOf(tokens, { ...known, wordFound: null })).toBe(found);
  });

  it('does not take the only passage of an index for chance', () => {
    expect(confidenceOf([token(0.9, 0.9)], { sampled: 1, wordFound: true })).toBeGreaterThan(0.5);
  });

  it('is high for a name that is typed whole', () => {
    expect(nameConfidence(1)).toBeCloseTo(0.95);
    expect(nameConfidence(0.4)).toBeLessThan(0.7);
  });
});
