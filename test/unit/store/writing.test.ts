import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { StoreWriter } from '../../../app/store/index.ts';
import {
  fileRecord,
  ManualScheduler,
  openWriter,
  passageOf,
  passagesOf,
  temporaryDirectory,
  WatchedIo,
} from './store-kit.ts';

async function rowsOf(store: StoreWriter): Promise<number> {
  let rows = 0;
  for await (const batch of store.loadMultivectors()) rows += batch.length;
  return rows;
}

it('eight concurrent commits of one path leave one file with the passages of the last', async () => {
  const io = new WatchedIo();
  const store = await openWriter({ directory: temporaryDirectory(), io });
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, i) => store.commitFile(fileRecord('/root/a'), passagesOf(`version ${i}`))),
  );
  expect(store.ledger.size).toBe(1);
  expect(await rowsOf(store)).toBe(1);
  const [hit] = await store.fullText('version', { limit: 10 });
  expect((await store.getPassages([hit?.pid ?? -1]))[0]?.text).toBe('version 7');
  // Each commit is told which numbers it ended, so that an index that follows them ends with the last alone.
  const live = new Set<number>();
  for (const { removed, pids } of results) {
    for (const pid of removed) live.delete(pid);
    for (const pid of pids) live.add(pid);
  }
  expect([...live]).toEqual([hit?.pid]);
  await store.maintain();
  expect(await store.stats()).toMatchObject({ files: 1, passages: 1, staleRows: 0 });
});

it('eight files at one path under different ids leave one file', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  for (let i = 0; i < 8; i += 1)
    await store.commitFile(fileRecord('/root/a', { fileId: `id-${i}` }), passagesOf(`version ${i}`));
  expect([...store.ledger.allFiles()].map((file) => file.fileId)).toEqual(['id-7']);
  expect(await rowsOf(store)).toBe(1);
});

it('what comes after a pause is written soon, and what follows it is written together', async () => {
  const io = new WatchedIo();
  const scheduler = new ManualScheduler();
  const store = await openWriter({ directory: temporaryDirectory(), io, scheduler, delayMs: 500 });
  const first = store.commitFile(fileRecord('/root/first'), passagesOf('the first text'));
  scheduler.advance(49);
  await new Promise((resolve) => setImmediate(resolve));
  expect(io.count('add')).toBe(0);
  scheduler.advance(1);
  await first;
  expect(io.count('add', 'files')).toBe(1);
  const commits = Array.from({ length: 20 }, (_, i) =>
    store.commitFile(fileRecord(`/root/${i}`), passagesOf(`text ${i}`)),
  );
  scheduler.advance(499);
  await new Promise((resolve) => setImmediate(resolve));
  expect(io.count('add', 'files')).toBe(1);
  scheduler.advance(1);
  await Promise.all(commits);
  expect(io.count('add', 'vectors')).toBe(2);
  expect(io.count('add', 'passages')).toBe(2);
  expect(io.count('add', 'files')).toBe(2);
});

it('a full batch does not wait, nor does a flush', async () => {
  const scheduler = new ManualScheduler();
  const store = await openWriter({ directory: temporaryDirectory(), scheduler, batchPassages: 3 });
  await store.commitFile(fileRecord('/root/a'), passagesOf('one', 'two', 'three'));
  const waiting = store.commitFile(fileRecord('/root/b'), passagesOf('four'));
  await store.flush();
  expect((await waiting).record.passages).toBe(1);
  expect(store.ledger.size).toBe(2);
});

it('closing writes what is waiting and refuses what comes after', async () => {
  const directory = temporaryDirectory();
  const store = await openWriter({ directory, scheduler: new ManualScheduler() });
  const waiting = store.commitFile(fileRecord('/root/a'), passagesOf('one'));
  await store.close();
  await waiting;
  await expect(store.commitFile(fileRecord('/root/b'), [])).rejects.toMatchObject({ code: 'engine-stopped' });
  expect((await openWriter({ directory })).ledger.size).toBe(1);
});

it('an index is made with the first rows, never on an empty table, and covers all within a minute of idling', async () => {
  const io = new WatchedIo();
  const scheduler = new ManualScheduler();
  const store = await openWriter({ directory: temporaryDirectory(), io, scheduler, delayMs: 1 });
  const commit = async (path: string, text: string) => {
    const done = store.commitFile(fileRecord(path), passagesOf(text));
    scheduler.advance(1);
    await done;
  };
  const broken = store.setRecord(fileRecord('/root/broken', { problem: 'corrupt' }));
  scheduler.advance(1);
  await broken;
  expect(io.count('index')).toBe(0);
  await commit('/root/a', 'first words');
  expect(io.log.indexOf('index passages')).toBeGreaterThan(io.log.indexOf('add passages'));
  await commit('/root/b', 'second words');
  expect((await store.stats()).unindexedRows).toBe(1);
  expect((await store.fullText('second', { limit: 5 })).length).toBe(1);
  scheduler.advance(60_000);
  // The clock has set maintenance going; flushing waits for its turn.
  await store.flush();
  expect((await store.stats()).unindexedRows).toBe(0);
  expect((await store.fullText('second', { limit: 5 })).length).toBe(1);
});

it('a record can change without its passages, and be told of a problem', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  const { pids } = await store.commitFile(fileRecord('/root/a'), passagesOf('alpha'));
  await store.setRecord(
    fileRecord('/root/a', { strikes: 2, problem: 'crashed', detail: 'twice', generation: 77 }),
  );
  expect(store.ledger.fileByPath('/root/a')).toMatchObject({ strikes: 2, generation: 1, passages: 1 });
  expect((await store.getPassages(pids)).length).toBe(1);
  await store.commitFile(fileRecord('/root/a', { problem: 'empty' }), []);
  expect(await store.getPassages(pids)).toEqual([]);
  expect(store.ledger.fileByPath('/root/a')).toMatchObject({ generation: 2, passages: 0, problem: 'empty' });
});

it('vectors of equal content are found, waiting ones too, and those of no live file are not', async () => {
  const scheduler = new ManualScheduler();
  const store = await openWriter({ directory: temporaryDirectory(), scheduler });
  const passage = passageOf('the same text');
  const { contentKey } = passage;
  const waiting = store.commitFile(fileRecord('/root/a'), [passage]);
  expect((await store.findByContentKey([contentKey])).get(contentKey)?.multivector).toEqual(
    passage.multivector,
  );
  await store.flush();
  await waiting;
  const found = await store.findByContentKey([contentKey, "no'such", 'unknown']);
  expect([...found.keys()]).toEqual([contentKey]);
  expect(found.get(contentKey)?.spans).toEqual(passage.spans);
  const removal = store.deleteFiles(['/root/a']);
  await store.flush();
  await removal;
  expect((await store.findByContentKey([contentKey])).size).toBe(0);
});

it('tells which numbers ended, whatever ended them', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  const ended: number[] = [];
  const stop = store.onRemoved((pids) => ended.push(...pids));
  const a = await store.commitFile(fileRecord('/root/a'), passagesOf('one', 'two'));
  const b = await store.commitFile(fileRecord('/root/b'), passagesOf('three'));
  const again = await store.commitFile(fileRecord('/root/a'), passagesOf('four'));
  expect(ended.splice(0)).toEqual(a.pids);
  await store.renameFile('/root/a', '/root/b');
  expect(ended.splice(0)).toEqual(b.pids);
  stop();
  await store.deleteFiles(['/root/b']);
  expect(ended).toEqual([]);
  expect(await store.getPassages(again.pids)).toEqual([]);
});

it('walks a file: ranges of passages and neighbours', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  await store.commitFile(fileRecord('/root/before'), passagesOf('x', 'y'));
  const { pids, record } = await store.commitFile(fileRecord('/root/a'), passagesOf('one', 'two', 'three'));
  await store.commitFile(fileRecord('/root/after'), passagesOf('z'));
  const texts = async (options?: { from?: number; count?: number }) =>
    (await store.passagesOfFile(record.fileId, options)).map((row) => row.text);
  expect(await texts()).toEqual(['one', 'two', 'three']);
  expect(await texts({ from: 1, count: 1 })).toEqual(['two']);
  expect(await texts({ from: 3 })).toEqual([]);
  const [first = -1, second = -1, third = -1] = pids;
  expect(store.neighbours(first)).toEqual({ previous: null, next: second });
  expect(store.neighbours(second)).toEqual({ previous: first, next: third });
  expect(store.neighbours(third)).toEqual({ previous: second, next: null });
  expect((await store.getPassages([third, 99_999, first])).map((row) => row.text)).toEqual(['three', 'one']);
});

it('more passages than one write takes', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  const texts = Array.from({ length: 5_000 }, (_, i) => `passage ${i}`);
  const { pids } = await store.commitFile(fileRecord('/root/big'), passagesOf(...texts));
  expect(await rowsOf(store)).toBe(5_000);
  const some = pids.filter((_, i) => i % 7 === 0);
  expect((await store.getPassages(some)).map((row) => row.text)).toEqual(texts.filter((_, i) => i % 7 === 0));
  let subset = 0;
  for await (const batch of store.loadMultivectors({ pids: some })) subset += batch.length;
  expect(subset).toBe(some.length);
});

it('cosine search orders by similarity and keeps to the numbers given', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  const passages = passagesOf('one', 'two', 'three', 'four');
  const { pids } = await store.commitFile(fileRecord('/root/a'), passages);
  const query = passages[2]?.dense ?? new Float32Array();
  const cosine = (i: number) =>
    Array.from(passages[i]?.dense ?? []).reduce((sum, value, d) => sum + value * (query[d] ?? 0), 0);
  const hits = await store.denseSearch(
    query.map((value) => value * 3),
    { limit: 10 },
  );
  const expected = pids.map((pid, i) => ({ pid, score: cosine(i) })).sort((a, b) => b.score - a.score);
  expect(hits.map((hit) => hit.pid)).toEqual(expected.map((hit) => hit.pid));
  for (const [i, hit] of hits.entries()) expect(hit.score).toBeCloseTo(expected[i]?.score ?? 0, 2);
  const allowed = Uint32Array.of(pids[0] ?? 0, pids[3] ?? 0);
  expect((await store.denseSearch(query, { limit: 10, pids: allowed })).map((hit) => hit.pid).sort()).toEqual(
    [...allowed],
  );
});

it('every commit is flushed: files, directories and passages before the ledger', async () => {
  const directory = temporaryDirectory();
  const io = new WatchedIo();
  const store = await openWriter({ directory, io });
  io.synced.clear();
  io.log.length = 0;
  await store.commitFile(fileRecord('/root/a'), passagesOf('one', 'two'));
  const hinted = (path: string) => path.endsWith('latest_version_hint.json');
  for (const table of ['files', 'passages', 'vectors']) {
    const root = join(directory, `${table}.lance`);
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !hinted(path) && !/_versions|_transactions/.test(path))
        expect(io.synced, path).toContain(path);
    }
    for (const folder of ['data', '_versions', '_transactions'])
      expect(io.synced).toContain(join(root, folder));
  }
  const ledger = io.log.indexOf('add files');
  for (const table of ['passages', 'vectors'])
    for (const folder of ['data', '_versions']) {
      const flushed = io.log.findIndex((entry) => entry.includes(join(`${table}.lance`, folder)));
      expect(flushed).toBeGreaterThan(-1);
      expect(flushed).toBeLessThan(ledger);
    }
});
