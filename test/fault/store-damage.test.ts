import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StoreWriter } from '../../app/store/index.ts';
import {
  fileRecord,
  openReader,
  openWriter,
  passageOf,
  passagesOf,
  temporaryDirectory,
} from '../unit/store/store-kit.ts';

const TABLES = ['files', 'passages', 'vectors'] as const;
type TableName = (typeof TABLES)[number];
const FILES = 8;

const pathOf = (i: number): string => `/root/file-${i}`;
const textOf = (i: number): string => `file number${i} speaks of topic${i}`;

/** An index of FILES files, each written by itself, the first one edited once; made once and copied for each test. */
let sample = '';

beforeAll(async () => {
  const { mkdtempSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  sample = mkdtempSync(join(tmpdir(), 'passim-sample-'));
  const store = await openWriter({ directory: sample });
  const commit = (i: number) =>
    store.commitFile(fileRecord(pathOf(i)), passagesOf(textOf(i), `more of ${textOf(i)}`));
  // The first two share a data file, so that the edit below deletes a part of one.
  await Promise.all([commit(0), commit(1)]);
  for (let i = 2; i < FILES; i += 1) await commit(i);
  await store.commitFile(fileRecord(pathOf(0)), passagesOf(textOf(0), `again ${textOf(0)}`));
  await store.close();
  return () => rmSync(sample, { recursive: true, force: true });
});

function damagedCopy(): string {
  const directory = join(temporaryDirectory(), 'index');
  cpSync(sample, directory, { recursive: true });
  return directory;
}

function newestManifest(directory: string, table: TableName): string {
  const folder = join(directory, `${table}.lance`, '_versions');
  const name = readdirSync(folder)
    .filter((entry) => entry.endsWith('.manifest'))
    .sort()[0];
  return join(folder, name ?? '');
}

function dataFiles(directory: string, table: TableName, folder = 'data'): string[] {
  const data = join(directory, `${table}.lance`, folder);
  return existsSync(data) ? readdirSync(data).map((name) => join(data, name)) : [];
}

const MANIFEST_DAMAGE: Record<string, (manifest: string) => void> = {
  'of zero bytes': (manifest) => writeFileSync(manifest, ''),
  'cut in half': (manifest) => truncateSync(manifest, Math.floor(statSync(manifest).size / 2)),
  'filled with zeros': (manifest) => writeFileSync(manifest, Buffer.alloc(statSync(manifest).size)),
  'missing with all versions': (manifest) => {
    for (const name of readdirSync(join(manifest, '..'))) rmSync(join(manifest, '..', name));
  },
};

/** Every file is either wholly there or named as lost, nothing else is, and the index can be written to. */
async function expectConsistent(store: StoreWriter): Promise<{ whole: string[]; lost: string[] }> {
  const lost = new Set(store.recovery.lostFiles);
  const whole: string[] = [];
  for (const file of store.ledger.allFiles()) {
    const rows = await store.passagesOfFile(file.fileId);
    const { count } = store.ledger.pidsOfFile(file.fileId);
    expect(rows.length).toBe(count);
    expect((await store.getVectors(rows.map((row) => row.pid))).size).toBe(count);
    if (lost.has(file.path)) expect(file).toMatchObject({ passages: 0, contentHash: '' });
    else whole.push(file.path);
  }
  const { staleRows } = await store.stats();
  expect(staleRows).toBe(0);
  for (const path of whole) {
    const hits = await store.fullText(path.replace('/root/file-', 'topic'), { limit: 10 });
    expect(hits.map((hit) => store.ledger.fileOfPid(hit.pid)?.path)).toContain(path);
  }
  const again = await store.commitFile(fileRecord('/root/new'), passagesOf('brand new words'));
  expect((await store.fullText('brand', { limit: 5 })).map((hit) => hit.pid)).toEqual(again.pids);
  return { whole, lost: [...lost] };
}

describe.each(TABLES)('the newest manifest of %s', (table) => {
  it.each(Object.keys(MANIFEST_DAMAGE))(
    '%s: is put back from its copy, and nothing is lost',
    async (kind) => {
      const directory = damagedCopy();
      MANIFEST_DAMAGE[kind]?.(newestManifest(directory, table));
      const store = await openWriter({ directory });
      expect(store.recovery.notes).toHaveLength(1);
      const { whole, lost } = await expectConsistent(store);
      expect(lost).toEqual([]);
      expect(whole).toHaveLength(FILES);
    },
  );

  it.each(Object.keys(MANIFEST_DAMAGE))('%s, without a copy: what is lost is named', async (kind) => {
    const directory = damagedCopy();
    for (const name of readdirSync(join(directory, 'recovery')))
      if (name.endsWith('.manifest')) rmSync(join(directory, 'recovery', name));
    MANIFEST_DAMAGE[kind]?.(newestManifest(directory, table));
    const store = await openWriter({ directory });
    expect(store.recovery.notes.length).toBeGreaterThan(0);
    const { whole, lost } = await expectConsistent(store);
    // A ledger that is gone cannot name its files; it says that it is gone, and every folder is compared anew.
    if (store.recovery.ledgerLost) expect(table).toBe('files');
    else expect(whole.length + lost.length).toBe(FILES);
  });

  it('filled with zeros: a reader refuses it and says what to do', async () => {
    const directory = damagedCopy();
    MANIFEST_DAMAGE['filled with zeros']?.(newestManifest(directory, table));
    await expect(openReader({ directory })).rejects.toMatchObject({ code: 'index-corrupt' });
  });
});

const FILE_DAMAGE: Record<string, (file: string) => void> = {
  'cut short': (file) => truncateSync(file, statSync(file).size - 100),
  emptied: (file) => truncateSync(file, 0),
  'filled with zeros': (file) => writeFileSync(file, Buffer.alloc(statSync(file).size)),
  deleted: (file) => rmSync(file),
};

describe.each(['passages', 'vectors'] as const)('a data file of %s', (table) => {
  it.each(Object.keys(FILE_DAMAGE))('%s: its file is named, the others are served', async (kind) => {
    const directory = damagedCopy();
    const file = dataFiles(directory, table)[3] ?? '';
    FILE_DAMAGE[kind]?.(file);
    const store = await openWriter({ directory });
    const { whole, lost } = await expectConsistent(store);
    // The edited file's first generation has a data file too; its loss hurts nobody.
    expect(lost.length).toBeLessThanOrEqual(1);
    expect(whole.length + lost.length).toBe(FILES);
    expect(store.recovery.notes.join(' ')).toContain('Damaged files');
  });
});

/** Overwrites a part of a file and leaves its size and its end as they are. */
function overwrite(file: string, from: number, to: number, fill: number): void {
  const bytes = readFileSync(file);
  bytes.fill(fill, Math.floor(bytes.length * from), Math.floor(bytes.length * to));
  writeFileSync(file, bytes);
}

const PARTS = [
  [0, 0.3],
  [0.3, 0.6],
  [0.6, 0.9],
] as const;

describe.each(TABLES)('a block gone bad in a data file of %s', (table) => {
  it.each(PARTS.flatMap(([from, to]) => [0, 0xff].map((fill) => [from, to, fill] as const)))(
    'from %d to %d filled with %d: after one restart at most, every file is whole or read again',
    async (from, to, fill) => {
      const directory = damagedCopy();
      overwrite(dataFiles(directory, table)[2] ?? '', from, to, fill);
      const first = await openWriter({ directory });
      // Reading everything shows the damage, if opening has not.
      try {
        for await (const _ of first.loadMultivectors());
        for (const file of first.ledger.allFiles()) await first.passagesOfFile(file.fileId);
      } catch (error) {
        expect(error).toMatchObject({ code: 'io-error' });
      }
      await first.close();
      const store = await openWriter({ directory });
      for (const file of store.ledger.allFiles()) {
        const rows = await store.passagesOfFile(file.fileId);
        expect(rows.length).toBe(file.passages);
        if (file.passages === 0) expect(file.contentHash).toBe('');
        const vectors = await store.getVectors(rows.map((row) => row.pid));
        for (const row of rows) {
          const sound = passageOf(row.text);
          expect(vectors.get(row.pid)?.multivector).toEqual(sound.multivector);
        }
      }
      await store.commitFile(fileRecord('/root/new'), passagesOf('brand new words'));
      expect((await store.fullText('brand', { limit: 5 })).length).toBe(1);
    },
  );
});

it('a ledger whose data files are gone: says so and begins anew', async () => {
  const directory = damagedCopy();
  for (const file of dataFiles(directory, 'files')) rmSync(file);
  const store = await openWriter({ directory });
  expect(store.recovery.ledgerLost).toBe(true);
  expect(store.ledger.size).toBe(0);
  await expectConsistent(store);
});

it.each(['_deletions', '_indices'])('files of %s that are gone lose no file', async (folder) => {
  const directory = damagedCopy();
  let removed = 0;
  for (const table of TABLES) {
    const path = join(directory, `${table}.lance`, folder);
    if (!existsSync(path)) continue;
    removed += readdirSync(path).length;
    rmSync(path, { recursive: true });
  }
  expect(removed).toBeGreaterThan(0);
  const store = await openWriter({ directory });
  const { whole, lost } = await expectConsistent(store);
  expect(lost).toEqual([]);
  expect(whole).toHaveLength(FILES);
});

it('numbers are not given out twice after the ledger and the tables are lost', async () => {
  const directory = damagedCopy();
  const before = readFileSync(join(directory, 'recovery', 'checkpoint.json'), 'utf8');
  for (const table of TABLES) rmSync(join(directory, `${table}.lance`), { recursive: true });
  const store = await openWriter({ directory });
  expect(store.recovery.ledgerLost).toBe(true);
  const { pids } = await store.commitFile(fileRecord('/root/a'), passagesOf('alpha'));
  expect(pids[0]).toBeGreaterThanOrEqual(JSON.parse(before).nextPid);
});
