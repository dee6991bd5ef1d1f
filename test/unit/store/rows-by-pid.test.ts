import { describe, expect, it } from 'vitest';
import { numbersOf } from '../../../app/store/columns.ts';
import { LanceTable } from '../../../app/store/lance-table.ts';
import { RowPlaces } from '../../../app/store/row-places.ts';
import { type RowSource, RowsByPid } from '../../../app/store/rows-by-pid.ts';
import { systemIo } from '../../../app/store/store-io.ts';
import { connectTo } from '../../../app/store/tables.ts';
import { fileRecord, openReader, openWriter, passagesOf, temporaryDirectory } from './store-kit.ts';

/** A table of 40 passages in 8 fragments, and how often it was asked for what. */
async function passagesTable() {
  const directory = temporaryDirectory();
  const store = await openWriter({ directory });
  for (let i = 0; i < 8; i += 1)
    await store.commitFile(
      fileRecord(`/root/${i}`),
      passagesOf(...Array.from({ length: 5 }, (_, p) => `file ${i} passage ${p}`)),
    );
  await store.close();
  const table = await LanceTable.open(await connectTo(directory), directory, 'passages', systemIo);
  const asked = { take: 0, scan: 0 };
  const source: RowSource = {
    numbers: (columns) => table.numbers(columns),
    take: (rowIds, columns) => {
      asked.take += 1;
      return table.take(rowIds, columns);
    },
    scan: (options) => {
      asked.scan += 1;
      return table.scan(options);
    },
  };
  const read = async (rows: RowsByPid, pids: readonly number[]): Promise<number[]> => {
    const found: number[] = [];
    for await (const batch of rows.read(pids, ['pid', 'ordinal'])) {
      const ordinals = numbersOf(batch, 'ordinal');
      numbersOf(batch, 'pid').forEach((pid, row) => {
        expect(ordinals[row]).toBe((pid - 1) % 5);
        found.push(pid);
      });
    }
    return found.sort((a, b) => a - b);
  };
  return { table, source, asked, read };
}

describe('rows by passage number', () => {
  it('are looked for once and then taken from their places', async () => {
    const { source, asked, read } = await passagesTable();
    const rows = new RowsByPid(source);
    expect(await read(rows, [3, 31, 17, 3, 4000])).toEqual([3, 17, 31]);
    expect(asked).toEqual({ take: 0, scan: 1 });
    expect(await read(rows, [17, 3])).toEqual([3, 17]);
    expect(asked).toEqual({ take: 1, scan: 1 });
    await rows.learnAll();
    expect(await read(rows, [40, 1, 20])).toEqual([1, 20, 40]);
    expect(asked).toEqual({ take: 2, scan: 1 });
  });

  it('are the right ones after every place has moved', async () => {
    const { table, source, asked, read } = await passagesTable();
    const rows = new RowsByPid(source);
    await rows.learnAll();
    await table.optimize();
    expect(await read(rows, [12, 2, 39])).toEqual([2, 12, 39]);
    expect(asked).toEqual({ take: 1, scan: 1 });
    // The places that were learned anew hold.
    expect(await read(rows, [39, 12])).toEqual([12, 39]);
    expect(asked).toEqual({ take: 2, scan: 1 });
  });

  it('are the right ones where a place holds another row', async () => {
    const { table, source, asked, read } = await passagesTable();
    const ids = (await table.numbers(['pid'])).flatMap((batch) => [
      ...(batch.getChild('_rowid')?.toArray() ?? []),
    ]);
    const rows = new RowsByPid({
      ...source,
      take: (wanted, columns) =>
        source.take(
          wanted.map((id) => ids[(ids.indexOf(id) + 1) % ids.length]),
          columns,
        ),
    });
    await rows.learnAll();
    // The row after passage 6 is passage 7, which is wanted too.
    expect(await read(rows, [6, 7, 20])).toEqual([6, 7, 20]);
    expect(asked).toEqual({ take: 1, scan: 1 });
  });
});

it('a reader beside a writer that compacts gets the right rows before and after it looks again', async () => {
  const directory = temporaryDirectory();
  const store = await openWriter({ directory });
  const text = (i: number): string => `the text of passage ${i}`;
  for (let i = 0; i < 12; i += 1) await store.commitFile(fileRecord(`/root/${i}`), passagesOf(text(i)));
  const reader = await openReader({ directory });
  await reader.liveChecksums();
  const spans = [...(await store.getSpans([1, 5, 12]))];
  expect([...(await reader.getSpans([1, 5]))].length).toBe(2);
  await store.deleteFiles(['/root/3']);
  await store.maintain({ force: true });
  await store.commitFile(fileRecord('/root/3'), passagesOf('another text'));
  expect((await reader.getPassages([2, 7])).map((row) => row.text)).toEqual([text(1), text(6)]);
  await reader.refresh();
  for (const view of [reader, store]) {
    expect((await view.getPassages([12, 4, 13, 1])).map((row) => row.text)).toEqual([
      text(11),
      'another text',
      text(0),
    ]);
    expect([...(await view.getSpans([1, 5, 12]))].sort(([a], [b]) => a - b)).toEqual(
      spans.sort(([a], [b]) => a - b),
    );
  }
});

it('places are kept for numbers far apart, and forgotten together', () => {
  const places = new RowPlaces();
  places.set(0, 0n);
  places.set(0xffff_ffff, 2n ** 40n + 7n);
  expect([places.get(0), places.get(1), places.get(0xffff_ffff)]).toEqual([0n, undefined, 2n ** 40n + 7n]);
  places.clear();
  expect(places.get(0)).toBeUndefined();
});
