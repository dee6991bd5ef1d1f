import { symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileUri } from '../../app/mcp/resources.ts';
import { type Served, serveFake } from '../fakes/served.ts';

let served: Served;
beforeAll(async () => {
  served = await serveFake({ 'a.md': 'Tomatoes and peppers.' });
  writeFileSync(join(served.folder, '..', 'secret.txt'), 'the secret');
  symlinkSync(join(served.folder, '..', 'secret.txt'), join(served.folder, 'link.txt'));
});
afterAll(async () => {
  await served.close();
});

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
/** Addresses that programs speak to, each with a request that is answered with 200 when nothing is wrong. */
const TARGETS = [
  { path: '/mcp', method: 'POST', body: LIST },
  { path: '/api/v1/status', method: 'POST', body: '{}' },
  { path: '/api/v1/openapi.json', method: 'GET', body: '' },
] as const;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** A request with any headers, which fetch would not send. */
function raw(
  target: (typeof TARGETS)[number],
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      {
        host: '127.0.0.1',
        port: served.server.port,
        path: target.path,
        method: target.method,
        agent: false,
        headers: {
          Authorization: `Bearer ${served.server.token}`,
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    call.on('error', reject);
    call.end(body ?? target.body);
  });
}

describe.each(TARGETS)('who may speak to $path', (target) => {
  it('answers who has the token', async () => {
    expect((await raw(target)).status).toBe(200);
  });

  it('refuses a missing or wrong token', async () => {
    for (const Authorization of ['', 'Bearer x', `Basic ${served.server.token}`]) {
      const answer = await raw(target, { Authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(JSON.parse(answer.body)).toMatchObject({ status: 401, code: 'not-allowed' });
    }
  });

  it('refuses other names for itself, which is how DNS rebinding comes in', async () => {
    for (const Host of [
      'evil.example',
      `evil.example:${served.server.port}`,
      `localhost:${served.server.port}`,
    ])
      expect((await raw(target, { Host })).status, Host).toBe(403);
  });

  it('refuses other origins and sends no CORS headers', async () => {
    for (const Origin of ['http://evil.example', 'null', `http://localhost:${served.server.port}`]) {
      const answer = await raw(target, { Origin });
      expect(answer.status, Origin).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect((await raw(target, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect(
      (
        await raw(
          { ...target, method: 'OPTIONS' as never, body: '' as never },
          { Origin: 'http://evil.example' },
        )
      ).status,
    ).toBe(403);
  });

  it('refuses requests that are too large, however their size is told', async () => {
    if (target.method !== 'POST') return;
    const large = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/list',
      params: { x: 'x'.repeat(300_000) },
    });
    for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
      const answer = await raw(target, headers, large);
      expect(answer.status).toBe(413);
    }
    const calls = served.engine.calls.length;
    await raw(target, {}, large);
    expect(served.engine.calls.length).toBe(calls);
  });
});

describe('which files programs can read', () => {
  const escapes = () => [
    join(served.folder, '..', 'secret.txt'),
    `${served.folder}/../secret.txt`,
    join(served.folder, 'link.txt'),
    `${served.folder}-sibling/a.md`,
    '/etc/passwd',
    '../secret.txt',
    `${served.folder}/a.md\0.txt`,
  ];

  it('keeps the HTTP API to what is indexed', async () => {
    for (const path of escapes()) {
      const response = await served.fetch('/api/v1/fileRange', {
        method: 'POST',
        body: JSON.stringify({ path }),
      });
      const text = await response.text();
      // A file that is not indexed has no passages: there is nothing to read.
      if (response.status === 200) expect(JSON.parse(text), path).toMatchObject({ text: '', next: null });
      else expect([400, 404], path).toContain(response.status);
      expect(text).not.toContain('the secret');
      expect(text).not.toContain('root:');
    }
  });

  it('keeps MCP tools and resources to what is indexed', async () => {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${served.server.origin}/mcp`), {
        requestInit: { headers: { Authorization: `Bearer ${served.server.token}` } },
      }),
    );
    const readable = await client.readResource({ uri: fileUri(join(served.folder, 'a.md')) });
    expect(JSON.stringify(readable)).toContain('Tomatoes');
    for (const path of escapes()) {
      const result = await client.callTool({ name: 'get_file_range', arguments: { path } });
      expect(JSON.stringify(result)).not.toMatch(/the secret|root:/);
      const read = await client.readResource({ uri: fileUri(path) }).catch((error: Error) => error.message);
      expect(JSON.stringify(read)).not.toMatch(/the secret|root:/);
    }
    for (const uri of ['file:///etc/passwd', 'passim://file/..%2F..%2Fetc%2Fpasswd', 'passim://file/%ZZ'])
      await expect(client.readResource({ uri })).rejects.toThrow();
    await client.close();
  });
});
