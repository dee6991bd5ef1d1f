import { describe, expect, it } from 'vitest';
import { RunningCalls } from '../../../app/engine/running-calls.ts';
import { ManualScheduler } from '../store/store-kit.ts';

/** A call that ends when the test says so. */
function held(calls: RunningCalls, cancel?: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let given: AbortSignal | undefined;
  const answer = calls.run((signal) => {
    given = signal;
    return promise;
  }, cancel);
  // Whoever looks at it is told; nobody has to.
  answer.catch(() => {});
  return { answer, resolve, reject, aborted: () => given?.aborted };
}

/** Whether a promise has settled by now. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
  return Promise.race([settled, turn]);
}

describe('calls of an engine that stops', () => {
  it('finish first, while new ones are refused', async () => {
    const calls = new RunningCalls(new ManualScheduler());
    const first = held(calls);
    const second = held(calls);
    const drained = calls.drain();
    await expect(calls.run(async () => 'late')).rejects.toMatchObject({ code: 'engine-stopped' });
    first.resolve('one');
    expect(await first.answer).toBe('one');
    expect(await hasSettled(drained)).toBe(false);
    second.reject(new Error('its own failure'));
    await expect(second.answer).rejects.toThrow('its own failure');
    await drained;
    expect(first.aborted()).toBe(false);
  });

  it('are given up when they take too long, and fail because of that and nothing else', async () => {
    const scheduler = new ManualScheduler();
    const calls = new RunningCalls(scheduler);
    const call = held(calls);
    const drained = calls.drain();
    scheduler.advance(4_000);
    expect(await hasSettled(drained)).toBe(false);
    expect(call.aborted()).toBe(false);
    scheduler.advance(60_000);
    await drained;
    expect(call.aborted()).toBe(true);
    call.reject(new Error('the table is closed'));
    await expect(call.answer).rejects.toMatchObject({ code: 'engine-stopped' });
  });

  it('hear of it when whoever asked cancels', async () => {
    const calls = new RunningCalls(new ManualScheduler());
    const controller = new AbortController();
    const call = held(calls, controller.signal);
    expect(call.aborted()).toBe(false);
    controller.abort();
    expect(call.aborted()).toBe(true);
    expect(held(calls, controller.signal).aborted()).toBe(true);
  });
});
