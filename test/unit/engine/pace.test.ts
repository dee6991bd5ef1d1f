import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Lane, LanePool } from '../../../app/encode/lane-pool.ts';
import { Pace, STAND_BACK_MS } from '../../../app/engine/pace.ts';
import { ToldPower } from '../../../app/engine/power.ts';
import { ManualScheduler } from '../watch/manual-scheduler.ts';

const JOB_MS = 100;

interface Setting {
  readonly gentle?: 'auto' | 'always' | 'never';
  readonly onBattery?: boolean;
  readonly background?: boolean;
}

function paceWith({ gentle = 'auto', onBattery = false, background = true }: Setting = {}) {
  const scheduler = new ManualScheduler();
  const power = new ToldPower(onBattery);
  const pace = new Pace({ scheduler, power, gentle, background });
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) await setImmediate();
  };
  return { scheduler, power, pace, pass: (ms: number) => scheduler.advance(ms, settled), settled };
}

/** A pool whose lanes take {@link JOB_MS} of the scheduler's time for each text; every text is a job of its own. */
function indexingWith(setting: Setting & { lanes?: number } = {}) {
  const parts = paceWith(setting);
  const { scheduler, pace } = parts;
  let working = 0;
  let most = 0;
  let done = 0;
  const lane: Lane = {
    open: async () => {},
    call: (_, request) => {
      working += 1;
      most = Math.max(most, working);
      return new Promise((resolve) => {
        scheduler.after(JOB_MS, () => {
          working -= 1;
          done += 1;
          const { rows } = request as { rows: readonly unknown[] };
          const answers = rows.map(() => ({ vectors: new Float32Array(4), dense: new Float32Array(4) }));
          resolve(answers as never);
        });
      });
    },
    rest: async () => {},
    close: async () => {},
  };
  const lanes = Array.from({ length: setting.lanes ?? 4 }, () => ({ ...lane }));
  const options = { jobTokens: 1, together: false, restMs: 60_000 };
  const pool = new LanePool(lanes, options, scheduler, pace);
  return {
    ...parts,
    pool,
    encode: (texts: number) =>
      pool.encode(
        Array.from({ length: texts }, () => ({ ids: Int32Array.of(1), keep: Uint8Array.of(1) })) as never,
      ),
    /** Jobs that were finished, and the most lanes that worked at once, since the last look. */
    look() {
      const seen = { done, most };
      done = 0;
      most = working;
      return seen;
    },
  };
}

describe('pace', () => {
  test.each([
    ['mains', {}, null],
    ['battery', { onBattery: true }, 'battery'],
    ['battery, but a person waits for the index', { onBattery: true, background: false }, null],
    ['battery, never gentle', { onBattery: true, gentle: 'never' }, null],
    ['mains, always gentle', { gentle: 'always' }, 'chosen'],
    ['always gentle, although a person waits', { gentle: 'always', background: false }, 'chosen'],
  ] as const)('%s', (_, setting, reason) => {
    const { pace } = paceWith(setting);
    expect(pace.reason).toBe(reason);
    expect(pace.share(4)).toEqual({ lanes: reason === null ? 4 : 1, rest: 0 });
    // A single lane has nothing to give but time.
    expect(pace.share(1)).toEqual({ lanes: 1, rest: reason === null ? 0 : 1 });
  });

  test('follows power and setting, and tells of changes', () => {
    const { pace, power } = paceWith();
    let told = 0;
    pace.onChange(() => {
      told += 1;
    });
    power.set(true);
    expect([pace.reason, told]).toEqual(['battery', 1]);
    pace.choose('never');
    expect([pace.reason, told]).toEqual([null, 2]);
    pace.choose('auto');
    power.set(false);
    expect([pace.reason, told]).toEqual([null, 4]);
    pace.stop();
    power.set(true);
    expect(told).toBe(4);
  });

  test('stands back while a search runs and for a while after the last one', async () => {
    const { pace, pass } = paceWith();
    const first = Promise.withResolvers<string>();
    const answer = pace.during(() => first.promise);
    expect(pace.reason).toBe('searching');
    await pass(60_000);
    expect(pace.reason).toBe('searching');
    first.resolve('found');
    expect(await answer).toBe('found');
    await pass(STAND_BACK_MS - 1);
    await expect(pace.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await pass(STAND_BACK_MS - 1);
    expect(pace.reason).toBe('searching');
    await pass(1);
    expect(pace.reason).toBeNull();
  });

  test('never means never', async () => {
    const { pace } = paceWith({ gentle: 'never' });
    await pace.during(async () => expect(pace.share(4)).toEqual({ lanes: 4, rest: 0 }));
    expect(pace.reason).toBeNull();
  });
});

describe('indexing at a pace', () => {
  test('takes every lane when nothing is in the way', async () => {
    const { encode, look, pass } = indexingWith();
    const all = encode(40);
    await pass(10 * JOB_MS);
    expect(look()).toEqual({ done: 40, most: 4 });
    expect(await all).toHaveLength(40);
  });

  test('takes one lane on battery, and all of them again on mains', async () => {
    const { encode, look, pass, power } = indexingWith({ onBattery: true });
    void encode(1_000);
    await pass(10 * JOB_MS);
    expect(look()).toEqual({ done: 10, most: 1 });
    power.set(false);
    await pass(10 * JOB_MS);
    expect(look().most).toBe(4);
    power.set(true);
    await pass(JOB_MS);
    look();
    await pass(10 * JOB_MS);
    expect(look()).toEqual({ done: 10, most: 1 });
  });

  test('a machine with one lane works half of the time on battery', async () => {
    const { encode, look, pass } = indexingWith({ onBattery: true, lanes: 1 });
    void encode(1_000);
    // The first second of work is free.
    await pass(10 * JOB_MS);
    expect(look().done).toBe(10);
    await pass(100 * JOB_MS);
    expect(look().done).toBe(50);
  });

  test('waits after a search, and then goes on by itself', async () => {
    const { encode, look, pace, pass } = indexingWith();
    const all = encode(400);
    await pass(10 * JOB_MS);
    look();
    await pace.during(async () => {});
    // What the lanes had begun is finished, and then they rest.
    await pass(JOB_MS);
    look();
    await pass(3 * JOB_MS);
    expect(look()).toEqual({ done: 0, most: 0 });
    await pass(STAND_BACK_MS);
    look();
    await pass(10 * JOB_MS);
    expect(look()).toEqual({ done: 40, most: 4 });
    await pass(100 * JOB_MS);
    expect(await all).toHaveLength(400);
  });

  test('somebody who types for an hour still gets an index', async () => {
    const { encode, look, pace, pass } = indexingWith();
    const all = encode(2_000);
    await pass(JOB_MS);
    look();
    const hour = 3_600_000;
    const key = 300;
    let most = 0;
    let done = 0;
    for (let at = 0; at < hour; at += key) {
      await pace.during(async () => {});
      await pass(key);
      const seen = look();
      done += seen.done;
      // Only the jobs from before the first key ran side by side.
      if (at > key) most = Math.max(most, seen.most);
      if (done >= 1_990) break;
    }
    expect(most).toBe(1);
    expect(done).toBeGreaterThanOrEqual(1_990);
    await pass(60_000);
    expect(await all).toHaveLength(2_000);
  });

  test('while somebody types, one lane works a fifth of the time', async () => {
    const { encode, look, pace, pass } = indexingWith();
    void encode(10_000);
    await pace.during(async () => {});
    await pass(JOB_MS);
    look();
    for (let i = 0; i < 200; i += 1) {
      await pace.during(async () => {});
      await pass(5 * JOB_MS);
    }
    const { done } = look();
    expect(done).toBeGreaterThanOrEqual(190);
    expect(done).toBeLessThanOrEqual(205);
  });

  test('a change of one file is taken up at once, also between two keys; a large one has to rest', async () => {
    const { encode, look, pace, pass } = indexingWith();
    const first = encode(1);
    await pass(JOB_MS);
    await first;
    await pass(60_000);
    look();
    await pace.during(async () => {});
    const file = encode(10);
    await pass(10 * JOB_MS);
    expect(await file).toHaveLength(10);
    expect(look()).toEqual({ done: 10, most: 1 });
    await pace.during(async () => {});
    void encode(100);
    await pass(12 * JOB_MS);
    expect(look().done).toBeLessThanOrEqual(3);
  });

  test('closing ends the waiting', async () => {
    const { encode, pace, pass, pool } = indexingWith();
    const all = encode(100);
    await pace.during(async () => {});
    await pass(JOB_MS);
    const closing = pool.close();
    await pass(JOB_MS);
    await closing;
    const codes = (await all).map((result) => ('code' in result ? result.code : 'done'));
    expect(new Set(codes)).toEqual(new Set(['done', 'engine-stopped']));
  });
});
