import { describe, expect, it } from 'vitest';
import { type ChildPort, PortSpawner, type SpawnRequest } from '../../../app/host/port-spawner.ts';

class FakePort implements ChildPort {
  readonly sent: unknown[] = [];
  started = false;
  closed = false;
  #listener: ((event: { data: unknown }) => void) | null = null;

  postMessage(message: unknown): void {
    this.sent.push(message);
  }
  on(_event: 'message', listener: (event: { data: unknown }) => void): void {
    this.#listener = listener;
  }
  start(): void {
    this.started = true;
  }
  close(): void {
    this.closed = true;
  }
  receive(data: unknown): void {
    this.#listener?.({ data });
  }
}

describe('PortSpawner', () => {
  it('asks main for a child, keeps messages until its port comes, and tells its end', () => {
    const asked: SpawnRequest[] = [];
    const spawner = new PortSpawner((request) => asked.push(request));
    const child = spawner.spawn('/app/worker.js', { name: 'reader', execArgv: ['--max-old-space-size=512'] });
    const heard: unknown[] = [];
    const ends: unknown[] = [];
    child.onMessage((message) => heard.push(message));
    child.onExit((code) => ends.push(code));
    child.send('first');
    expect(asked).toEqual([
      {
        type: 'spawn',
        key: 1,
        module: '/app/worker.js',
        name: 'reader',
        args: [],
        execArgv: ['--max-old-space-size=512'],
      },
    ]);
    expect(child.pid).toBeUndefined();

    const port = new FakePort();
    spawner.report({ type: 'spawned', key: 1, pid: 4711 }, port);
    child.send('second');
    port.receive('answer');
    expect(port).toMatchObject({ sent: ['first', 'second'], started: true });
    expect(heard).toEqual(['answer']);
    expect(child.pid).toBe(4711);

    child.kill();
    expect(asked.at(-1)).toEqual({ type: 'kill-child', key: 1 });
    spawner.report({ type: 'child-exit', key: 1, code: 9 }, undefined);
    expect(ends).toEqual([9]);
    expect(port.closed).toBe(true);
    child.send('too late');
    child.kill();
    expect(port.sent).toHaveLength(2);
    expect(asked).toHaveLength(2);
  });

  it('closes the port of a child that has ended already', () => {
    const spawner = new PortSpawner(() => {});
    spawner.spawn('/app/worker.js', { name: 'reader' });
    spawner.report({ type: 'child-exit', key: 1, code: 0 }, undefined);
    const port = new FakePort();
    spawner.report({ type: 'spawned', key: 1, pid: 1 }, port);
    expect(port.closed).toBe(true);
  });
});
