import { describe, expect, it } from 'vitest';
import type { FileRecord } from '../../../app/contract/file.ts';
import { groupByFile } from '../../../app/search/group.ts';
import type { Candidate } from '../../../app/search/retrieve.ts';

const DAY = 24 * 3_600_000;
const NOW = 1_800_000_000_000;
const file = (fileId: string, daysAgo: number) =>
  ({ fileId, path: `/${fileId}`, modified: NOW - daysAgo * DAY }) as FileRecord;
const candidate = (pid: number, score: number): Candidate => ({
  pid,
  score,
  maxsim: score,
  bm25: null,
  dense: null,
  maxsimWeight: 1,
});
/** Files 0, 1, 2 … with one passage each, of their number. */
const ledgerOf = (files: readonly FileRecord[]) =>
  ({
    fileOfPid: (pid: number) => files[pid],
    fileById: (id: string) => files.find((each) => each.fileId === id),
    allFiles: () => files.values(),
  }) as never;
const order = (files: readonly FileRecord[], candidates: readonly Candidate[], now: number | null) =>
  groupByFile(candidates, [], ledgerOf(files), {
    files: 10,
    browse: false,
    accept: null,
    now,
    inName: null,
  }).map((group) => group.file.fileId);

describe('recency', () => {
  const files = [file('old', 2000), file('new', 1), file('month', 30)];

  it('parts files that answer about equally well', () => {
    const near = [candidate(0, 0.9), candidate(1, 0.895), candidate(2, 0.893)];
    expect(order(files, near, NOW)).toEqual(['new', 'month', 'old']);
    expect(order(files, near, null)).toEqual(['old', 'new', 'month']);
  });

  it('never puts a clearly better file below', () => {
    const apart = [candidate(0, 0.9), candidate(1, 0.88), candidate(2, 0.5)];
    expect(order(files, apart, NOW)).toEqual(['old', 'new', 'month']);
  });

  it('takes a file from the future for one of now', () => {
    const future = [file('old', 0), file('future', -500)];
    expect(order(future, [candidate(0, 0.9), candidate(1, 0.9)], NOW)).toEqual(['future', 'old']);
    expect(order(future, [candidate(0, 0.901), candidate(1, 0.9)], NOW)).toEqual(['old', 'future']);
  });
});

describe('words of the query in a name', () => {
  const files = [file('bread', 0), file('lease', 0)];
  const groups = (scores: readonly [number, number]) =>
    groupByFile(
      scores.map((score, pid) => candidate(pid, score)),
      [],
      ledgerOf(files),
      {
        files: 10,
        browse: false,
        accept: null,
        now: null,
        inName: ({ fileId }) => (fileId === 'lease' ? 0.5 : 0),
      },
    ).map((group) => group.file.fileId);

  it('weigh a little, and never turn a clear order round', () => {
    expect(groups([0.9, 0.87])).toEqual(['lease', 'bread']);
    expect(groups([0.9, 0.8])).toEqual(['bread', 'lease']);
  });
});

it('gives the first of the whole order, files whose name was typed before all others', () => {
  const files = Array.from({ length: 60 }, (_, pid) => file(`f${pid}`, pid));
  const candidates = files.map((_, pid) => candidate(pid, 1 - Math.floor(pid / 4) / 20));
  const names = ['f41', 'f59'].map(
    (fileId) => ({ fileId, kind: 'whole', covers: 1, fragment: false, ranges: [] }) as const,
  );
  const first = (count: number, now: number | null = null) =>
    groupByFile(candidates, names, ledgerOf(files), {
      files: count,
      browse: false,
      accept: null,
      now,
      inName: ({ fileId }) => (fileId === 'f50' ? 1 : 0),
    }).map((group) => group.file.fileId);
  const whole = first(100);
  expect(whole).toHaveLength(60);
  expect(whole.slice(0, 6)).toEqual(['f41', 'f59', 'f0', 'f1', 'f2', 'f3']);
  for (const count of [1, 2, 3, 7, 30, 59]) {
    expect(first(count)).toEqual(whole.slice(0, count));
    expect(first(count, NOW)).toEqual(first(100, NOW).slice(0, count));
  }
  const negative = candidates.map((each) => ({ ...each, score: each.score - 2 }));
  const order = (count: number) =>
    groupByFile(negative, [], ledgerOf(files), {
      files: count,
      browse: false,
      accept: null,
      now: NOW - 40 * DAY,
      inName: null,
    }).map((group) => group.file.fileId);
  for (const count of [1, 5, 20]) expect(order(count)).toEqual(order(100).slice(0, count));
});
