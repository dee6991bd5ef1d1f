import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../app/contract/engine.ts';
import { EventQueue } from '../../../app/serve/events.ts';

const never = new Promise<void>(() => {});
const progress = (done: number): EngineEvent => ({
  type: 'progress',
  progress: {
    state: 'indexing',
    done,
    total: 10,
    current: null,
    encodedTokens: 0,
    encodedPassages: 0,
    passagesPerSecond: 0,
    tokensPerSecond: 0,
    etaSeconds: null,
  },
});
const file = (name: number): EngineEvent => ({ type: 'file', path: `/${name}`, outcome: 'indexed' });

describe('events that wait for a reader', () => {
  it('gives them in order', async () => {
    const queue = new EventQueue();
    queue.push(file(1));
    queue.push(file(2));
    expect(await queue.take(never)).toEqual([file(1), file(2)]);
  });

  it('tells only the newest progress', async () => {
    const queue = new EventQueue();
    for (let done = 0; done < 50; done += 1) queue.push(progress(done));
    expect(await queue.take(never)).toEqual([progress(49)]);
  });

  it('drops file events of a reader that stalls, and keeps notices', async () => {
    const queue = new EventQueue();
    for (let name = 0; name < 5000; name += 1) queue.push(file(name));
    const notice: EngineEvent = { type: 'notice', level: 'error', message: 'the disk is full' };
    queue.push(notice);
    const events = await queue.take(never);
    expect(events.length).toBeLessThanOrEqual(1001);
    expect(events.at(-1)).toEqual(notice);
  });

  it('wakes a reader that waits, and gives nothing when it was idle', async () => {
    const queue = new EventQueue();
    const waiting = queue.take(never);
    queue.push(file(1));
    expect(await waiting).toEqual([file(1)]);
    expect(await queue.take(Promise.resolve())).toEqual([]);
  });

  it('lets a reader go when it closes', async () => {
    const queue = new EventQueue();
    const waiting = queue.take(never);
    queue.close();
    expect(await waiting).toEqual([]);
    queue.push(file(1));
    expect(await queue.take(Promise.resolve())).toEqual([]);
  });
});
