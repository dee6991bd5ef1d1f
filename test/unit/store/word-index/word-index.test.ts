import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../../../app/contract/index.ts';
import { silentLogger } from '../../../../app/contract/index.ts';
import { termsOf } from '../../../../app/store/word-index/analyze.ts';
import { buildSegment, type WordedPassage } from '../../../../app/store/word-index/build-segment.ts';
import { Postings, WordSegment } from '../../../../app/store/word-index/segment.ts';
import { termHash } from '../../../../app/store/word-index/term-hash.ts';
import { type LivePassages, WordIndex } from '../../../../app/store/word-index/word-index.ts';
import { randomFrom } from '../../../helpers/random.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'passim-words-'));
  folders.push(folder);
  return folder;
}
const openIndex = (directory = temporary(), logger: Logger = silentLogger): WordIndex =>
  new WordIndex({ directory, logger, keeps: true });

const WORDS = 'alpha beta gamma delta epsilon zeta eta theta iota kappa the of in and a'.split(' ');

/** Texts whose first words are rare and whose last ones are in nearly all of them. */
function randomPassage(random: () => number, pid: number): WordedPassage {
  const length = 1 + Math.floor(random() * 30);
  const words = Array.from({ length }, () => WORDS[Math.floor(random() ** 0.4 * WORDS.length)] ?? 'the');
  return { pid, tag: pid * 7, words: words.join(' ') };
}

/** BM25 by its definition, passage by passage. */
function reference(passages: readonly WordedPassage[], query: string): Map<number, number> {
  const texts = passages.map(({ pid, words }) => ({ pid, terms: termsOf(words) }));
  const average = texts.reduce((sum, { terms }) => sum + terms.length, 0) / texts.length;
  const scores = new Map<number, number>();
  for (const term of termsOf(query)) {
    const holding = texts.filter(({ terms }) => terms.includes(term)).length;
    const idf = Math.log(1 + (texts.length - holding + 0.5) / (holding + 0.5));
    for (const { pid, terms } of texts) {
      const often = terms.filter((other) => other === term).length;
      if (often === 0) continue;
      const norm = 1.2 * (0.25 + (0.75 * terms.length) / average);
      scores.set(pid, (scores.get(pid) ?? 0) + (idf * often * 2.2) / (often + norm));
    }
  }
  return scores;
}

async function expectAsReference(index: WordIndex, passages: readonly WordedPassage[], query: string) {
  const wanted = reference(passages, query);
  const scores = await index.score(query);
  const best = scores.best(passages.length);
  expect(new Set(best.map(({ pid }) => pid))).toEqual(new Set(wanted.keys()));
  for (const { pid, score } of best) expect(score).toBeCloseTo(wanted.get(pid) ?? 0, 4);
  for (const { pid } of passages) expect(scores.of(pid) ?? 0).toBeCloseTo(wanted.get(pid) ?? 0, 4);
  for (const limit of [1, 3, 10]) expect(scores.best(limit)).toEqual(best.slice(0, limit));
}

const live = (passages: readonly WordedPassage[]): LivePassages => {
  const sorted = passages.toSorted((a, b) => a.pid - b.pid);
  return {
    pids: Uint32Array.from(sorted, ({ pid }) => pid),
    tags: Uint32Array.from(sorted, ({ tag }) => tag),
  };
};

/** What it finds of `passages` after what has gone has been merged away, as in an index of them alone. */
async function expectSame(index: WordIndex, passages: readonly WordedPassage[]): Promise<void> {
  expect(index.passages).toBe(passages.length);
  for (const query of ['alpha', 'theta iota', 'the gamma of beta']) {
    const wanted = reference(passages, query);
    const found = (await index.score(query)).best(passages.length + 1);
    expect(new Set(found.map(({ pid }) => pid))).toEqual(new Set(wanted.keys()));
    expect(index.holdsAny(query)).toBe(wanted.size > 0);
  }
  const both = passages.filter(({ words }) => / ?\bbeta\b/.test(words) && /\bkappa\b/.test(words));
  expect(index.holding('kappa beta')).toEqual(both.map(({ pid }) => pid).sort((a, b) => a - b));
}

describe('the word index', () => {
  it('reads the postings of a word that very many passages hold', () => {
    const count = 3 * 4_096 + 5;
    const often = (pid: number): number => (pid % 7 === 3 ? 0 : 1 + (pid % 300 === 1 ? 200 : pid % 3));
    const segment = buildSegment(
      Array.from({ length: count }, (_, pid) => ({
        pid,
        tag: 0,
        words: 'alpha '.repeat(often(pid)) || 'beta',
      })),
    );
    const postings = new Postings();
    // Twice, since it is used again and again.
    for (let round = 0; round < 2; round += 1) {
      const read = new Map<number, number>();
      postings.open(segment.parts, segment.termAt(termHash('alpha')));
      while (postings.next())
        for (let i = 0; i < postings.count; i += 1)
          read.set(postings.places[i] ?? 0, postings.occurrences[i] ?? 0);
      const wanted = [...segment.parts.pids.keys()].filter((pid) => often(pid) > 0);
      expect(read).toEqual(new Map(wanted.map((pid) => [pid, often(pid)])));
    }
  });

  it('tells whether a word is in any passage that is still there', async () => {
    const index = openIndex();
    const words = ['alpha beta', 'gamma quilts', 'alpha gamma', 'delta'];
    await index.add(words.map((text, pid) => ({ pid, tag: pid, words: text })));
    expect(['alpha', 'quilt', 'omega', 'omega delta', ''].map((word) => index.holdsAny(word))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    index.remove([1]);
    expect(index.holdsAny('quilts')).toBe(false);
    expect(index.holdsAny('gamma')).toBe(true);
    await index.close();
  });

  it('scores every passage as BM25 is defined, over many segments', async () => {
    const random = randomFrom(5);
    const index = openIndex();
    const passages = Array.from({ length: 700 }, (_, pid) => randomPassage(random, pid));
    for (let from = 0; from < 700; from += 70) await index.add(passages.slice(from, from + 70));
    for (const query of ['alpha', 'beta the', 'gamma gamma delta of', 'unknown', 'epsilon unknown in'])
      await expectAsReference(index, passages, query);
    await index.close();
    await expectAsReference(index, passages, 'kappa the zeta');
  });

  it('gives equal passages in the order of their numbers, and only those allowed', async () => {
    const index = openIndex();
    await index.add(Array.from({ length: 50 }, (_, i) => ({ pid: 99 - i, tag: 0, words: 'same words' })));
    const scores = await index.score('word');
    expect(scores.best(3).map(({ pid }) => pid)).toEqual([50, 51, 52]);
    const allow = Uint32Array.of(1, 60, 61, 70, 200);
    expect(scores.best(10, allow).map(({ pid }) => pid)).toEqual([60, 61, 70]);
    expect(scores.best(10, new Uint32Array())).toEqual([]);
    expect(scores.best(0)).toEqual([]);
    expect(scores.of(1)).toBeNull();
  });

  it('forgets what is removed at once, also while segments are merged', async () => {
    const random = randomFrom(6);
    const index = openIndex();
    let there: WordedPassage[] = [];
    let pid = 0;
    for (let round = 0; round < 60; round += 1) {
      const fresh = Array.from({ length: 1 + Math.floor(random() * 40) }, () => randomPassage(random, pid++));
      const adding = index.add(fresh);
      const going = there.filter(() => random() < 0.15).map((passage) => passage.pid);
      index.remove([...going, 1_000_000]);
      await adding;
      const gone = new Set(going);
      there = [...there.filter((passage) => !gone.has(passage.pid)), ...fresh];
      expect(index.passages).toBe(there.length);
      for (const lost of going) expect(index.has(lost)).toBe(false);
    }
    await expectSame(index, there);
  });

  it('takes a passage once', async () => {
    const index = openIndex();
    const passages = Array.from({ length: 600 }, (_, i) => ({ pid: i, tag: 0, words: `word number ${i}` }));
    await Promise.all([index.add(passages), index.add(passages.toReversed())]);
    await index.add(passages.slice(0, 5));
    expect(index.passages).toBe(600);
    expect((await index.score('number')).best(1000).length).toBe(600);
  });

  it('finds after a restart what it found before, and tells what it lacks', async () => {
    const random = randomFrom(7);
    const directory = temporary();
    const first = openIndex(directory);
    const passages = Array.from({ length: 500 }, (_, pid) => randomPassage(random, pid));
    for (let from = 0; from < 500; from += 20) await first.add(passages.slice(from, from + 20));
    await first.close();
    const second = openIndex(directory);
    await second.load();
    expect([...second.keepOnly(live(passages))]).toEqual([]);
    await expectAsReference(second, passages, 'alpha beta the');

    const third = openIndex(directory);
    await third.load();
    // 3 went, 5 is another passage under the same number, 900 is new.
    const now = passages
      .filter(({ pid }) => pid !== 3)
      .map((passage) => (passage.pid === 5 ? { ...passage, tag: 1 } : passage));
    const fresh = { pid: 900, tag: 4, words: 'omega' };
    expect([...third.keepOnly(live([...now, fresh]))]).toEqual([5, 900]);
    expect(third.has(3)).toBe(false);
    await third.add([{ pid: 5, tag: 1, words: 'omega omega' }, fresh]);
    expect((await third.score('omega')).best(5).map(({ pid }) => pid)).toEqual([5, 900]);
    await third.close();
    expect(readdirSync(directory).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('does without files that are missing, cut short, changed or of another format', async () => {
    const random = randomFrom(8);
    const directory = temporary();
    const warnings: unknown[] = [];
    const logger: Logger = { log: (_level, event, fields) => warnings.push([event, fields?.['file']]) };
    const passages = Array.from({ length: 40 }, (_, pid) => randomPassage(random, pid));
    const damage: ((file: string) => void)[] = [
      (file) => rmSync(file),
      (file) => writeFileSync(file, readFileSync(file).subarray(0, 100)),
      (file) => writeFileSync(file, ''),
      (file) => {
        const bytes = readFileSync(file);
        bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
        writeFileSync(file, bytes);
      },
      (file) => {
        const bytes = readFileSync(file);
        bytes[4] = 9;
        writeFileSync(file, bytes);
      },
    ];
    for (const harm of damage) {
      rmSync(directory, { recursive: true, force: true });
      const index = openIndex(directory);
      await index.add(passages);
      await index.close();
      const [file = ''] = readdirSync(directory).filter((name) => name.endsWith('.words'));
      harm(join(directory, file));
      warnings.length = 0;
      const again = openIndex(directory, logger);
      await again.load();
      expect(warnings).toEqual([['words.damaged', file]]);
      expect([...again.keepOnly(live(passages))]).toEqual(passages.map(({ pid }) => pid));
    }
    writeFileSync(join(directory, 'words.json'), '{');
    warnings.length = 0;
    await openIndex(directory, logger).load();
    expect(warnings).toEqual([['words.damaged', 'words.json']]);
  });

  it('goes on when its files cannot be written', async () => {
    const directory = join(temporary(), 'file');
    writeFileSync(directory, 'in the way');
    const events: string[] = [];
    const index = openIndex(directory, { log: (_level, event) => events.push(event) });
    await index.add([{ pid: 1, tag: 1, words: 'kept' }]);
    await index.close();
    expect(events).toEqual(['words.not-saved']);
    expect((await index.score('kept')).best(1).length).toBe(1);
  });

  it('writes nothing when another process keeps the files', async () => {
    const directory = join(temporary(), 'words');
    const index = new WordIndex({ directory, logger: silentLogger, keeps: false });
    await index.add([{ pid: 1, tag: 1, words: 'kept' }]);
    await index.close();
    expect(() => readdirSync(directory)).toThrow();
  });

  it('keeps few segments however it is fed', async () => {
    const directory = temporary();
    const index = openIndex(directory);
    for (let pid = 0; pid < 400; pid += 1) await index.add([{ pid, tag: 0, words: `note ${pid}` }]);
    await index.save();
    await expect
      .poll(async () => {
        await index.save();
        return readdirSync(directory).filter((name) => name.endsWith('.words')).length;
      })
      .toBeLessThan(30);
    await index.close();
  });
});

describe('a segment', () => {
  it('is read back as it was written, wherever its bytes lie', async () => {
    const directory = temporary();
    const index = openIndex(directory);
    const often = Array.from({ length: 300 }, () => 'again').join(' ');
    await index.add([
      { pid: 4_000_000_000, tag: 0xffff_ffff, words: often },
      { pid: 7, tag: 0, words: '' },
    ]);
    await index.close();
    const [file = ''] = readdirSync(directory).filter((name) => name.endsWith('.words'));
    const bytes = readFileSync(join(directory, file));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const { parts } = WordSegment.parse(shifted.subarray(3));
    expect([...parts.pids]).toEqual([7, 4_000_000_000]);
    expect([...parts.tags]).toEqual([0, 0xffff_ffff]);
    expect([...parts.lengths]).toEqual([0, 300]);
    expect([...parts.terms]).toEqual([termHash('again')]);
  });

  it('tells terms apart', () => {
    const terms = new Set<string>();
    for (let i = 0; i < 200_000; i += 1) terms.add(i.toString(36)).add(`word${i}`);
    expect(new Set([...terms].map(termHash)).size).toBe(terms.size);
    for (const term of terms) if (!Number.isSafeInteger(termHash(term))) throw new Error(term);
  });
});
