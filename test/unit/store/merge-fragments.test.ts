import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LanceTable } from '../../../app/store/lance-table.ts';
import { conditionOf } from '../../../app/store/maintenance.ts';
import { type Fragment, listManifests } from '../../../app/store/manifest.ts';
import { fragmentsToMerge, mergeFragments } from '../../../app/store/merge-fragments.ts';
import { repairTable } from '../../../app/store/repair.ts';
import { type StoreIo, systemIo } from '../../../app/store/store-io.ts';
import { connectTo } from '../../../app/store/tables.ts';
import { readVectorRows, VECTOR_COLUMNS, vectorSchema, vectorTable } from '../../../app/store/vector-rows.ts';
import { diskError, passagesOf, SHAPE, temporaryDirectory, WatchedIo } from './store-kit.ts';

const fragment = (id: number, rows: number): Fragment => ({
  id,
  rows,
  physicalRows: rows,
  files: [],
  deletions: null,
});

describe('fragments to merge', () => {
  it('are none while few are small, whatever the large ones are', () => {
    const large = Array.from({ length: 200 }, (_, i) => fragment(i, 1024));
    const few = Array.from({ length: 32 }, (_, i) => fragment(300 + i, 5));
    expect(fragmentsToMerge([...large, ...few])).toEqual([]);
  });

  it('are the oldest small ones, as many as one step takes', () => {
    const fragments = [fragment(0, 80_000), ...Array.from({ length: 100 }, (_, i) => fragment(i + 1, 65))];
    expect(fragmentsToMerge(fragments).map(({ id }) => id)).toEqual(
      Array.from({ length: 63 }, (_, i) => i + 1),
    );
  });

  it('leave few and write each row a few times, however they come', () => {
    for (const size of [1, 20, 65, 1000]) {
      let fragments: Fragment[] = [];
      let written = 0;
      const total = Math.min(100_000, size * 20_000);
      for (let rows = 0, id = 0; rows < total; rows += size) {
        fragments.push(fragment(id++, size));
        for (;;) {
          const chosen = new Set(fragmentsToMerge(fragments));
          if (chosen.size === 0) break;
          const merged = [...chosen].reduce((sum, each) => sum + each.rows, 0);
          written += merged;
          fragments = [...fragments.filter((each) => !chosen.has(each)), fragment(id++, merged)];
        }
      }
      expect(fragments.length).toBeLessThan(33 + total / 1024);
      expect(written / total).toBeLessThan(size === 1 ? 20 : 8);
    }
  });
});

/** A table of 80 rows in 40 fragments, 1 of them without its second row. */
async function tableOfMany(io: StoreIo = systemIo) {
  const directory = temporaryDirectory();
  const connection = await connectTo(directory);
  const table = await LanceTable.create(connection, directory, 'vectors', vectorSchema(SHAPE), io);
  for (let i = 0; i < 40; i += 1) {
    const rows = passagesOf(`text ${i}`, `more of ${i}`).map((passage, p) => ({
      pid: 2 * i + p + 1,
      fileId: `file ${i}`,
      generation: 1,
      passage,
    }));
    await table.add(vectorTable(rows, SHAPE));
  }
  await table.delete('pid = 18');
  return { directory, table };
}

async function contents(table: LanceTable): Promise<unknown[]> {
  const rows: { pid: number }[] = [];
  for await (const batch of table.scan({ columns: VECTOR_COLUMNS }))
    rows.push(
      ...readVectorRows(batch, SHAPE, (pid) => {
        throw new Error(`passage ${pid} is damaged`);
      }),
    );
  return rows.sort((a, b) => a.pid - b.pid);
}

const reopened = async (directory: string): Promise<LanceTable> =>
  LanceTable.open(await connectTo(directory), directory, 'vectors', systemIo);

describe('merging', () => {
  it('puts small fragments together and leaves every row as it was', async () => {
    const { directory, table } = await tableOfMany();
    const before = await contents(table);
    expect(before).toHaveLength(79);
    expect(await mergeFragments(table)).toBe(true);
    expect(await conditionOf(table.directory)).toMatchObject({ rows: 79, fragments: 1 });
    expect(await contents(table)).toEqual(before);
    // What the new version does not name is gone from the disk.
    expect(listManifests(table.directory)).toHaveLength(1);
    expect(readdirSync(join(table.directory, 'data'))).toHaveLength(1);
    expect(await repairTable(directory, 'vectors', systemIo)).toMatchObject({ state: 'sound', notes: [] });
    expect(await contents(await reopened(directory))).toEqual(before);
    expect(await mergeFragments(table)).toBe(false);
  });

  it('that fails after its commit has lost nothing, and goes on the next time', async () => {
    const io = new WatchedIo();
    const { directory, table } = await tableOfMany(io);
    const before = await contents(table);
    io.failAfter = ({ operation }) => (operation === 'optimize' ? diskError('EIO') : undefined);
    await expect(mergeFragments(table)).rejects.toMatchObject({ code: 'io-error' });
    expect(await contents(table)).toEqual(before);
    expect(await contents(await reopened(directory))).toEqual(before);
    io.failAfter = () => undefined;
    await mergeFragments(table);
    expect(await conditionOf(table.directory)).toMatchObject({ rows: 79, fragments: 1 });
    expect(await contents(table)).toEqual(before);
  });

  it('leaves alone what holds a number twice: one of the two is garbage, and which one is not for it to say', async () => {
    const { table } = await tableOfMany();
    const [passage] = passagesOf('text 3');
    if (passage === undefined) throw new Error('there is no passage');
    await table.add(vectorTable([{ pid: 7, fileId: 'file 3', generation: 2, passage }], SHAPE));
    const before = await contents(table);
    expect(await mergeFragments(table)).toBe(false);
    expect(await contents(table)).toEqual(before);
  });
});
