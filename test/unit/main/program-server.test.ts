import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProgramAccess } from '../../../app/contract/shell.ts';
import { type Desktop, type DesktopOptions, startDesktop } from '../../fakes/desktop.ts';

const open: Desktop[] = [];
async function start(options: DesktopOptions = {}): Promise<Desktop> {
  const desktop = await startDesktop(options);
  open.push(desktop);
  return desktop;
}
afterEach(async () => {
  for (const desktop of open.splice(0)) await desktop.shell('setPreferences', { serveHttp: false });
});

const access = async (desktop: Desktop) => (await desktop.shell('programAccess')) as ProgramAccess;
const wish = (desktop: Desktop, serveHttp: boolean) => desktop.shell('setPreferences', { serveHttp });
const search = (server: { origin: string; token: string }, token = server.token) =>
  fetch(`${server.origin}/api/v1/search`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: 'tenant' }),
  });

describe('the desktop app’s server for programs', () => {
  it('is off until it is asked for, answers who has the token, and serves no window', async () => {
    const desktop = await start();
    expect((await access(desktop)).server).toBeNull();
    expect((await access(desktop)).clients.every((client) => client.http === null)).toBe(true);
    await wish(desktop, true);
    const { server, clients } = await access(desktop);
    if (server === null) throw new Error('there is no server');
    expect(server.kept).toBe(true);
    expect(clients.every((client) => client.http?.includes(`${server.origin}/mcp`))).toBe(true);
    expect((await search(server)).status).toBe(200);
    expect((await search(server, 'x'.repeat(43))).status).toBe(401);
    expect((await fetch(server.origin)).status).toBe(404);
    const window = await fetch(`${server.origin}/api/getPreferences`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' },
      body: '{}',
    });
    expect(window.status).toBe(404);
    await wish(desktop, false);
    expect((await access(desktop)).server).toBeNull();
    await expect(search(server)).rejects.toThrow();
  });

  it('is there again at the next start, with the same token', async () => {
    const desktop = await start();
    await wish(desktop, true);
    const before = (await access(desktop)).server;
    const again = await start({ base: desktop.base });
    await expect.poll(async () => (await access(again)).server?.token).toBe(before?.token);
  });

  it('tells that its port is taken, and stays off', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    const desktop = await start({ environment: { programPort: port } });
    await expect(wish(desktop, true)).rejects.toMatchObject({ code: 'io-error' });
    expect(await desktop.shell('getPreferences')).toMatchObject({ serveHttp: false });
    await new Promise((done) => other.close(done));
    await wish(desktop, true);
    expect((await access(desktop)).server?.origin).toBe(`http://127.0.0.1:${port}`);
  });

  it('ends when everything is erased, and when Passim is quit', async () => {
    const desktop = await start();
    await wish(desktop, true);
    await desktop.shell('eraseAll', { confirm: 'erase' });
    expect((await access(desktop)).server).toBeNull();
    await wish(desktop, true);
    desktop.electron.app.quit();
    await expect.poll(async () => (await access(desktop)).server).toBeNull();
  });
});
