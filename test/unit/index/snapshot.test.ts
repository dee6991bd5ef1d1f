import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CompressedMultivector } from '../../../app/contract/passage.ts';
import { NativeIndex } from '../../../app/index/native-index.ts';
import { IndexSnapshot, type LivePassages } from '../../../app/index/snapshot.ts';
import {
  concat,
  makeCodebook,
  randomMultivector,
  randomNumbers,
  requireAddon,
  unitVector,
} from './support.ts';

const addon = await requireAddon();
const codebook = makeCodebook(16, 40);

describe.skipIf(addon === null)('the snapshot of the index', () => {
  if (addon === null) return;
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'passim-snapshot-')), 'snapshot');
  });
  afterEach(() => {
    rmSync(join(folder, '..'), { recursive: true, force: true });
  });

  const random = randomNumbers(5);
  const query = concat(Array.from({ length: 4 }, () => unitVector(random, 16)));
  type Content = ReadonlyMap<number, CompressedMultivector>;
  const contentOf = (from: number, to: number): Map<number, CompressedMultivector> =>
    new Map(
      Array.from({ length: to - from }, (_, i) => [
        from + i,
        randomMultivector(random, codebook, 2, 1 + ((from + i) % 17)),
      ]),
    );
  const checksumOf = ({ residuals }: CompressedMultivector): number => crc32(residuals);
  const liveOf = (content: Content): LivePassages => {
    const pids = Uint32Array.from(content.keys()).sort();
    return { pids, checksums: pids.map((pid) => checksumOf(content.get(pid) as CompressedMultivector)) };
  };
  const create = (): NativeIndex => new NativeIndex(addon, codebook, 2, { threads: 1 });
  const fill = (index: NativeIndex, content: Content): void => {
    for (const [key, multivector] of content) index.add(key, multivector, checksumOf(multivector));
  };
  const everything = (index: NativeIndex) => index.search(query, { k: 10_000, exhaustive: true });
  /** What an index filled with the content from scratch answers. */
  const truth = async (content: Content) => {
    const index = create();
    fill(index, content);
    const hits = await everything(index);
    index.close();
    return hits;
  };
  const saved = async (content: Content): Promise<void> => {
    const index = create();
    fill(index, content);
    await new IndexSnapshot(index, folder).save();
    index.close();
  };
  const segments = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.segment'));

  it('gives the index back, mapped, and is for its owner alone', async () => {
    const content = contentOf(1, 400);
    await saved(content);
    const index = create();
    expect(await new IndexSnapshot(index, folder).load(liveOf(content))).toEqual({
      missing: new Uint32Array(),
      checked: true,
    });
    expect(await everything(index)).toEqual(await truth(content));
    expect(index.stats()).toMatchObject({ passages: content.size });
    expect(index.stats().mapped).toBeGreaterThan(0);
    const one = content.get(7);
    expect(index.score(query, Uint32Array.of(7))[0]).toBe(
      (await truth(content)).find((h) => h.key === 7)?.score,
    );
    expect(index.align(query, Uint32Array.of(7))[0]?.best.every((t) => t < (one?.count ?? 0))).toBe(true);
    if (process.platform !== 'win32') {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    index.close();
  });

  it('goes on in place of the memory it was written from', async () => {
    const content = contentOf(1, 3_000);
    const index = create();
    fill(index, content);
    const before = index.stats().bytes;
    await new IndexSnapshot(index, folder).save();
    expect(index.stats().bytes).toBeLessThan(before / 2);
    expect(await everything(index)).toEqual(await truth(content));
    index.close();
  });

  it('takes additions, replacements and removals over the mapped files, and drops what became of no use', async () => {
    const content = contentOf(1, 500);
    await saved(content);
    const index = create();
    const snapshot = new IndexSnapshot(index, folder);
    await snapshot.load(liveOf(content));
    for (let round = 0; round < 3; round += 1) {
      for (const key of [...content.keys()].filter((_, i) => i % 3 === round)) {
        content.delete(key);
        index.remove(key);
      }
      const more = contentOf(1_000 * (round + 1), 1_000 * (round + 1) + 150);
      fill(index, more);
      for (const [key, multivector] of more) content.set(key, multivector);
      for (const [key, multivector] of contentOf(1_000, 1_050)) {
        content.set(key, multivector);
        index.add(key, multivector, checksumOf(multivector));
      }
      expect(await everything(index)).toEqual(await truth(content));
      await snapshot.save();
      expect(await everything(index)).toEqual(await truth(content));
    }
    index.close();
    const again = create();
    expect((await new IndexSnapshot(again, folder).load(liveOf(content))).missing).toHaveLength(0);
    expect(await everything(again)).toEqual(await truth(content));
    again.close();
    const list = JSON.parse(readFileSync(join(folder, 'snapshot.json'), 'utf8')) as { segments: string[] };
    expect(segments().toSorted()).toEqual(list.segments.toSorted());
  });

  it('leaves out what the store does not have, and names what it lacks', async () => {
    const content = contentOf(1, 300);
    await saved(content);
    const live = liveOf(content);
    const now = {
      // 1 … 9 are gone, 10 has other contents, 300 … 304 are new.
      pids: Uint32Array.of(...live.pids.slice(9), 300, 301, 302, 303, 304),
      checksums: Uint32Array.of(...live.checksums.slice(9).with(0, 5), 1, 2, 3, 4, 5),
    };
    const index = create();
    const { missing } = await new IndexSnapshot(index, folder).load(now);
    expect([...missing]).toEqual([10, 300, 301, 302, 303, 304]);
    expect(index.stats().passages).toBe(live.pids.length - 10);
    expect(index.has(9)).toBe(false);
    index.close();
  });

  it('is left out where there is none, or where it is of another codebook', async () => {
    const content = contentOf(1, 50);
    const live = liveOf(content);
    const index = create();
    expect((await new IndexSnapshot(index, folder).load(live)).missing).toEqual(live.pids);
    await saved(content);
    const other = new NativeIndex(addon, makeCodebook(16, 40, 99), 2, { threads: 1 });
    expect((await new IndexSnapshot(other, folder).load(live)).missing).toEqual(live.pids);
    const wider = new NativeIndex(addon, codebook, 4, { threads: 1 });
    expect((await new IndexSnapshot(wider, folder).load(live)).missing).toEqual(live.pids);
    writeFileSync(join(folder, 'snapshot.json'), '{"format":1,"segments":["../../evil"]}');
    expect((await new IndexSnapshot(index, folder).load(live)).missing).toEqual(live.pids);
    for (const opened of [index, other, wider]) opened.close();
  });

  it('notices every cut and every changed byte', async () => {
    const content = contentOf(1, 60);
    const live = liveOf(content);
    await saved(content);
    const [name = ''] = segments();
    const file = join(folder, name);
    const sound = readFileSync(file);
    const load = async (): Promise<number> => {
      const index = create();
      const { missing } = await new IndexSnapshot(index, folder).load(live);
      index.close();
      return missing.length;
    };
    expect(await load()).toBe(0);
    const step = Math.floor(sound.length / 120);
    for (let at = 0; at < sound.length; at += step) {
      // Behind the checksum of the header lie zeros that nothing reads.
      if (at >= 72 && at < 128) continue;
      const damaged = Buffer.from(sound);
      damaged[at] = (damaged[at] ?? 0) ^ 0x40;
      writeFileSync(file, damaged);
      expect(await load(), `byte ${at} of ${sound.length}`).toBe(live.pids.length);
    }
    for (const length of [0, 1, 71, 200, sound.length >> 1, sound.length - 1]) {
      writeFileSync(file, sound);
      truncateSync(file, length);
      expect(await load(), `cut to ${length}`).toBe(live.pids.length);
    }
    writeFileSync(file, Buffer.concat([sound, Buffer.alloc(64)]));
    expect(await load()).toBe(live.pids.length);
    rmSync(file);
    expect(await load()).toBe(live.pids.length);
  });

  it('finds damage in residuals that were mapped without a look', async () => {
    const content = contentOf(1, 60);
    await saved(content);
    const [name = ''] = segments();
    const file = join(folder, name);
    const index = create();
    const { pids, checksums } = liveOf(content);
    expect((await index.restore([file], pids, checksums, false)).missing).toHaveLength(0);
    expect(await index.verify()).toHaveLength(0);
    const sound = readFileSync(file);
    const at = sound.length - 200;
    // In place: a mapped file must never be shorter, not even for a moment, or whoever reads it ends with SIGBUS.
    const handle = openSync(file, 'r+');
    writeSync(handle, Uint8Array.of((sound[at] ?? 0) ^ 1), 0, 1, at);
    closeSync(handle);
    const snapshot = new IndexSnapshot(index, folder);
    expect([...(await snapshot.check())].toSorted((a, b) => a - b)).toEqual([...liveOf(content).pids]);
    expect(index.stats().passages).toBe(0);
    expect(await snapshot.bytes()).toBeGreaterThan(sound.length);
    index.close();
  });

  it('does without when the folder cannot be written', async () => {
    const content = contentOf(1, 50);
    writeFileSync(folder, 'a file where the folder should be');
    const index = create();
    fill(index, content);
    await new IndexSnapshot(index, folder).save();
    expect(await everything(index)).toEqual(await truth(content));
    index.close();
  });
});
