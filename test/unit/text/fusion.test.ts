import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chanceRoom,
  chanceSpread,
  fuse,
  fusionWeight,
  LEXICAL_WEIGHTS,
  lexicalWeight,
} from '../../../app/text/fusion.ts';
import { parseQuery } from '../../../app/text/query.ts';

const lexical = (query: string): number => lexicalWeight(parseQuery(query));
const chance = (deviation: number[], sampled = 1e6) => ({
  mean: new Float32Array(deviation.length),
  deviation: Float32Array.from(deviation),
  sampled,
});

describe('fuse', () => {
  it('adds scaled scores by weight', () => {
    const maxsim = new Map([
      ['a', 20],
      ['b', 15],
      ['c', 10],
    ]);
    const bm25 = new Map([
      ['c', 8],
      ['d', 4],
    ]);
    expect(fuse(maxsim, bm25, 0.7)).toEqual(
      new Map([
        ['a', 0.7],
        ['b', 0.35],
        ['c', expect.closeTo(0.3, 10)],
        ['d', expect.closeTo(0.15, 10)],
      ]),
    );
  });

  it('ranks by MaxSim alone at weight 1, by BM25 alone at 0', () => {
    const scores = fc
      .array(fc.tuple(fc.nat(50), fc.double({ min: 0.001, max: 50, noNaN: true })))
      .map((list) => new Map(list));
    fc.assert(
      fc.property(scores, scores, (maxsim, bm25) => {
        const all = fuse(maxsim, bm25, 1);
        for (const [a, scoreA] of maxsim) {
          for (const [b, scoreB] of maxsim) {
            if (scoreA > scoreB) expect(all.get(a)).toBeGreaterThanOrEqual(all.get(b) ?? 2);
          }
        }
        for (const value of fuse(maxsim, bm25, 0.5).values()) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
        for (const key of fuse(maxsim, bm25, 0).keys()) expect(maxsim.has(key) || bm25.has(key)).toBe(true);
      }),
    );
  });

  it('takes empty and equal scores', () => {
    expect(fuse(new Map(), new Map(), 0.5).size).toBe(0);
    expect(fuse(new Map([[1, 3]]), new Map(), 0.5).get(1)).toBe(0.5);
    expect(fuse(new Map([[1, 3]]), new Map([[1, 2]]), 0.5).get(1)).toBe(1);
  });
});

describe('lexicalWeight', () => {
  const { plain, lengthPower, statement, varied, most, identifiers, names, exact } = LEXICAL_WEIGHTS;
  const ofLength = (words: number) => plain * (words / 8) ** lengthPower;

  it('grows with the length of a query', () => {
    expect(lexical('')).toBe(plain);
    expect(lexical('how do I end a lease that is long')).toBeCloseTo(ofLength(9), 10);
    expect(lexical('lease contract')).toBeCloseTo(ofLength(2), 10);
    expect(lexical('A Title Written With Capitals')).toBeCloseTo(ofLength(5), 10);
    expect(lexical('lease')).toBeGreaterThan(plain / most);
    expect(lexical('word '.repeat(1000))).toBeCloseTo(plain * most, 10);
  });

  it('leans on BM25 for what is meant letter for letter', () => {
    for (const query of [
      'ERR_CONNECTION_RESET',
      'getUserName',
      'std::vector',
      'a.b@c.org',
      '4711',
      'C++',
      'DE89370400440532',
    ])
      expect(lexical(query), query).toBeCloseTo(ofLength(1) * identifiers, 10);
    expect(lexical('what does ENOSPC mean when I copy files?')).toBeCloseTo(
      plain * identifiers ** (1 / 8),
      10,
    );
    expect(lexical('when did Wolfgang meet Jennifer')).toBeCloseTo(ofLength(5) * names ** 0.4, 10);
    expect(lexical('"notice period" in leases')).toBeCloseTo(ofLength(4) * exact, 10);
    expect(lexical('+notice period in leases')).toBeCloseTo(ofLength(4) * exact, 10);
  });

  it('leans on BM25 for a statement that is written out, and in a narrow collection', () => {
    const claim = 'Aspirin lowers the risk of heart attack.';
    expect(lexical(claim)).toBeCloseTo(ofLength(7) * statement, 10);
    expect(lexical(claim.slice(0, -1))).toBeCloseTo(ofLength(7), 10);
    expect(lexical('Stop it.')).toBeCloseTo(ofLength(2), 10);
    const query = parseQuery('how do I end a lease early?');
    expect(lexicalWeight(query, 0.9)).toBeCloseTo(ofLength(7) * varied, 10);
    expect(lexicalWeight(query, 0.4)).toBeCloseTo(ofLength(7) / varied, 10);
  });
});

describe('chanceRoom', () => {
  const word = { kind: 'word' };
  it('is the room above chance of the word tokens', () => {
    const levels = { mean: Float32Array.of(0.9, 0.2, 0.4), deviation: new Float32Array(3), sampled: 1e9 };
    expect(chanceRoom(levels, [{ kind: 'special' }, word, word])).toBeCloseTo(0.7, 4);
  });

  it('is what is usual where nothing tells', () => {
    const none = chanceRoom({ mean: new Float32Array(0), deviation: new Float32Array(0), sampled: 0 }, []);
    expect(lexicalWeight(parseQuery('one two'), none)).toBe(lexicalWeight(parseQuery('one two')));
    const one = { mean: Float32Array.of(1), deviation: Float32Array.of(0), sampled: 1 };
    expect(chanceRoom(one, [word])).toBeCloseTo(none, 1);
  });
});

describe('fusionWeight', () => {
  const scores = fc
    .array(fc.tuple(fc.nat(50), fc.double({ min: 0.01, max: 40, noNaN: true })), { minLength: 2 })
    .map((list) => new Map(list));

  const spreads = fc.double({ min: 0.02, max: 0.5, noNaN: true });
  const lexicals = fc.double({ min: 0.1, max: 3, noNaN: true });

  it('lies between the say by evidence and a share of what MaxSim tells apart', () => {
    fc.assert(
      fc.property(scores, scores, spreads, lexicals, (maxsim, bm25, spread, lexical) => {
        const low = Math.min(...maxsim.values());
        const bySense = (Math.max(...maxsim.values()) - low) / spread;
        fc.pre(bySense > 0 && bm25.size > 0);
        const byEvidence = bySense / (bySense + lexical * Math.max(...bm25.values()));
        const weight = fusionWeight(maxsim, bm25, { spread, lexical });
        // BM25's fixed share is between a tenth and a half.
        expect(weight).toBeGreaterThanOrEqual(Math.min(byEvidence, 0.5) - 1e-9);
        expect(weight).toBeLessThanOrEqual(Math.max(byEvidence, 0.9) + 1e-9);
      }),
    );
  });

  it('falls as BM25 finds more, and as the query leans on words more', () => {
    fc.assert(
      fc.property(scores, scores, spreads, lexicals, (maxsim, bm25, spread, lexical) => {
        fc.pre(bm25.size > 0);
        const weight = fusionWeight(maxsim, bm25, { spread, lexical });
        const more = new Map([...bm25].map(([key, score]) => [key, score * 2]));
        expect(fusionWeight(maxsim, more, { spread, lexical })).toBeLessThanOrEqual(weight);
        expect(fusionWeight(maxsim, bm25, { spread, lexical: lexical * 2 })).toBeLessThanOrEqual(weight);
      }),
    );
  });

  it('does not depend on how sharp the model is', () => {
    const bm25 = new Map([[1, 3]]);
    const maxsim = new Map([
      [1, 4],
      [2, 5],
    ]);
    const sharper = new Map([...maxsim].map(([key, score]) => [key, score * 2]));
    expect(fusionWeight(sharper, bm25, { spread: 0.2, lexical: 1 })).toBeCloseTo(
      fusionWeight(maxsim, bm25, { spread: 0.1, lexical: 1 }),
      10,
    );
  });

  it('gives no say to a ranking that found nothing', () => {
    const found = new Map([
      [1, 3],
      [2, 1],
    ]);
    expect(fusionWeight(found, new Map(), { spread: 0.1, lexical: 1 })).toBe(1);
    expect(fusionWeight(new Map<number, number>(), found, { spread: 0.1, lexical: 1 })).toBe(0);
    expect(fusionWeight(new Map(), new Map(), { spread: 0.1, lexical: 1 })).toBe(0.5);
  });
});

describe('chanceSpread', () => {
  it('is the root mean square of the deviations, muted words apart', () => {
    expect(chanceSpread(chance([0.1, 0.1]))).toBeCloseTo(0.1, 4);
    expect(chanceSpread(chance([0.3, 0.4]))).toBeCloseTo(Math.sqrt(0.125), 4);
    expect(chanceSpread(chance([0.3, 0.4]), Float32Array.of(1, 0))).toBeCloseTo(0.3, 4);
    expect(chanceSpread(chance([0.3, 0.3]), Float32Array.of(2, 2))).toBeCloseTo(0.6, 4);
  });

  it('falls back to what is usual where few passages tell', () => {
    const none = chanceSpread(chance([0, 0], 0));
    expect(none).toBeGreaterThan(0.05);
    expect(chanceSpread(chance([]))).toBeCloseTo(none, 6);
    expect(chanceSpread(chance([0.4], 16))).toBeGreaterThan(none);
    expect(chanceSpread(chance([0.4], 16))).toBeLessThan(0.4);
  });
});
