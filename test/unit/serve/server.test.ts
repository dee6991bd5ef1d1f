import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { PassimError } from '../../../app/contract/errors.ts';
import { startServer } from '../../../app/serve/index.ts';
import { createLoopbackApi } from '../../../renderer/api/client.ts';
import { type Served, serveFake } from '../../fakes/served.ts';

const FILES = {
  'lease.md': '# Lease\n\nThe tenant may end the contract with three months notice.\n',
  'sub/garden.txt': 'Planted tomatoes.\n\nWatered the tomatoes.\n',
};

let served: Served | null = null;
const serve = async (...args: Parameters<typeof serveFake>) => {
  served = await serveFake(...args);
  return served;
};
afterEach(async () => {
  await served?.close();
  served = null;
});

/** The client of the window on the real server. */
const clientOf = ({ server }: Served, extra = {}) =>
  createLoopbackApi({ origin: server.origin, token: server.token, retryMs: 5, ...extra });

describe('loopback server and client', () => {
  it('carries a search and its answer', async () => {
    const api = clientOf(await serve(FILES));
    const answer = await api.call('search', { query: 'tomatoes' });
    expect(answer.results.map((file) => file.name)).toEqual(['garden.txt']);
    expect(answer.results[0]?.passages[0]?.highlights[0]).toMatchObject({ part: 'text', exact: true });
  });

  it('carries typed errors with their code and subject', async () => {
    const running = await serve(FILES);
    running.engine.failNext(
      'search',
      new PassimError('query-syntax', 'size: wants a number', { subject: 'size' }),
    );
    const failure = clientOf(running).call('search', { query: 'size:big' });
    await expect(failure).rejects.toMatchObject({
      code: 'query-syntax',
      subject: 'size',
      message: 'size: wants a number',
    });
  });

  it('names the field of a request that is wrong, and does not trouble the engine', async () => {
    const running = await serve(FILES);
    const { status, envelope } = await running.call('search', { query: 'x', k: 0 });
    expect(status).toBe(400);
    expect(envelope.error).toMatchObject({ code: 'bad-request', subject: 'k' });
    expect(running.engine.calls).toEqual([]);
  });

  it('hands the cancelling of a search on to the engine', async () => {
    const running = await serve(FILES);
    const release = running.engine.hold('search');
    const stop = new AbortController();
    const call = clientOf(running).call('search', { query: 'tomatoes' }, stop.signal);
    await expect.poll(() => running.engine.calls.length).toBe(1);
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    release();
  });

  it('refuses an answer that is not of the agreed form', async () => {
    const running = await serve(FILES);
    const broken = async () => new Response(JSON.stringify({ ok: true, value: { results: 'none' } }));
    const api = clientOf(running, { fetch: broken });
    await expect(api.call('search', { query: 'x' })).rejects.toMatchObject({ code: 'internal' });
  });

  it('says that Passim does not answer when the server is gone', async () => {
    const running = await serve(FILES);
    await running.server.close();
    await expect(clientOf(running).call('status', {})).rejects.toMatchObject({ code: 'engine-stopped' });
  });

  it('streams events to every window, and opens a broken stream again', async () => {
    const running = await serve(FILES);
    const states: boolean[] = [];
    const api = clientOf(running, { onConnection: (state: boolean) => states.push(state) });
    const seen: string[] = [];
    api.onEvent((event) => seen.push(event.type === 'notice' ? event.message : event.type));
    await expect.poll(() => states.at(-1)).toBe(true);
    running.engine.emit({ type: 'notice', level: 'info', message: 'one' });
    running.engine.emit({ type: 'file', path: '/x', outcome: 'indexed' });
    await expect.poll(() => seen).toEqual(['one', 'file']);
    await running.server.close();
    await expect.poll(() => states.at(-1)).toBe(false);
    api.close();
  });

  it('gives the bytes of an indexed file', async () => {
    const api = clientOf(await serve(FILES));
    const { results } = await api.call('search', { query: 'tenant' });
    const { bytes } = await api.readFile(results[0]?.passages[0]?.id ?? '');
    expect(new TextDecoder().decode(bytes)).toBe(FILES['lease.md']);
  });

  it('opens documents, and shows anything else in its folder', async () => {
    const running = await serve({ ...FILES, 'run.sh': 'rm -rf tomatoes' });
    const api = clientOf(running);
    const idOf = async (query: string) =>
      (await api.call('search', { query })).results[0]?.passages[0]?.id ?? '';
    expect(await api.shell('openPassage', { id: await idOf('tenant') })).toEqual({ done: 'opened' });
    expect(await api.shell('openPassage', { id: await idOf('rf') })).toMatchObject({ done: 'revealed' });
    expect(running.launched).toEqual([
      ['xdg-open', [join(running.folder, 'lease.md')]],
      ['xdg-open', [running.folder]],
    ]);
  });

  it('keeps preferences, private to the user, field by field', async () => {
    const running = await serve(FILES);
    const api = clientOf(running);
    await api.shell('setPreferences', { theme: 'dark', history: ['a'] });
    await api.shell('setPreferences', { exportBudget: 500 });
    expect(await api.shell('getPreferences', {})).toMatchObject({
      theme: 'dark',
      history: ['a'],
      exportBudget: 500,
    });
    const file = join(running.folder, '..', 'preferences.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await api.shell('setPreferences', { keepHistory: false });
    expect(JSON.parse(readFileSync(file, 'utf8')).history).toEqual([]);
  });

  it('changes settings and says when they take effect', async () => {
    const api = clientOf(await serve(FILES));
    expect(await api.shell('setSettings', { bits: 2 })).toMatchObject({
      restartNeeded: true,
      settings: { bits: 2, threads: 0 },
    });
    expect(await api.shell('setSettings', { bits: 2 })).toMatchObject({ restartNeeded: false });
    // The engine takes these up by itself.
    expect(await api.shell('setSettings', { gentle: 'always' })).toMatchObject({
      restartNeeded: false,
      settings: { gentle: 'always' },
    });
  });

  it('starts the engine anew for settings where it can', async () => {
    let restarts = 0;
    const restartEngine = async () => {
      restarts += 1;
    };
    const api = clientOf(await serve(FILES, { restartEngine }));
    expect((await api.shell('shellInfo', {})).restart).toBe(true);
    expect(await api.shell('setSettings', { threads: 2 })).toMatchObject({ restartNeeded: false });
    expect(restarts).toBe(1);
  });

  it('previews what rules take and leave out, with the rule', async () => {
    const running = await serve({
      ...FILES,
      'drafts/a.txt': 'a draft',
      '.env': 'SECRET=1',
      'notes.log': 'a log',
    });
    const preview = await clientOf(running).shell('previewRules', {
      path: running.folder,
      exclude: ['*.log', 'drafts/'],
    });
    const of = (indexed: boolean) =>
      preview.examples.filter((each) => each.indexed === indexed).map((each) => each.path);
    expect(of(true)).toEqual(['lease.md', 'sub/garden.txt']);
    expect(of(false).sort()).toEqual(['.env', 'drafts/', 'notes.log']);
    expect(preview).toMatchObject({ indexed: 2, ignored: 3, partial: false });
    expect(preview.examples.find((each) => each.path === 'notes.log')?.reason).toContain('*.log');
    await expect(
      clientOf(running).shell('previewRules', { path: join(running.folder, 'gone') }),
    ).rejects.toMatchObject({ code: 'folder-missing' });
  });

  it('lists sub-folders and nothing of the files but their number', async () => {
    const running = await serve(FILES);
    const listing = await clientOf(running).shell('listFolder', { path: running.folder });
    expect(listing).toMatchObject({ path: running.folder, files: 1, folders: [{ name: 'sub' }] });
    await expect(clientOf(running).shell('listFolder', { path: '/no/such/folder' })).rejects.toMatchObject({
      code: 'folder-missing',
    });
  });

  it('erases only when asked with the word, where it can', async () => {
    let erased = 0;
    const running = await serve(FILES, {
      eraseAll: async () => {
        erased += 1;
      },
    });
    expect((await running.call('eraseAll', {})).status).toBe(400);
    expect(erased).toBe(0);
    expect((await running.call('eraseAll', { confirm: 'erase' })).status).toBe(200);
    expect(erased).toBe(1);
  });

  it('closes while windows still listen', async () => {
    const running = await serve(FILES);
    const response = await running.fetch('/api/events');
    expect(response.ok).toBe(true);
    await running.server.close();
    await expect(
      response.body
        ?.getReader()
        .read()
        .then(async () => 'ended'),
    ).resolves.toBe('ended');
  });

  it('says what to do when the window is not built', async () => {
    const running = await serve(FILES);
    const shell = { shell: async () => ({}) as never, readFile: async () => ({}) as never };
    const start = startServer({ engine: running.engine, shell, assets: running.folder });
    await expect(start).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('npm run build:renderer'),
    });
  });

  it('says which port is taken', async () => {
    const running = await serve(FILES);
    const assets = join(running.folder, '..', 'window');
    expect(existsSync(assets)).toBe(true);
    const shell = { shell: async () => ({}) as never, readFile: async () => ({}) as never };
    const start = startServer({ engine: running.engine, shell, assets, port: running.server.port });
    await expect(start).rejects.toMatchObject({
      code: 'io-error',
      message: expect.stringContaining('another program'),
    });
  });
});
