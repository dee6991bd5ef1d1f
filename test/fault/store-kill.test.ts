import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bytesUnder } from '../../app/store/disk-usage.ts';
import { pidsIn } from '../../app/store/reconcile.ts';
import { systemIo } from '../../app/store/store-io.ts';
import { connectTo, openTables } from '../../app/store/tables.ts';
import { openWriter, SHAPE, seeded, temporaryDirectory } from '../unit/store/store-kit.ts';

const ROUNDS = Number(process.env['PASSIM_KILLS'] ?? 20);
const CHILD = fileURLToPath(new URL('./store-child.ts', import.meta.url));

/** What a file may look like: the version that was promised last, or the one being written after it; 0 is no file. */
interface Expectation {
  promised: number;
  attempted: number;
}

interface Said {
  readonly ready?: boolean;
  readonly lost?: string[];
  readonly ledgerLost?: boolean;
  readonly trying?: string;
  readonly done?: string;
  readonly version?: number;
}

/** Runs the child for a while and kills it. */
async function runAndKill(
  directory: string,
  seed: number,
  ms: number,
  heard: (said: Said) => void,
): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', CHILD, directory, String(seed)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout });
  const started = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      // The last line may be cut by the kill.
      if (!line.endsWith('}')) return;
      const said: Said = JSON.parse(line);
      if (said.ready) resolve();
      else heard(said);
    });
  });
  const ended = once(child, 'exit');
  // Now and then before it has opened, while it tidies up after the last kill.
  if (seed % 5 !== 0) await Promise.race([started, ended]);
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill('SIGKILL');
  // Not of itself.
  expect(await ended).toEqual([null, 'SIGKILL']);
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
