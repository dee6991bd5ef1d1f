/** Damaged office files, books and mail, in the archive and inside its parts: text or a typed problem, each time. */
import { strFromU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { extractBytes } from '../../app/extract/extract-file.ts';
import { ExtractProblem } from '../../app/extract/format.ts';
import { randomFrom } from '../helpers/random.ts';
import { fixtureBytes } from '../unit/extract/fixture.ts';
import { mutate } from './extract-kit/mutate.ts';

/** What every reader must answer to damage; the others of the list come from limits that are not reached here. */
const ALLOWED = ['text', 'corrupt', 'empty', 'encrypted', 'unsupported', 'too-much-text'];

async function outcomeOf(bytes: Uint8Array, name: string): Promise<string> {
  try {
    const document = await extractBytes(bytes, name, { textChars: 1_000_000 });
    return document.text.length > 0 ? 'text' : 'a document without text';
  } catch (error) {
    if (error instanceof ExtractProblem) return error.problem;
    return `untyped: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

/** The archive with one of its XML parts damaged, sound as an archive. */
function damagePart(bytes: Uint8Array, random: () => number): Uint8Array {
  const parts = unzipSync(bytes);
  const names = Object.keys(parts).filter((name) => /\.(xml|rels|xhtml|opf|ncx)$/.test(name));
  const name = names[Math.floor(random() * names.length)] ?? '';
  const part = parts[name];
  if (part === undefined) throw new Error('the archive has no XML part');
  expect(strFromU8(part.subarray(0, 200))).toContain('<');
  return zipSync({ ...parts, [name]: new Uint8Array(mutate(Buffer.from(part), random)) }, { level: 1 });
}

function tally(outcomes: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return counts;
}

const ARCHIVES = [
  'notes.docx',
  'budget-libreoffice.xlsx',
  'lighthouse.epub',
  'bees.odp',
  'budget.ods',
  'notes.odt',
] as const;
const OTHERS = ['clock.eml', 'letters.mbox', 'notes.rtf', 'tides.ipynb', 'manual.xml'] as const;

describe('damaged office files', () => {
  it.each(ARCHIVES)('%s, 100 times in the archive and 100 times in a part', async (name) => {
    const bytes = fixtureBytes(name);
    const random = randomFrom(name.length * 7919);
    const outcomes: string[] = [];
    for (let round = 0; round < 100; round += 1) {
      outcomes.push(await outcomeOf(new Uint8Array(mutate(Buffer.from(bytes), random)), name));
      outcomes.push(await outcomeOf(damagePart(bytes, random), name));
    }
    const counts = tally(outcomes);
    for (const outcome of counts.keys()) expect(ALLOWED).toContain(outcome);
    // Damage inside one part leaves most of a document readable; damage to the archive is mostly noticed.
    expect(counts.get('text')).toBeGreaterThan(50);
    expect(counts.get('corrupt')).toBeGreaterThan(10);
  });

  it.each(OTHERS)('%s, 200 times', async (name) => {
    const bytes = fixtureBytes(name);
    const random = randomFrom(name.length * 104_729);
    const outcomes: string[] = [];
    for (let round = 0; round < 200; round += 1) {
      outcomes.push(await outcomeOf(new Uint8Array(mutate(Buffer.from(bytes), random)), name));
    }
    for (const outcome of tally(outcomes).keys()) expect(ALLOWED).toContain(outcome);
  });
});
