import { describe, expect, it } from 'vitest';
import { RowCache } from '../../../app/store/row-cache.ts';

interface Row {
  readonly pid: number;
}

/** A reader that knows passages below 100 and counts what it was asked for. */
function reader() {
  const asked: number[][] = [];
  const read = async (pids: readonly number[]): Promise<Map<number, Row>> => {
    asked.push([...pids]);
    return new Map(pids.filter((pid) => pid < 100).map((pid) => [pid, { pid }]));
  };
  return { asked, read };
}

describe('rows that were read lately', () => {
  it('are not read again, and reads under way are shared', async () => {
    const cache = new RowCache<Row>(10);
    const { asked, read } = reader();
    const [first, second] = await Promise.all([cache.get([1, 2], read), cache.get([2, 3], read)]);
    expect([...first.keys()]).toEqual([1, 2]);
    expect([...second.keys()]).toEqual([2, 3]);
    await cache.get([3, 1, 2], read);
    expect(asked).toEqual([[1, 2], [3]]);
  });

  it('are asked for again when they were not there', async () => {
    const cache = new RowCache<Row>(10);
    const { asked, read } = reader();
    expect(await cache.get([500, 1], read)).toEqual(new Map([[1, { pid: 1 }]]));
    await cache.get([500, 1], read);
    expect(asked).toEqual([[500, 1], [500]]);
  });

  it('are asked for again after a read that failed', async () => {
    const cache = new RowCache<Row>(10);
    const { read } = reader();
    await expect(cache.get([1], () => Promise.reject(new Error('the disk is gone')))).rejects.toThrow(
      'the disk is gone',
    );
    expect((await cache.get([1], read)).size).toBe(1);
  });

  it('make room for newer ones, and more may be asked for than are kept', async () => {
    const cache = new RowCache<Row>(3);
    const { asked, read } = reader();
    expect((await cache.get([1, 2, 3, 4, 5], read)).size).toBe(5);
    await cache.get([5], read);
    await cache.get([1], read);
    expect(asked).toEqual([[1, 2, 3, 4, 5], [1]]);
  });
});
