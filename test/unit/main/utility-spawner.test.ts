import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../app/contract/ports.ts';
import type { PortApi, UtilityChild } from '../../../main/electron-api.ts';
import { chromiumSwitches, createUtilitySpawner } from '../../../main/utility-spawner.ts';
import { FakeElectron } from '../../fakes/electron.ts';

class FakeChild extends EventEmitter implements UtilityChild {
  pid: number | undefined;
  readonly stderr = null;
  readonly sent: { message: unknown; ports: number }[] = [];
  killed = 0;

  postMessage(message: unknown, transfer: PortApi[] = []): void {
    this.sent.push({ message, ports: transfer.length });
  }
  kill(): boolean {
    this.killed += 1;
    return true;
  }
  spawn(pid: number): void {
    this.pid = pid;
    this.emit('spawn');
  }
}

function setUp() {
  const electron = new FakeElectron();
  const children: { module: string; args: string[]; options: unknown; child: FakeChild }[] = [];
  electron.utilityProcess = {
    fork: (module, args, options) => {
      if (module.includes('unstartable')) throw new Error('cannot');
      const child = new FakeChild();
      children.push({ module, args, options, child });
      return child;
    },
  };
  const killed: number[] = [];
  const spawner = createUtilitySpawner({
    electron,
    logger: silentLogger,
    root: '/app/dist/app/',
    env: { PATH: '/bin', NODE_OPTIONS: '--require=/evil.js', EMPTY: undefined },
    killProcess: (pid) => killed.push(pid),
  });
  const engine = spawner.spawn('/app/dist/app/host/main.js', { name: 'passim-engine' });
  const first = children[0];
  if (first === undefined) throw new Error('nothing was started');
  return { engine, children, killed, host: first.child, spawner };
}

const ask = (key: number, module = '/app/dist/app/extract/worker.js') => ({
  type: 'spawn',
  key,
  module,
  name: `reader-${key}`,
  args: [],
  execArgv: ['--max-old-space-size=230', '--disable-warning=ExperimentalWarning'],
});

describe('utility processes', () => {
  it('are started with what they need of the environment, and V8’s options where Chromium takes them', () => {
    const { children } = setUp();
    expect(children[0]).toMatchObject({
      options: {
        serviceName: 'passim-engine',
        env: { PATH: '/bin' },
        stdio: ['ignore', 'ignore', 'pipe'],
        execArgv: [],
      },
    });
    expect(chromiumSwitches(['--max-old-space-size=230', '--inspect'])).toEqual([
      '--js-flags=--max-old-space-size=230',
    ]);
  });

  it('give the engine its readers’ ports, and tell of their ends', () => {
    const { engine, children, host, killed } = setUp();
    const heard: unknown[] = [];
    engine.onMessage((message) => heard.push(message));
    host.spawn(100);
    host.emit('message', ask(1));
    host.emit('message', { type: 'ready' });
    expect(heard).toEqual([{ type: 'ready' }]);
    const reader = children[1]?.child;
    reader?.spawn(200);
    expect(reader?.sent).toEqual([{ message: { type: 'port' }, ports: 1 }]);
    expect(host.sent).toEqual([{ message: { type: 'spawned', key: 1, pid: 200 }, ports: 1 }]);
    host.emit('message', { type: 'kill-child', key: 1 });
    expect(killed).toEqual([200]);
    reader?.emit('exit', 9);
    expect(host.sent.at(-1)).toEqual({ message: { type: 'child-exit', key: 1, code: 9 }, ports: 0 });
    host.emit('message', { type: 'kill-child', key: 1 });
    expect(killed).toEqual([200]);
  });

  it('run only scripts of the application, whatever is asked', async () => {
    const { children, host } = setUp();
    host.spawn(100);
    for (const [i, module] of ['/tmp/evil.js', '/app/dist/apple/x.js', 'relative.js', ''].entries())
      host.emit('message', ask(10 + i, module));
    host.emit('message', ask(20, '/app/dist/app/unstartable.js'));
    host.emit('message', { ...ask(30), module: 7 });
    host.emit('message', { ...ask(31), execArgv: 'text' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(children).toHaveLength(1);
    expect(host.sent.map(({ message }) => message)).toEqual(
      [10, 11, 12, 13, 20].map((key) => ({ type: 'child-exit', key, code: null })),
    );
  });

  it('end with the engine that asked for them, even before they have started', () => {
    const { engine, children, host, killed } = setUp();
    const ends: unknown[] = [];
    engine.onExit((code) => ends.push(code));
    host.spawn(100);
    host.emit('message', ask(1));
    host.emit('message', ask(2));
    children[1]?.child.spawn(200);
    host.emit('exit', 11);
    expect(ends).toEqual([11]);
    expect(killed).toEqual([200]);
    expect(children[2]?.child.killed).toBe(1);
    children[2]?.child.spawn(300);
    expect(killed).toEqual([200, 300]);
    engine.send('too late');
    engine.kill();
    expect(killed).toEqual([200, 300]);
  });
});
