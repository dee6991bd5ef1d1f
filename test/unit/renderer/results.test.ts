import { describe, expect, it } from 'vitest';
import type { FileResult, PassageResult, SearchResponse } from '../../../app/contract/search.ts';
import { matchStrength, weakness } from '../../../renderer/search/match-strength.ts';
import { isFileHit, rowsOf } from '../../../renderer/search/rows.ts';

const passage = (id: string): PassageResult => ({
  id,
  score: 1,
  scores: { maxsim: 1, bm25: null, dense: null, maxsimWeight: 1 },
  text: 'end the contract',
  title: '',
  headings: [],
  start: 0,
  end: 16,
  place: null,
  placeLabel: '',
  highlights: [],
  coverage: [],
  contextShare: 0,
  duplicates: [],
});

const file = (name: string, passages: readonly PassageResult[], modified = 0): FileResult => ({
  path: `/files/${name}`,
  name,
  root: '/files',
  format: 'text',
  family: 'text',
  title: '',
  size: 1,
  modified,
  score: 1,
  strength: 0.5,
  nameMatches: [],
  passages: [...passages],
  morePassages: 2,
});

const answer = (results: FileResult[]): SearchResponse => ({
  query: 'contract',
  tookMs: 1,
  stages: {},
  words: [],
  results,
  notices: [],
  coverage: { searchable: 1, known: 1 },
});

describe('rows of the list', () => {
  it('number the passages through all files, in the order that is wanted', () => {
    const files = [file('b10', [passage('1'), passage('2')], 5), file('b9', [passage('3')], 9)];
    const rows = rowsOf(answer(files), 'relevance', {});
    expect(rows.files.map((row) => [row.file.name, row.first])).toEqual([
      ['b10', 1],
      ['b9', 3],
    ]);
    expect(rows.passages.map((each) => [each.passage.id, each.row])).toEqual([
      ['1', 0],
      ['2', 0],
      ['3', 1],
    ]);
    expect(rowsOf(answer(files), 'newest', {}).files.map((row) => row.file.name)).toEqual(['b9', 'b10']);
    expect(rowsOf(answer(files), 'name', {}).files.map((row) => row.file.name)).toEqual(['b9', 'b10']);
  });

  it('show all passages of a file that was opened out', () => {
    const rows = rowsOf(answer([file('a', [passage('1')])]), 'relevance', {
      '/files/a': [passage('1'), passage('2')],
    });
    expect(rows.passages.map((each) => each.passage.id)).toEqual(['1', '2']);
    expect(rows.files[0]?.isExpanded).toBe(true);
  });

  it('give a file that only its name found a place, named by its path', () => {
    const rows = rowsOf(answer([file('plan.png', []), file('a', [passage('1')])]), 'relevance', {});
    expect(rows.passages.map((each) => each.passage.id)).toEqual(['file:/files/plan.png', '1']);
    expect(rows.passages.map((each) => isFileHit(each.passage))).toEqual([true, false]);
  });
});

describe('strength', () => {
  const word = { index: 0, text: 'contract', start: 0, end: 8, weight: 1, required: false };

  it('is the share of words while there is no calibrated confidence', () => {
    expect(matchStrength(file('a', []))).toMatchObject({ value: 0.5, calibrated: false });
    const weak = { ...file('a', [passage('1')]), strength: 0.2 };
    expect(weakness({ words: [word], results: [weak] })).toContain('say nothing');
    expect(weakness({ words: [word], results: [file('a', [])] })).toBeNull();
  });

  it('is the confidence where it is told', () => {
    expect(matchStrength({ strength: 0.9, confidence: 0.1 })).toMatchObject({ value: 0.1, calibrated: true });
    const answered = { words: [word], results: [{ ...file('a', []), strength: 0 }] };
    expect(weakness({ ...answered, confidence: 0.1 })).toContain('Probably nothing');
    expect(weakness({ ...answered, confidence: 0.8 })).toBeNull();
  });

  it('is not judged where nothing is asked for or nothing found', () => {
    expect(weakness({ words: [], results: [file('a', [])], confidence: 0 })).toBeNull();
    expect(weakness({ words: [{ ...word, weight: 0 }], results: [file('a', [])] })).toBeNull();
    expect(weakness({ words: [word], results: [] })).toBeNull();
  });
});
