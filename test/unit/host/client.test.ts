import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../app/contract/engine.ts';
import type { ErrorCode } from '../../../app/contract/errors.ts';
import { type ChildHandle, silentLogger, systemScheduler } from '../../../app/contract/ports.ts';
import { ToldPower } from '../../../app/engine/power.ts';
import { startHost } from '../../../app/host/client.ts';
import type { FromEngine, ToEngine } from '../../../app/host/protocol.ts';

/** An engine's process that a test plays: it says that it is ready, answers status, and dies when told to. */
class PlayedChild implements ChildHandle {
  readonly pid = 1;
  /** What it does instead of answering a call, or of ending when it is asked to. */
  onCall: ((id: number) => void) | null = null;
  onStop: (() => void) | null = null;
  readonly heard: ToEngine[] = [];
  #hear: ((message: unknown) => void) | null = null;
  readonly #exits: ((code: number | null, signal: string | null) => void)[] = [];

  send(message: unknown): void {
    const told = message as ToEngine;
    this.heard.push(told);
    if (told.type === 'start') queueMicrotask(() => this.say({ type: 'ready' }));
    else if (told.type === 'stop') {
      if (this.onStop === null) this.die(0);
      else this.onStop();
    } else if (told.type === 'call') {
      if (this.onCall === null) this.answer(told.id, 7);
      else this.onCall(told.id);
    }
  }
  say(message: FromEngine): void {
    this.#hear?.(message);
  }
  answer(id: number, files: number): void {
    this.say({ type: 'answer', id, envelope: { ok: true, value: { files } } });
  }
  fail(id: number, code: ErrorCode): void {
    this.say({ type: 'answer', id, envelope: { ok: false, error: { code, message: 'It is closed.' } } });
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#hear = listener;
  }
  onExit(listener: (code: number | null, signal: string | null) => void): void {
    this.#exits.push(listener);
  }
  kill(): void {
    this.die(null);
  }
  die(code: number | null): void {
    for (const listener of this.#exits) listener(code, code === null ? 'SIGKILL' : null);
  }
}

/** Spawns children that are played here, and keeps them in `children`. */
function playedSpawner(children: PlayedChild[]) {
  return {
    spawn: () => {
      const child = new PlayedChild();
      children.push(child);
      return child;
    },
  };
}

/** A host whose engines are played by `children`. */
function playedHost(
  children: PlayedChild[],
  { watch = false, power }: { watch?: boolean; power?: ToldPower } = {},
) {
  return startHost({
    spawner: playedSpawner(children),
    scheduler: systemScheduler,
    logger: silentLogger,
    module: '/engine.js',
    start: { home: '/home', mode: 'write', watch },
    ...(power === undefined ? {} : { power }),
  });
}

describe('a host whose engine was left down', () => {
  it('starts it again when asked to, with a clean count', async () => {
    const children: PlayedChild[] = [];
    const host = await playedHost(children);
    const notices: EngineEvent[] = [];
    host.onEvent((event) => notices.push(event));
    for (let i = 0; i < 5; i += 1) {
      children.at(-1)?.die(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(notices.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('left down') });
    await expect(host.call('status', {})).rejects.toMatchObject({ code: 'engine-stopped' });

    await host.restart();
    expect((await host.call('status', {})).files).toBe(7);
    const before = children.length;
    children.at(-1)?.die(1);
    await new Promise((resolve) => setImmediate(resolve));
    // One death after that is one death, not the sixth.
    expect(children.length).toBe(before + 1);
    expect((await host.call('status', {})).files).toBe(7);
    await host.stop();
  });
});

describe('a host that restarts its engine', () => {
  /** A host with a first engine that answers nothing by itself, and ends when the test says so. */
  async function silent() {
    const children: PlayedChild[] = [];
    const host = await playedHost(children);
    const [first] = children;
    if (first === undefined) throw new Error('nothing was started');
    const asked: number[] = [];
    first.onCall = (id) => asked.push(id);
    const told = Promise.withResolvers<void>();
    first.onStop = told.resolve;
    return { host, children, first, asked, toldToStop: told.promise };
  }

  it('takes answers of the engine that ends, and asks the next one what that one failed or left', async () => {
    const { host, children, first, asked, toldToStop } = await silent();
    const calls = [host.call('status', {}), host.call('status', {}), host.call('status', {})];
    const restarted = host.restart();
    await toldToStop;
    const later = host.call('status', {});
    expect(asked).toHaveLength(3);
    const [one = 0, two = 0] = asked;
    first.answer(one, 1);
    first.fail(two, 'io-error');
    first.die(0);
    await restarted;
    expect((await Promise.all([...calls, later])).map(({ files }) => files)).toEqual([1, 7, 7, 7]);
    // An answer that comes after the end of its engine changes nothing any more.
    first.fail(two, 'io-error');
    const again = children[1]?.heard.filter((message) => message.type === 'call').map(({ id }) => id);
    expect(again).toHaveLength(3);
    expect(again).not.toContain(one);
    await host.stop();
  });

  it('asks the next engine too when one ends that somebody else told to', async () => {
    const { host, children, first, asked } = await silent();
    const call = host.call('status', {});
    first.fail(asked[0] ?? 0, 'engine-stopped');
    first.die(0);
    expect((await call).files).toBe(7);
    expect(children).toHaveLength(2);
    await host.stop();
  });

  it('tells the calls of an engine that goes on what went wrong', async () => {
    const { host, first, asked } = await silent();
    const call = host.call('status', {});
    first.fail(asked[0] ?? 0, 'io-error');
    await expect(call).rejects.toMatchObject({ code: 'io-error' });
    const stopped = host.stop();
    first.die(0);
    await stopped;
  });

  it('blames no file for it, and asks for nothing that was cancelled meanwhile', async () => {
    const { host, children, first } = await silent();
    first.say({ type: 'working', paths: ['/innocent.pdf'] });
    const controller = new AbortController();
    const call = host.call('search', { query: 'whales' }, controller.signal);
    const restarted = host.restart();
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    first.die(0);
    await restarted;
    expect(children[1]?.heard).toMatchObject([{ type: 'start', start: { suspects: [] } }]);
    await host.stop();
  });
});

describe('the power that a host follows', () => {
  it('is told at each start of the engine and at each change, until the host is stopped', async () => {
    const children: PlayedChild[] = [];
    const power = new ToldPower(true);
    const host = await playedHost(children, { watch: true, power });
    expect(children[0]?.heard[0]).toMatchObject({ type: 'start', start: { battery: true } });
    power.set(false);
    expect(children[0]?.heard.at(-1)).toEqual({ type: 'power', battery: false });
    children[0]?.die(1);
    await expect.poll(() => children).toHaveLength(2);
    expect(children[1]?.heard[0]).toMatchObject({ type: 'start', start: { battery: false } });
    await host.stop();
    const heard = children[1]?.heard.length;
    power.set(true);
    expect(children[1]?.heard).toHaveLength(heard ?? -1);
  });
});
