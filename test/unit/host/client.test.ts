import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../app/contract/engine.ts';
import { type ChildHandle, silentLogger, systemScheduler } from '../../../app/contract/ports.ts';
import { ToldPower } from '../../../app/engine/power.ts';
import { startHost } from '../../../app/host/client.ts';
import type { ToEngine } from '../../../app/host/protocol.ts';

/** An engine's process that a test plays: it says that it is ready, answers status, and dies when told to. */
class PlayedChild implements ChildHandle {
  readonly pid = 1;
  readonly heard: ToEngine[] = [];
  #hear: ((message: unknown) => void) | null = null;
  readonly #exits: ((code: number | null, signal: string | null) => void)[] = [];

  send(message: unknown): void {
    const told = message as ToEngine;
    this.heard.push(told);
    if (told.type === 'start') queueMicrotask(() => this.#hear?.({ type: 'ready' }));
    else if (told.type === 'stop') this.die(0);
    else if (told.type === 'call')
      this.#hear?.({ type: 'answer', id: told.id, envelope: { ok: true, value: { files: 7 } } });
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

describe('a host whose engine was left down', () => {
  it('starts it again when asked to, with a clean count', async () => {
    const children: PlayedChild[] = [];
    const host = await startHost({
      spawner: playedSpawner(children),
      scheduler: systemScheduler,
      logger: silentLogger,
      module: '/engine.js',
      start: { home: '/home', mode: 'write', watch: false },
    });
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

describe('the power that a host follows', () => {
  it('is told at each start of the engine and at each change, until the host is stopped', async () => {
    const children: PlayedChild[] = [];
    const power = new ToldPower(true);
    const host = await startHost({
      spawner: playedSpawner(children),
      scheduler: systemScheduler,
      logger: silentLogger,
      module: '/engine.js',
      start: { home: '/home', mode: 'write', watch: true },
      power,
    });
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
