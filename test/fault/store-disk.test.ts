import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StoreWriter } from '../../app/store/index.ts';
import {
  diskError,
  fileRecord,
  openWriter,
  passagesOf,
  temporaryDirectory,
  WatchedIo,
} from '../unit/store/store-kit.ts';

async function expectWhole(store: StoreWriter, texts: Record<string, string>): Promise<void> {
  const wanted = new Map(Object.entries(texts));
  expect([...store.ledger.allFiles()].map((file) => file.path).sort()).toEqual([...wanted.keys()].sort());
  for (const [path, text] of wanted) {
    const file = store.ledger.fileByPath(path);
    const rows = await store.passagesOfFile(file?.fileId ?? '');
    expect(rows.map((row) => row.text)).toEqual([text]);
    expect((await store.getVectors(rows.map((row) => row.pid))).size).toBe(1);
  }
  let loaded = 0;
  for await (const batch of store.loadMultivectors()) loaded += batch.length;
  expect(loaded).toBe(wanted.size);
}

/** Lets the n-th touch of the disk fail. */
function failAt(io: WatchedIo, n: number, code: 'ENOSPC' | 'EIO'): { failed: boolean } {
  const state = { failed: false };
  let count = 0;
  const next = (): Error | undefined => {
    count += 1;
    if (count !== n) return undefined;
    state.failed = true;
    return diskError(code);
  };
  io.failBefore = next;
  io.failAfter = next;
  io.failSync = (path) => (path.includes('recovery') ? undefined : next());
  return state;
}

describe.each([
  ['ENOSPC', 'disk-full', 1],
  ['EIO', 'io-error', 4],
] as const)('%s', (system, code, step) => {
  it(`at any point of a commit is told as ${code}; it changes nothing or all, and the next try works`, async () => {
    let refused = 0;
    for (let n = 1; ; n += step) {
      const directory = temporaryDirectory();
      const io = new WatchedIo();
      const store = await openWriter({ directory, io });
      await store.commitFile(fileRecord('/root/a'), passagesOf('first text'));
      await store.commitFile(fileRecord('/root/b'), passagesOf('other text'));
      const state = failAt(io, n, system);
      const outcome = await store.commitFile(fileRecord('/root/a'), passagesOf('second text')).then(
        () => 'written',
        (error: { code: string }) => error.code,
      );
      io.failBefore = io.failAfter = io.failSync = () => undefined;
      if (!state.failed) break;
      if (outcome !== 'written') {
        refused += 1;
        expect(outcome).toBe(code);
        // Refused, yet it may be on the disk: never half of it.
        const text = (await store.passagesOfFile('id-of-/root/a'))[0]?.text ?? '';
        expect(['first text', 'second text']).toContain(text);
      }
      await store.commitFile(fileRecord('/root/a'), passagesOf('third text'));
      await expectWhole(store, { '/root/a': 'third text', '/root/b': 'other text' });
      await store.close();
      const again = await openWriter({ directory });
      expect(again.recovery.notes).toEqual([]);
      await expectWhole(again, { '/root/a': 'third text', '/root/b': 'other text' });
      expect((await again.stats()).staleRows).toBe(0);
      await again.close();
    }
    expect(refused).toBeGreaterThan(3);
  });
});

it('a refused write leaves no data file behind', async () => {
  const directory = temporaryDirectory();
  const io = new WatchedIo();
  const store = await openWriter({ directory, io });
  await store.commitFile(fileRecord('/root/a'), passagesOf('first text'));
  const files = () => readdirSync(join(directory, 'vectors.lance', 'data')).length;
  const before = files();
  // What LanceDB leaves when the disk fills up while it writes.
  io.failBefore = ({ table }) => {
    if (table !== 'vectors') return undefined;
    writeFileSync(join(directory, 'vectors.lance', 'data', 'half-written.lance'), 'half');
    return diskError('ENOSPC');
  };
  await expect(store.commitFile(fileRecord('/root/b'), passagesOf('b'))).rejects.toMatchObject({
    code: 'disk-full',
  });
  expect(files()).toBe(before);
});

it('only the calls of the failed write are refused', async () => {
  const io = new WatchedIo();
  const store = await openWriter({ directory: temporaryDirectory(), io, batchPassages: 1 });
  let failures = 1;
  io.failBefore = ({ table }) => (table === 'passages' && failures-- > 0 ? diskError('ENOSPC') : undefined);
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'c'].map((name) => store.commitFile(fileRecord(`/root/${name}`), passagesOf(name))),
  );
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  await expectWhole(store, { '/root/b': 'b', '/root/c': 'c' });
});

it('rows that could not be deleted are never returned and go later', async () => {
  const io = new WatchedIo();
  const store = await openWriter({ directory: temporaryDirectory(), io });
  const before = await store.commitFile(fileRecord('/root/a'), passagesOf('old text'));
  io.failBefore = ({ operation }) => (operation === 'delete' ? diskError('EIO') : undefined);
  await store.commitFile(fileRecord('/root/a'), passagesOf('new text'));
  expect((await store.stats()).staleRows).toBe(1);
  expect(await store.getPassages(before.pids)).toEqual([]);
  expect((await store.fullText('text', { limit: 1 })).map((hit) => hit.pid)).not.toEqual(before.pids);
  expect(await store.fullText('old', { limit: 10 })).toEqual([]);
  expect([...(await store.containing('old'))]).toEqual([]);
  await expectWhole(store, { '/root/a': 'new text' });
  io.failBefore = () => undefined;
  await store.commitFile(fileRecord('/root/b'), passagesOf('b'));
  expect((await store.stats()).staleRows).toBe(0);
});

/** A small file system of its own, where this system lets us have one. */
function smallDisk(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  const directory = temporaryDirectory();
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', directory]).status === 0
    ? directory
    : null;
}

/** Writes to a file until nothing more fits. */
function fillUp(path: string): void {
  for (let size = 2 ** 16; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(size));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
}

it('a disk that is really full: told as such, and writing goes on when there is room', async (context) => {
  const disk = smallDisk();
  if (disk === null) return context.skip();
  try {
    const filler = join(disk, 'filler');
    writeFileSync(filler, Buffer.alloc(3 * 2 ** 20));
    let store = await openWriter({ directory: join(disk, 'index') });
    const bulk = (i: number) => passagesOf(...Array.from({ length: 60 }, (_, k) => `w${i}x${k} `.repeat(60)));
    let written = 0;
    let failure: { code?: string } = {};
    while (failure.code === undefined && written < 100)
      await store.commitFile(fileRecord(`/root/${written}`), bulk(written)).then(
        () => {
          written += 1;
        },
        (error: { code: string }) => {
          failure = error;
        },
      );
    expect(failure.code).toBe('disk-full');
    expect(store.ledger.size).toBe(written);
    expect((await store.fullText('w0x7', { limit: 5 })).length).toBe(1);
    // Opening and searching need no room.
    await store.close();
    fillUp(join(disk, 'rest'));
    store = await openWriter({ directory: join(disk, 'index') });
    expect(store.ledger.size).toBe(written);
    expect((await store.fullText('w0x7', { limit: 5 })).length).toBe(1);
    rmSync(join(disk, 'rest'));
    rmSync(filler);
    await store.commitFile(fileRecord('/root/after'), passagesOf('room again'));
    expect((await store.fullText('room', { limit: 5 })).length).toBe(1);
    await store.close();
    const again = await openWriter({ directory: join(disk, 'index') });
    expect(again.ledger.size).toBe(written + 1);
    expect(again.recovery.lostFiles).toEqual([]);
    await again.close();
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
});
