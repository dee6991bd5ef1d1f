import { describe, expect, it } from 'vitest';
import { linePoints, placeOfPassage } from '../../../renderer/quality/figures.ts';

const results = [
  { path: '/a.md', passages: [{ id: 'p1' }, { id: 'p2' }] },
  { path: '/b.md', passages: [{ id: 'p3' }] },
];

describe('what is noted of a used result', () => {
  it('is its file and its place in the list, also for passages shown on demand', () => {
    expect(placeOfPassage(results, {}, 'p2')).toEqual({ path: '/a.md', rank: 1 });
    expect(placeOfPassage(results, {}, 'p3')).toEqual({ path: '/b.md', rank: 2 });
    expect(placeOfPassage(results, { '/b.md': [{ id: 'p9' }] }, 'p9')).toEqual({ path: '/b.md', rank: 2 });
    expect(placeOfPassage(results, {}, 'p9')).toBeNull();
    expect(placeOfPassage([], {}, 'p1')).toBeNull();
  });
});

describe('the line over time', () => {
  it('goes from the left edge to the right, 1 at the top', () => {
    expect(linePoints([0, 0.5, 1], 100, 50)).toBe('0.0,50.0 50.0,25.0 100.0,0.0');
    expect(linePoints([2, -1], 100, 50)).toBe('0.0,0.0 100.0,50.0');
    expect(linePoints([0.5], 100, 50)).toBe('0.0,25.0');
    expect(linePoints([], 100, 50)).toBe('');
  });
});
