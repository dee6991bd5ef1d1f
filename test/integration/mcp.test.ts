import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../helpers/temp.ts';

const bin = resolve('bin/passim.mjs');

function passim(home: string, args: readonly string[]): { out: string; err: string; code: number | null } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PASSIM_HOME: home },
  });
  return { code: status, out: stdout, err: stderr };
}

function setUp(): { home: string; folder: string } {
  const base = temporaryFolder('mcp');
  const folder = join(base, 'notes');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'lease.md'),
    "# Lease\n\nThe tenant may end the contract with three months' notice.\n",
  );
  writeFileSync(
    join(folder, 'pancakes.txt'),
    'Mix flour, eggs and milk and fry thin pancakes in hot butter.\n',
  );
  return { home: join(base, 'data'), folder };
}

async function overStdio(home: string, mode: 'legacy' | { pin: string }): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [bin, 'mcp'],
      env: { ...(process.env as Record<string, string>), PASSIM_HOME: home },
    }),
  );
  onTestFinished(() => client.close());
  return client;
}

interface Found {
  readonly passages: { readonly id: string; readonly path: string }[];
}

async function search(client: Client, query: string): Promise<Found> {
  const result = await client.callTool({ name: 'search', arguments: { query } });
  expect(result.isError, JSON.stringify(result.content)).not.toBe(true);
  return result.structuredContent as Found;
}

describe('passim mcp', { timeout: 180_000 }, () => {
  it('searches over standard input and output, and sees what is indexed meanwhile', async () => {
    const { home, folder } = setUp();
    const client = await overStdio(home, 'legacy');
    expect(client.getServerVersion()).toMatchObject({ name: 'passim' });
    expect((await client.listTools()).tools).toHaveLength(6);
    const early = await client.callTool({ name: 'search', arguments: { query: 'lease' } });
    expect(early).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('passim index') }],
    });

    expect(passim(home, ['index', folder]).code).toBe(0);
    const found = await search(client, 'how can I cancel my flat');
    expect(found.passages[0]?.path).toBe(join(folder, 'lease.md'));
    const id = found.passages[0]?.id ?? '';
    const explained = await client.callTool({ name: 'explain', arguments: { query: 'cancel my flat', id } });
    expect(explained.structuredContent).toMatchObject({ id, tokens: expect.arrayContaining([]) });
    expect((explained.structuredContent as { tokens: unknown[] }).tokens.length).toBeGreaterThan(3);

    writeFileSync(join(folder, 'motor.txt'), 'The electric motor gives its torque at once.\n');
    expect(passim(home, ['index']).code).toBe(0);
    await expect
      .poll(async () => (await search(client, 'torque of an electric motor')).passages[0]?.path)
      .toBe(join(folder, 'motor.txt'));

    const modern = await overStdio(home, { pin: '2026-07-28' });
    expect((await search(modern, 'breakfast from a pan')).passages[0]?.path).toBe(
      join(folder, 'pancakes.txt'),
    );
  });

  it('answers over HTTP with the token that its configuration tells', async () => {
    const { home, folder } = setUp();
    expect(passim(home, ['index', folder]).code).toBe(0);
    const child = spawn(process.execPath, [bin, 'mcp', '--http', '--port', '0'], {
      env: { ...process.env, PASSIM_HOME: home },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill());
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    await expect.poll(() => out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp\n$/);
    const config = JSON.parse(
      passim(home, ['mcp', '--http', '--port', '9', '--print-config', 'cursor']).out.replace(/^#.*\n/, ''),
    ) as { mcpServers: { passim: { url: string; headers: Record<string, string> } } };
    const { url, headers } = config.mcpServers.passim;
    expect(url).toBe('http://127.0.0.1:9/mcp');
    expect(statSync(join(home, 'token')).mode & 0o777).toBe(0o600);
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(out.trim()), { requestInit: { headers } }),
    );
    onTestFinished(() => client.close());
    expect((await search(client, 'breakfast from a pan')).passages[0]?.path).toBe(
      join(folder, 'pancakes.txt'),
    );
    expect((await fetch(out.trim(), { method: 'POST', body: '{}' })).status).toBe(401);
  });
});
