import { expect, it } from 'vitest';
import { bytesUnder } from '../../app/store/disk-usage.ts';
import { pidsIn } from '../../app/store/reconcile.ts';
import { systemIo } from '../../app/store/store-io.ts';
import { connectTo, openTables } from '../../app/store/tables.ts';
import { openWriter, SHAPE, seeded, temporaryDirectory } from '../unit/store/store-kit.ts';
import { runAndKill } from './store-kill-kit.ts';

const ROUNDS = Number(process.env['PASSIM_KILLS'] ?? 20);

/** What a file may look like: the version that was promised last, or the one being written after it; 0 is no file. */
interface Expectation {
  promised: number;
  attempted: number;
}

it(`survives kill -9 at ${ROUNDS} random moments`, { timeout: 30_000 + ROUNDS * 10_000 }, async () => {
  const directory = temporaryDirectory();
  const random = seeded(20_261_123);
  const files = new Map<string, Expectation>();
  const of = (path: string): Expectation => {
    const known = files.get(path) ?? { promised: 0, attempted: 0 };
    files.set(path, known);
    return known;
  };
  let promises = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    await runAndKill(directory, round, random() * 500, ({ trying, done, version = 0 }) => {
      if (trying !== undefined) of(trying).attempted = version;
      if (done === undefined) return;
      promises += 1;
      of(done).promised = version;
    });
    const store = await openWriter({ directory });
    expect(store.recovery).toEqual({ notes: [], lostFiles: [], ledgerLost: false });
    for (const [path, expected] of files) {
      const file = store.ledger.fileByPath(path);
      const version = file?.size ?? 0;
      expect([expected.promised, expected.attempted], `${path} in round ${round}`).toContain(version);
      const rows = file ? await store.passagesOfFile(file.fileId) : [];
      expect(rows.map((row) => row.text)).toEqual(
        Array.from({ length: file?.passages ?? 0 }, (_, i) => `${path} v${version} p${i}`),
      );
      expected.promised = expected.attempted = version;
    }
    const live = [...store.ledger.pidsWhere(() => true)];
    await store.close();
    // Straight from the tables: each number once, and none that the ledger does not name.
    const tables = await openTables(await connectTo(directory), directory, SHAPE, systemIo, false);
    for (const table of [tables.passages, tables.vectors])
      expect((await pidsIn(table)).sort((a, b) => a - b)).toEqual(live);
  }
  expect(promises).toBeGreaterThan(ROUNDS);
  const store = await openWriter({ directory });
  await store.maintain({ force: true });
  const { bytes } = await store.stats();
  // Nothing that the killed processes left behind stays.
  expect(await bytesUnder(directory)).toBeLessThan(2 * bytes + 200_000);
  expect(bytes).toBeLessThan(1_000_000);
});

const MERGES = Math.max(4, Math.floor(ROUNDS / 5));

it(`survives kill -9 at ${MERGES} random moments while small fragments are merged`, {
  timeout: 60_000 + MERGES * 20_000,
}, async () => {
  const directory = temporaryDirectory();
  const random = seeded(11);
  const promised = new Set<string>();
  const tried = new Set<string>();
  let merges = 0;
  for (let round = 1; round <= MERGES; round += 1) {
    let enough = (): void => {};
    const once = new Promise<void>((resolve) => {
      enough = resolve;
    });
    await runAndKill(
      directory,
      round,
      // In the middle of a merge, or soon after one; the last round lets it come to an end.
      once.then(() => new Promise((resolve) => setTimeout(resolve, random() * 150))),
      ({ trying, done, merging, merged }) => {
        if (trying !== undefined) tried.add(trying);
        if (done !== undefined) promised.add(done);
        if (merged !== undefined) merges += 1;
        if (round < MERGES ? merging : merged !== undefined) enough();
      },
      'append',
    );
    const store = await openWriter({ directory });
    expect(store.recovery).toEqual({ notes: [], lostFiles: [], ledgerLost: false });
    const paths = new Set([...store.ledger.allFiles()].map(({ path }) => path));
    for (const path of promised) expect(paths).toContain(path);
    for (const path of paths) expect(tried).toContain(path);
    const live = [...store.ledger.pidsWhere(() => true)];
    const texts: string[] = [];
    for (const { fileId } of store.ledger.allFiles())
      texts.push(...(await store.passagesOfFile(fileId)).map(({ text }) => text));
    expect(texts.toSorted()).toEqual([...paths].map((path) => `${path} v1 p0`).toSorted());
    await store.close();
    const tables = await openTables(await connectTo(directory), directory, SHAPE, systemIo, false);
    for (const table of [tables.passages, tables.vectors])
      expect((await pidsIn(table)).sort((a, b) => a - b)).toEqual(live);
  }
  expect(merges).toBeGreaterThan(0);
});
