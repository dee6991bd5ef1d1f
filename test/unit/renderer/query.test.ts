import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../app/text/query.ts';
import {
  excludeWord,
  inFile,
  NO_FILTERS,
  setRequired,
  stepWeight,
  tokenWeights,
  weightKey,
  withFilters,
  wordsOf,
} from '../../../renderer/search/query.ts';

describe('filters', () => {
  it('add operators and no words, so that positions stay', () => {
    const query = withFilters('notice "three months"', {
      folder: '/home/a b/Docs',
      type: 'document',
      modified: 'this year',
    });
    const parsed = parseQuery(query);
    expect(parsed.words.map((word) => word.text)).toEqual(['notice', 'three', 'months']);
    expect(parsed.filters.map((filter) => filter.operator)).toEqual(['path', 'type', 'modified']);
  });

  it('change nothing when there are none', () => {
    expect(withFilters('lease', NO_FILTERS)).toBe('lease');
  });

  it('limit to one file, whatever its name', () => {
    for (const path of ['/a/b.md', '/a b/c, d.md', '/a/"quoted".md', 'C:\\Users\\x\\y.md']) {
      const { filters, words } = parseQuery(inFile('lease', path));
      expect(words).toHaveLength(1);
      expect(filters).toHaveLength(1);
    }
  });
});

describe('weights', () => {
  it('go by position for the engine', () => {
    expect(tokenWeights('old contract', { 'contract#0': 0 })).toEqual({ 1: 0 });
    expect(tokenWeights('old contract', { 'contract#0': 1, 'gone#0': 2 })).toBeUndefined();
  });

  it('stay with their word while typing goes on', () => {
    const weights = { 'contract#0': 2 };
    expect(tokenWeights('contract', weights)).toEqual({ 0: 2 });
    expect(tokenWeights('the old contract', weights)).toEqual({ 2: 2 });
    expect(tokenWeights('the old contr', weights)).toBeUndefined();
  });

  it('tell the same word’s occurrences apart', () => {
    const words = wordsOf('no means no');
    expect([0, 1, 2].map((index) => weightKey(words, index))).toEqual(['no#0', 'means#0', 'no#1']);
    expect(tokenWeights('no means no', { 'no#1': -1 })).toEqual({ 2: -1 });
  });

  it('step up and down and stop at both ends', () => {
    expect(stepWeight(1, 1)).toBe(1.5);
    expect(stepWeight(1, -1)).toBe(0.5);
    expect(stepWeight(3, 1)).toBe(3);
    expect(stepWeight(-1, -1)).toBe(-1);
    expect(stepWeight(0, 1)).toBe(0.5);
  });

  it('stay while an operator is half typed', () => {
    for (const query of ['lease size:', 'size:huge lease', 'lease type:"', 'lease modified:19']) {
      expect(wordsOf(query).map((word) => word.text)).toEqual(['lease']);
      expect(tokenWeights(query, { 'lease#0': 2 })).toEqual({ 0: 2 });
    }
    const [word] = wordsOf('size:huge lease');
    expect([word?.start, word?.end]).toEqual([10, 15]);
  });
});

describe('required and excluded words', () => {
  it('get and lose their sign', () => {
    expect(setRequired('old contract', 1, true)).toBe('old +contract');
    expect(setRequired('old +contract', 1, false)).toBe('old contract');
    expect(setRequired('old +contract', 1, true)).toBe('old +contract');
    expect(parseQuery(setRequired('old (contract)', 1, true)).required).toEqual(['contract']);
  });

  it('leave phrases as they are', () => {
    expect(setRequired('"old contract"', 1, true)).toBe('"old contract"');
    expect(excludeWord('"old contract"', 0)).toBe('"old contract"');
  });

  it('become excluded', () => {
    expect(parseQuery(excludeWord('old contract', 0))).toMatchObject({ excluded: ['old'] });
    expect(parseQuery(excludeWord('old +contract', 1))).toMatchObject({
      excluded: ['contract'],
      required: [],
    });
  });
});
