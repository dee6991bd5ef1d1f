/**
 * Damaged files of every format: no reader crashes or hangs, every outcome is of the agreed form.
 * PASSIM_MUTATIONS sets how many (300 without it), PASSIM_SEED where to begin.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { expect, it } from 'vitest';
import { extractOutcomeSchema } from '../../app/contract/document.ts';
import { randomFrom } from '../helpers/random.ts';
import { temporaryFolder } from '../helpers/temp.ts';
import { FIXTURES } from '../unit/extract/fixture.ts';
import { mutate } from './extract-kit/mutate.ts';
import { LIMITS, realPool } from './extract-kit/pool.ts';

const COUNT = Number(process.env.PASSIM_MUTATIONS ?? 300);
const FIRST_SEED = Number(process.env.PASSIM_SEED ?? 1);
const AT_ONCE = 8;

it(`reads ${COUNT} damaged files without a crash or a hang`, {
  timeout: 120_000 + COUNT * 1000,
}, async () => {
  const names = readdirSync(FIXTURES)
    .filter((name) => extname(name) !== '')
    .sort();
  const originals = names.map((name) => readFileSync(join(FIXTURES, name)));
  const folder = temporaryFolder('mutations');
  const { pool } = realPool({ limits: { ...LIMITS, seconds: 30 } });
  const bad: string[] = [];
  const counts: Record<string, number> = {};
  let seed = FIRST_SEED;
  const runOne = async (): Promise<void> => {
    for (let mine = seed++; mine < FIRST_SEED + COUNT; mine = seed++) {
      const which = mine % names.length;
      const name = names[which] ?? '';
      const place = join(folder, String(mine));
      mkdirSync(place);
      writeFileSync(join(place, name), mutate(originals[which] ?? Buffer.alloc(0), randomFrom(mine)));
      const { contentHash, bytes, ...outcome } = await pool.extract(join(place, name));
      rmSync(place, { recursive: true });
      const kind = outcome.ok ? 'ok' : outcome.problem;
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (!extractOutcomeSchema.safeParse(outcome).success)
        bad.push(`seed ${mine}, ${name}: not of the form`);
      else if (/^(crashed|timed-out|out-of-memory)$/.test(kind)) bad.push(`seed ${mine}, ${name}: ${kind}`);
      else if (!outcome.ok && outcome.detail.includes('source map'))
        bad.push(`seed ${mine}, ${name}: ${outcome.detail}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runOne));
  expect(bad).toEqual([]);
  // Damage to a few bytes must not make all files unreadable.
  expect(counts.ok ?? 0).toBeGreaterThan(COUNT * 0.2);
});
