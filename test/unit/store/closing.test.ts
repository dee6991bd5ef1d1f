import { describe, expect, it } from 'vitest';
import { OpenReads } from '../../../app/store/open-reads.ts';
import { probeRequested } from '../../../app/store/probe.ts';
import { fileRecord, openReader, openWriter, passagesOf, temporaryDirectory } from './store-kit.ts';

const TEXTS = Array.from({ length: 400 }, (_, i) => `passage ${i} of whales, their songs and the sea`);

describe('closing a store', () => {
  it('waits for the reads under way, and refuses those that come later', async () => {
    const directory = temporaryDirectory();
    const writer = await openWriter({ directory });
    const { pids } = await writer.commitFile(fileRecord('/root/a.txt'), passagesOf(...TEXTS));
    for (const store of [await openReader({ directory }), writer]) {
      await store.fullText('sea', { limit: 1 });
      const reads = [
        store.getPassages(pids),
        store.getSpans(pids),
        store.getVectors(pids),
        store.passagesOfFile('id-of-/root/a.txt'),
        store.liveChecksums(),
        store.fullText('whales songs', { limit: 10 }),
        store.containing('their songs'),
        store.stats(),
      ];
      const closed = store.close();
      const late = store.getVectors(pids).then(
        () => 'read',
        (error: { code: string }) => error.code,
      );
      for (const read of await Promise.allSettled(reads)) expect(read.status).toBe('fulfilled');
      await closed;
      expect(['read', 'engine-stopped']).toContain(await late);
      await expect(store.getVectors(pids)).rejects.toMatchObject({ code: 'engine-stopped' });
      await store.close();
    }
    // A read that failed because of the closing would have had the whole index looked through at the next start.
    expect(probeRequested(directory)).toBe(false);
  });

  it('does not wait for whoever walks through all of it, who is told at the next batch', async () => {
    const directory = temporaryDirectory();
    const store = await openWriter({ directory });
    await store.commitFile(fileRecord('/root/a.txt'), passagesOf(...TEXTS));
    await store.commitFile(fileRecord('/root/b.txt'), passagesOf(...TEXTS));
    const walk = store.loadMultivectors()[Symbol.asyncIterator]();
    expect((await walk.next()).done).toBe(false);
    await store.close();
    const rest = async (): Promise<void> => {
      while (!(await walk.next()).done);
    };
    await expect(rest()).rejects.toMatchObject({ code: 'engine-stopped' });
    expect(probeRequested(directory)).toBe(false);
  });
});

describe('reads that are open', () => {
  it('end before the closing does, also when they fail', async () => {
    const reads = new OpenReads();
    const order: string[] = [];
    const good = Promise.withResolvers<void>();
    const bad = Promise.withResolvers<void>();
    const first = reads.during(() => good.promise).then(() => order.push('read'));
    const second = reads.during(() => bad.promise).catch(() => order.push('failed'));
    const closed = reads.close().then(() => order.push('closed'));
    await expect(reads.during(async () => 'late')).rejects.toMatchObject({ code: 'engine-stopped' });
    bad.reject(new Error('unreadable'));
    await second;
    good.resolve();
    await Promise.all([first, closed]);
    expect(order).toEqual(['failed', 'read', 'closed']);
  });
});
