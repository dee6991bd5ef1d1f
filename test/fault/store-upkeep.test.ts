import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { StoreReader, StoreWriter } from '../../app/store/index.ts';
import { systemIo } from '../../app/store/store-io.ts';
import { connectTo, openTables } from '../../app/store/tables.ts';
import {
  diskError,
  fileRecord,
  ManualScheduler,
  openReader,
  openWriter,
  passageOf,
  passagesOf,
  SHAPE,
  temporaryDirectory,
  WatchedIo,
} from '../unit/store/store-kit.ts';

const EDITS = Number(process.env['PASSIM_EDITS'] ?? 250);

const prose = (seed: number, passages: number) =>
  passagesOf(
    ...Array.from({ length: passages }, (_, p) =>
      Array.from({ length: 60 }, (_, w) => `word${(seed * 31 + p * 7 + w * w) % 997}`).join(' '),
    ),
  );

async function loadedPids(store: StoreReader): Promise<number[]> {
  const pids: number[] = [];
  for await (const batch of store.loadMultivectors()) pids.push(...batch.map((entry) => entry.pid));
  return pids.sort((a, b) => a - b);
}

const openFiles = (): number => readdirSync('/proc/self/fd').length;

it.skipIf(process.platform !== 'linux')(
  `${EDITS} edits of one file leave the disk within three times and the open files as they were`,
  { timeout: 60_000 + EDITS * 200 },
  async () => {
    const fresh = await openWriter({ directory: temporaryDirectory() });
    for (let i = 0; i < 20; i += 1) await fresh.commitFile(fileRecord(`/root/${i}`), prose(i, 20));
    await fresh.maintain({ force: true });
    const live = (await fresh.stats()).bytes;
    await fresh.close();

    const scheduler = new ManualScheduler();
    const store = await openWriter({ directory: temporaryDirectory(), scheduler });
    const commit = async (i: number, seed: number): Promise<void> => {
      const done = store.commitFile(fileRecord(`/root/${i}`), prose(seed, 20));
      await store.flush();
      await done;
    };
    for (let i = 0; i < 20; i += 1) await commit(i, i);
    const files = openFiles();
    let greatest = 0;
    for (let edit = 1; edit <= EDITS; edit += 1) {
      await commit(0, edit);
      if (edit % 10 === 0) greatest = Math.max(greatest, (await store.stats()).bytes);
    }
    expect(greatest).toBeLessThan(3 * live + 2 ** 20);
    // What idling does.
    scheduler.advance(60_000);
    await store.flush();
    const stats = await store.stats();
    expect(stats.bytes).toBeLessThan(3 * live);
    expect(stats).toMatchObject({ files: 20, passages: 400, staleRows: 0, unindexedRows: 0 });
    expect(Math.abs(openFiles() - files)).toBeLessThanOrEqual(5);
  },
);

it('compacting amid a hundred deletes loses none and brings none back', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  const paths = Array.from({ length: 120 }, (_, i) => `/root/${i}`);
  await Promise.all(paths.map((path, i) => store.commitFile(fileRecord(path), prose(i, 2))));
  const deleted = paths.slice(0, 100);
  await Promise.all(
    deleted.flatMap((path, i) => [
      store.deleteFiles([path]),
      ...(i % 20 === 0 ? [store.maintain({ force: true })] : []),
    ]),
  );
  await store.maintain({ force: true });
  expect([...store.ledger.allFiles()].map((file) => file.path).sort()).toEqual(paths.slice(100).sort());
  expect(await loadedPids(store)).toEqual([...store.ledger.pidsWhere(() => true)]);
  expect(await store.stats()).toMatchObject({ files: 20, passages: 40, staleRows: 0 });
});

it('compacting that fails is tried again and harms nothing', async () => {
  const io = new WatchedIo();
  const store = await openWriter({ directory: temporaryDirectory(), io });
  for (let i = 0; i < 5; i += 1) await store.commitFile(fileRecord('/root/a'), prose(i, 3));
  let failures = 1;
  io.failBefore = ({ operation }) =>
    operation === 'optimize' && failures-- > 0 ? diskError('EIO') : undefined;
  await store.maintain({ force: true });
  failures = Number.POSITIVE_INFINITY;
  await expect(store.maintain({ force: true })).rejects.toMatchObject({ code: 'io-error' });
  io.failBefore = () => undefined;
  await store.commitFile(fileRecord('/root/b'), prose(9, 3));
  expect((await loadedPids(store)).length).toBe(6);
});

/** Reads in every way, over and over, while `work` goes on. */
async function readDuring(store: StoreReader, work: Promise<unknown>): Promise<number> {
  let going = true;
  const stop = (): void => {
    going = false;
  };
  work.then(stop, stop);
  let reads = 0;
  while (going) {
    const live = [...store.ledger.pidsWhere((file) => file.path === '/root/kept')];
    expect((await store.getPassages(live)).length).toBe(live.length);
    expect((await store.getVectors(live)).size).toBe(live.length);
    expect((await store.fullText('kept', { limit: 5 })).length).toBeGreaterThan(0);
    expect((await loadedPids(store)).filter((pid) => live.includes(pid))).toEqual(live);
    expect((await store.containing('kept word')).length).toBe(1);
    reads += 1;
  }
  await work;
  return reads;
}

async function busy(store: StoreWriter): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    await store.commitFile(fileRecord('/root/edited'), prose(i, 5));
    await store.maintain({ force: true });
  }
}

it('reading goes on while the tables are compacted, in this process and beside it', async () => {
  const directory = temporaryDirectory();
  const store = await openWriter({ directory });
  await store.commitFile(
    fileRecord('/root/kept'),
    passagesOf('a kept word', ...prose(1, 3).map((p) => p.text)),
  );
  await store.maintain({ force: true });
  const reader = await openReader({ directory });
  const work = busy(store);
  const reads = await Promise.all([readDuring(store, work), readDuring(reader, work)]);
  for (const count of reads) expect(count).toBeGreaterThan(1);
  await reader.refresh();
  expect(await loadedPids(reader)).toEqual(await loadedPids(store));
});

it('keeps no search structure that was made anew, and loses none that holds', {
  timeout: 120_000,
}, async () => {
  const directory = temporaryDirectory();
  const store = await openWriter({ directory });
  const texts = (file: number): string[] =>
    Array.from({ length: 2_300 }, (_, i) => `passage ${i} of ${file}`);
  for (let file = 0; file < 3; file += 1) {
    await store.commitFile(fileRecord(`/root/${file}`), passagesOf(...texts(file)));
    await store.maintain();
  }
  const folders = (table: string): string[] => readdirSync(join(directory, `${table}.lance`, '_indices'));
  expect(folders('passages')).toHaveLength(1);
  expect(folders('vectors')).toHaveLength(2);
  await store.close();
  const again = await openWriter({ directory });
  expect(again.recovery.notes).toEqual([]);
  const wanted = passageOf('passage 7 of 2', 7);
  expect([...(await again.findByContentKey([wanted.contentKey])).keys()]).toEqual([wanted.contentKey]);
  await again.close();
  const tables = await openTables(await connectTo(directory), directory, SHAPE, systemIo, false);
  expect(await tables.passages.indices()).toEqual(new Map([['pid', 0]]));
  expect(await tables.vectors.indices()).toEqual(
    new Map([
      ['contentKey', 0],
      ['pid', 0],
    ]),
  );
});
