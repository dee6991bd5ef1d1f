import { EventEmitter } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { parseTasklist, rssReader } from '../../../app/extract/memory.ts';
import { connectParent } from '../../../app/extract/parent-channel.ts';

/** A MessagePort as Electron's main process hands it over. */
class FakePort extends EventEmitter {
  readonly sent: unknown[] = [];
  started = false;
  postMessage(message: unknown): void {
    this.sent.push(message);
  }
  start(): void {
    this.started = true;
  }
}

it('speaks through the port that the first message of a utility process carries', async () => {
  const parent = new FakePort();
  Object.defineProperty(process, 'parentPort', { value: parent, configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(process, 'parentPort'));
  const connecting = connectParent();
  const port = new FakePort();
  parent.emit('message', { data: 'without a port' });
  parent.emit('message', { data: 'here', ports: [port] });
  const channel = await connecting;
  const heard: unknown[] = [];
  let closed = false;
  channel.onMessage((message) => heard.push(message));
  channel.onClose(() => {
    closed = true;
  });
  expect(port.started).toBe(true);
  port.emit('message', { data: { type: 'extract' } });
  channel.send({ type: 'ready' });
  port.emit('close');
  expect(heard).toEqual([{ type: 'extract' }]);
  expect(port.sent).toEqual([{ type: 'ready' }]);
  expect(parent.sent).toEqual([]);
  expect(closed).toBe(true);
});

it('sends through the IPC channel of fork elsewhere', async () => {
  const channel = await connectParent();
  expect(channel).toHaveProperty('onClose');
});

it.runIf(process.platform !== 'win32')('reads resident memory as the system tells it', async () => {
  const platforms =
    process.platform === 'linux' ? (['linux', 'darwin'] as const) : ([process.platform] as const);
  for (const platform of platforms) {
    const rss = await rssReader(platform)(process.pid);
    expect(rss ?? 0).toBeGreaterThan(process.memoryUsage.rss() / 3);
    expect(rss ?? 0).toBeLessThan(process.memoryUsage.rss() * 3);
    expect(await rssReader(platform)(2 ** 30)).toBe(null);
  }
});

it('reads the working set from tasklist in any language', () => {
  expect(parseTasklist('"node.exe","1234","Console","1","123,456 K"\r\n')).toBe(123_456 * 1024);
  expect(parseTasklist('"node.exe","1234","Konsole","1","123.456 K"\r\n')).toBe(123_456 * 1024);
  expect(parseTasklist('"node.exe","1234","Console","1","123\u00a0456 Ko"\r\n')).toBe(123_456 * 1024);
  expect(parseTasklist('INFO: No tasks are running which match the specified criteria.\r\n')).toBe(null);
});
