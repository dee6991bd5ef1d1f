import { describe, expect, it } from 'vitest';
import {
  fileRecord,
  openReader,
  openWriter,
  passageOf,
  passagesOf,
  temporaryDirectory,
} from './store-kit.ts';

describe('a store', () => {
  it('gives back what was committed, also after it was closed', async () => {
    const directory = temporaryDirectory();
    const first = await openWriter({ directory });
    const passage = passageOf('Grüße aus dem Café, 日本語のテキスト 🎉', 0, {
      title: 'A title',
      headings: ['One', 'Two "quoted"'],
      context: 'A title\nOne › Two "quoted"\n',
      segments: [
        { start: 0, end: 5, place: { kind: 'page', page: 3, item: 7, itemStart: 2 }, sourceStart: 40 },
        { start: 6, end: 12, place: { kind: 'page', page: 4 } },
      ],
    });
    const committed = await first.commitFile(fileRecord('/root/a.txt', { title: "It's" }), [passage]);
    expect(committed.record).toMatchObject({ generation: 1, passages: 1, title: "It's" });
    await first.close();

    const store = await openWriter({ directory });
    expect(store.ledger.fileByPath('/root/a.txt')).toEqual(committed.record);
    const [row] = await store.getPassages(committed.pids);
    const { contentKey, multivector, spans, dense, tokenCount, ...draft } = passage;
    expect(row).toEqual({ ...draft, pid: committed.pids[0], fileId: 'id-of-/root/a.txt' });
    const vectors = (await store.getVectors(committed.pids)).get(committed.pids[0] ?? -1);
    expect(vectors?.multivector).toEqual(multivector);
    expect(vectors?.spans).toEqual(spans);
    expect(vectors?.tokenCount).toBe(tokenCount);
    for (const [d, value] of dense.entries()) expect(vectors?.dense[d]).toBeCloseTo(value, 3);
    expect((await store.findByContentKey([contentKey])).get(contentKey)?.multivector).toEqual(multivector);
  });

  it('replaces a file and never returns what was there before', async () => {
    const store = await openWriter({ directory: temporaryDirectory() });
    const before = await store.commitFile(
      fileRecord('/root/a'),
      passagesOf('old words one', 'old words two'),
    );
    const after = await store.commitFile(fileRecord('/root/a'), passagesOf('new words'));
    expect(after.removed).toEqual(before.pids);
    expect(await store.getPassages(before.pids)).toEqual([]);
    expect(await store.fullText('old', { limit: 10 })).toEqual([]);
    expect((await store.fullText('words', { limit: 10 })).map((hit) => hit.pid)).toEqual(after.pids);
    expect(
      (await store.denseSearch(passageOf('new words').dense, { limit: 10 })).map((hit) => hit.pid),
    ).toEqual(after.pids);
    const loaded = [];
    for await (const batch of store.loadMultivectors()) loaded.push(...batch);
    expect(loaded.map((entry) => entry.pid)).toEqual(after.pids);
  });

  it('renames, deletes and forgets roots', async () => {
    const store = await openWriter({ directory: temporaryDirectory() });
    const a = await store.commitFile(fileRecord('/root/a'), passagesOf('alpha'));
    await store.commitFile(fileRecord('/root/b'), passagesOf('beta'));
    await store.commitFile(fileRecord('/other/c', { root: '/other' }), passagesOf('gamma'));
    expect(await store.renameFile('/root/a', '/root/b', { modified: 5 })).toBe(true);
    expect(store.ledger.fileByPath('/root/a')).toBeUndefined();
    expect(store.ledger.fileByPath('/root/b')).toMatchObject({ fileId: 'id-of-/root/a', modified: 5 });
    expect(store.ledger.size).toBe(2);
    expect((await store.getPassages(a.pids))[0]?.text).toBe('alpha');
    expect(await store.renameFile('/root/none', '/root/x')).toBe(false);
    expect((await store.deleteRoot('/other')).files).toBe(1);
    expect(await store.deleteFiles(['/root/b', '/root/none'])).toEqual({ files: 1, removed: a.pids });
    expect(store.ledger.size).toBe(0);
    expect(await store.fullText('alpha beta gamma', { limit: 10 })).toEqual([]);
  });

  it('lets another process read a consistent view and refresh it', async () => {
    const directory = temporaryDirectory();
    const writer = await openWriter({ directory });
    const a = await writer.commitFile(fileRecord('/root/a'), passagesOf('alpha'));
    const reader = await openReader({ directory });
    const b = await writer.commitFile(fileRecord('/root/b'), passagesOf('beta'));
    expect(reader.ledger.size).toBe(1);
    expect(await reader.fullText('beta', { limit: 10 })).toEqual([]);
    await writer.deleteFiles(['/root/a']);
    expect((await reader.getPassages(a.pids))[0]?.text).toBe('alpha');
    expect(await reader.refresh()).toEqual({ added: b.pids, removed: a.pids });
    expect((await reader.fullText('alpha beta', { limit: 10 })).map((hit) => hit.pid)).toEqual(b.pids);
  });
});
