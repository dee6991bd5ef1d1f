/** Files that would take a reader all the time or memory there is: the pool ends them, the queue goes on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temp.ts';
import { FIXTURES } from '../unit/extract/fixture.ts';
import { doubleFlateBomb, flateBomb, formBomb, manyPages } from './extract-kit/bombs.ts';
import { isAlive, LIMITS, MIB, realPool } from './extract-kit/pool.ts';

const BOMBS = {
  flate: flateBomb,
  'double flate': doubleFlateBomb,
  forms: formBomb,
  'twenty thousand pages': manyPages,
};

describe('PDF bombs', { timeout: 180_000 }, () => {
  for (const [name, make] of Object.entries(BOMBS)) {
    it(`ends the reader of a bomb of ${name} and reads the next file`, async () => {
      const bytes = make();
      expect(bytes.length).toBeLessThan(500_000);
      const path = join(temporaryFolder('bomb'), 'bomb.pdf');
      writeFileSync(path, bytes);
      const { pool, pids, seen } = realPool({ workers: 1, limits: { ...LIMITS, seconds: 10 } });
      const [bomb, good] = await Promise.all([pool.extract(path), pool.extract(join(FIXTURES, 'notes.txt'))]);
      // The pages are harmless one by one: a fast machine may read all of them in time.
      if (bomb.ok) expect(name).toBe('twenty thousand pages');
      else expect(['timed-out', 'out-of-memory', 'too-much-text']).toContain(bomb.problem);
      expect(good).toMatchObject({ ok: true });
      // What was seen between two looks, with what a reader can take on top before it is gone.
      expect(seen.peak).toBeLessThan(LIMITS.memoryBytes + 128 * MIB);
      await pool.close();
      expect(pids.filter(isAlive)).toEqual([]);
    });
  }
});

describe('archives that unfold', { timeout: 180_000 }, () => {
  it('refuses a document that unpacks to far more than its size', async () => {
    const path = join(temporaryFolder('bomb'), 'bomb.docx');
    const body = `<w:p><w:r><w:t>${'laughter '.repeat(4_000_000)}</w:t></w:r></w:p>`;
    writeFileSync(
      path,
      zipSync({
        '[Content_Types].xml': strToU8(
          '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        ),
        '_rels/.rels': strToU8(
          '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        ),
        'word/document.xml': strToU8(
          `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
        ),
      }),
    );
    const { pool } = realPool({ workers: 1 });
    const outcome = await pool.extract(path);
    expect(outcome).toMatchObject({ ok: false });
    if (!outcome.ok) expect(['too-much-text', 'out-of-memory']).toContain(outcome.problem);
  });
});
