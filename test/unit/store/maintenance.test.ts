import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../app/contract/index.ts';
import { MaintenanceClock, needsCompaction, type TableCondition } from '../../../app/store/maintenance.ts';
import { ManualScheduler } from './store-kit.ts';

const sound: TableCondition = { bytes: 1_000, liveBytes: 1_000, rows: 1_000, fragments: 1, largest: 1_000 };

describe('compacting', () => {
  it.each<[string, 'files' | 'passages' | 'vectors', Partial<TableCondition>, boolean]>([
    ['a sound table', 'vectors', {}, false],
    ['half of the bytes wasted', 'vectors', { bytes: 1_501 }, true],
    [
      'vectors in many files that are a small part of the whole',
      'vectors',
      { fragments: 257, largest: 760 },
      false,
    ],
    ['vectors in many files that are a large part', 'vectors', { fragments: 257, largest: 740 }, true],
    ['vectors in too many files to open', 'vectors', { fragments: 513, largest: 999 }, true],
    ['passages in many files', 'passages', { fragments: 257, largest: 760 }, false],
    ['a ledger in many files', 'files', { fragments: 33, largest: 999 }, true],
  ])('%s', (_, name, more, expected) => {
    expect(needsCompaction(name, { ...sound, ...more })).toBe(expected);
  });

  it('writes each vector a few times in its life, however the index grows', () => {
    // Files of 20 passages each, as indexing writes them; compacting makes one fragment of all.
    let fragments = [20];
    let written = 0;
    const total = 100_000;
    for (let rows = 20; rows <= total; rows += 20) {
      fragments.push(20);
      written += 20;
      const largest = Math.max(...fragments);
      const condition = { bytes: rows, liveBytes: rows, rows, fragments: fragments.length, largest };
      if (!needsCompaction('vectors', condition)) continue;
      written += rows;
      fragments = [rows];
    }
    expect(written / total).toBeLessThan(8);
  });
});

describe('the clock', () => {
  const setUp = (unindexed = 0) => {
    const scheduler = new ManualScheduler();
    const runs: number[] = [];
    let failing = false;
    const clock: MaintenanceClock = new MaintenanceClock(scheduler, silentLogger, unindexed, async () => {
      runs.push(scheduler.now());
      if (failing) throw new Error('no');
      clock.done();
    });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    return {
      scheduler,
      runs,
      clock,
      settle,
      fail: (value: boolean) => {
        failing = value;
      },
    };
  };

  it('waits for writing to end', async () => {
    const { scheduler, runs, clock, settle } = setUp();
    for (let i = 0; i < 10; i += 1) {
      clock.wrote(1, 1_000_000);
      scheduler.advance(10_000);
      await settle();
    }
    expect(runs).toEqual([]);
    scheduler.advance(60_000);
    await settle();
    expect(runs).toHaveLength(1);
    scheduler.advance(3_600_000);
    await settle();
    expect(runs).toHaveLength(1);
  });

  it('does not wait when many rows are outside the index', async () => {
    const { runs, clock, settle } = setUp();
    clock.wrote(2_001, 10_000);
    await settle();
    expect(runs).toHaveLength(1);
  });

  it('comes back after a failure', async () => {
    const { scheduler, runs, clock, settle, fail } = setUp();
    fail(true);
    clock.wrote(5, 100);
    scheduler.advance(20_000);
    await settle();
    expect(runs).toHaveLength(1);
    fail(false);
    scheduler.advance(60_000);
    await settle();
    expect(runs).toHaveLength(2);
  });

  it('is still once it is stopped', async () => {
    const { scheduler, runs, clock, settle } = setUp(10);
    clock.stop();
    clock.wrote(5_000, 100);
    scheduler.advance(3_600_000);
    await settle();
    expect(runs).toEqual([]);
  });
});
