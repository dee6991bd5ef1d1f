import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINE_CALLS } from '../../app/contract/engine.ts';
import { SHELL_CALLS } from '../../app/contract/shell.ts';
import { type Served, serveFake } from '../fakes/served.ts';

let served: Served;
beforeAll(async () => {
  served = await serveFake({ 'a.md': 'Tomatoes and peppers.' });
});
afterAll(async () => {
  await served.close();
});

/** A request with any headers, which fetch would not send. */
function raw(options: { path: string; method?: string; headers?: Record<string, string>; body?: string }) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const call = httpRequest(
        {
          host: '127.0.0.1',
          port: served.server.port,
          path: options.path,
          // A connection of its own: the server closes one whose body it did not read.
          agent: false,
          method: options.method ?? 'GET',
          headers: { Authorization: `Bearer ${served.server.token}`, ...options.headers },
        },
        (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          );
        },
      );
      call.on('error', reject);
      call.end(options.body);
    },
  );
}

const json = { 'Content-Type': 'application/json' };
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  raw({ path, method: 'POST', body, headers: { ...json, ...headers } });

describe('who may ask', () => {
  it('listens on 127.0.0.1 alone', async () => {
    const refused = await new Promise<boolean>((resolve) => {
      // Linux answers on every 127/8 address for a socket bound to 0.0.0.0.
      const socket = connect(served.server.port, '127.0.0.2');
      socket.on('connect', () => {
        socket.destroy();
        resolve(false);
      });
      socket.on('error', () => resolve(true));
    });
    expect(refused).toBe(true);
  });

  it('refuses calls without the token, with a wrong one, and with one in the address', async () => {
    for (const Authorization of [
      '',
      'Bearer ',
      `Bearer ${served.server.token}x`,
      served.server.token,
      'Basic eDp5',
    ]) {
      const answer = await post('/api/status', '{}', { Authorization });
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.body).error.code).toBe('not-allowed');
    }
    const answer = await raw({
      path: `/api/events?token=${served.server.token}`,
      headers: { Authorization: '' },
    });
    expect(answer.status).toBe(401);
  });

  it('refuses other names for itself, which is how DNS rebinding comes in', async () => {
    const { port } = served.server;
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      `localhost:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1:${port}.evil.example`,
    ]) {
      for (const path of ['/', '/api/events'])
        expect([400, 403], `${host} ${path}`).toContain(
          (await raw({ path, headers: { Host: host } })).status,
        );
    }
  });

  it('refuses requests that name no host at all', async () => {
    for (const head of ['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n']) {
      const answer = await new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(served.server.port, '127.0.0.1', () => socket.write(head));
        socket.setEncoding('utf8');
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.on('close', () => resolve(text));
      });
      expect(answer).toMatch(/^HTTP\/1\.1 40[03] /);
      expect(answer).not.toContain('<title>');
    }
  });

  it('refuses requests of other pages, and never sends CORS headers', async () => {
    for (const Origin of [
      'http://evil.example',
      'null',
      `http://localhost:${served.server.port}`,
      `https://127.0.0.1:${served.server.port}`,
    ]) {
      const answer = await post('/api/status', '{}', { Origin });
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    for (const site of ['cross-site', 'same-site']) {
      expect((await post('/api/status', '{}', { 'Sec-Fetch-Site': site })).status).toBe(403);
    }
    const preflight = await raw({
      path: '/api/status',
      method: 'OPTIONS',
      headers: { Origin: 'http://evil.example' },
    });
    expect(preflight.status).toBe(403);
    const own = await post('/api/status', '{}', {
      Origin: served.server.origin,
      'Sec-Fetch-Site': 'same-origin',
    });
    expect(own.status).toBe(200);
  });

  it('takes JSON alone, so that no form can speak to it', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      expect((await post('/api/pause', '{}', { 'Content-Type': type })).status).toBe(400);
    }
    expect(served.engine.calls.map((call) => call.name)).not.toContain('pause');
  });

  it('sends the policy and its sisters with every answer', async () => {
    for (const answer of [
      await raw({ path: '/' }),
      await raw({ path: '/nothing' }),
      await raw({ path: '/', headers: { Host: 'x' } }),
      await post('/api/search', '{'),
    ]) {
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['x-frame-options']).toBe('DENY');
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
      expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
    }
  });
});

describe('what may be asked for', () => {
  it('gives only the window’s own files, however the address is written', async () => {
    expect((await raw({ path: '/' })).body).toContain('<title>Passim</title>');
    expect((await raw({ path: '/assets/main-abc.js' })).status).toBe(200);
    const hostile = [
      '/../preferences.json',
      '/assets/../../preferences.json',
      '/%2e%2e/preferences.json',
      '/assets/%2e%2e%2f%2e%2e%2fpreferences.json',
      '/..%5cpreferences.json',
      '//etc/passwd',
      '/assets//main-abc.js/../../../../etc/passwd',
      '/documents/a.md',
      '/index.html%00.js',
      '/__proto__',
      '/constructor',
    ];
    for (const path of hostile) {
      const answer = await raw({ path });
      expect([400, 404], path).toContain(answer.status);
      expect(answer.body).not.toContain('Tomatoes');
    }
  });

  it('knows the calls of the contract and no other', async () => {
    for (const name of [
      '__proto__',
      'constructor',
      'toString',
      'stop',
      'onEvent',
      'readFile',
      'SEARCH',
      'search%00',
      'a'.repeat(3000),
    ]) {
      const answer = await post(`/api/${name}`, '{}');
      expect(answer.status, name).toBe(404);
    }
  });

  it('rejects bodies that are no JSON, too large, or deeply nested, and goes on', async () => {
    expect((await post('/api/search', '')).status).toBe(400);
    expect((await post('/api/search', '{"query":')).status).toBe(400);
    // The server answers before it has read so much, and may close the connection on the rest.
    const large = post('/api/search', `{"query":"${'x'.repeat(300_000)}"}`).then(
      ({ status }) => status,
      () => 400,
    );
    expect(await large).toBe(400);
    expect((await post('/api/search', '['.repeat(100_000))).status).toBe(400);
    expect((await post('/api/search', `{"query":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)).status).toBe(
      400,
    );
    expect((await post('/api/search', '{"query":"tomatoes"}')).status).toBe(200);
  });

  it('does not read a body of 50 MB to its end', async () => {
    const answer = await fetch(`${served.server.origin}/api/search`, {
      method: 'POST',
      headers: { ...json, Authorization: `Bearer ${served.server.token}` },
      body: JSON.stringify({ query: 'x'.repeat(50 * 1024 * 1024) }),
    }).then(
      (response) => response.status,
      () => 400,
    );
    expect(answer).toBe(400);
    expect((await post('/api/status', '{}')).status).toBe(200);
  });

  it('leaves prototypes alone', async () => {
    await post('/api/setPreferences', '{"__proto__":{"polluted":true},"theme":"dark"}');
    await post('/api/search', '{"query":"x","__proto__":{"polluted":true},"tokenWeights":{"__proto__":1}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('answers 3,000 random requests with an answer or a typed error', async () => {
    const names = [...Object.keys(ENGINE_CALLS), ...Object.keys(SHELL_CALLS)];
    const value = fc.jsonValue({ maxDepth: 3 });
    const body = fc.oneof(
      value,
      fc.dictionary(
        fc.constantFrom(
          'query',
          'id',
          'path',
          'k',
          'confirm',
          'tokenWeights',
          'theme',
          'history',
          'bits',
          'from',
          'count',
        ),
        value,
      ),
    );
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(body, { minLength: 25, maxLength: 25 }),
        async (name, bodies) => {
          const answers = await Promise.all(bodies.map((each) => served.call(name, JSON.stringify(each))));
          for (const { status, envelope } of answers) {
            answered += 1;
            expect([200, 400, 403, 404, 500, 503]).toContain(status);
            if (status === 200) expect(envelope.ok).toBe(true);
            else
              expect(envelope.error?.code).toMatch(
                /^(bad-request|not-found|not-allowed|folder-missing|query-syntax|io-error)$/,
              );
          }
        },
      ),
      { numRuns: 120 },
    );
    expect(answered).toBe(3_000);
    expect(served.launched).toEqual([]);
  }, 120_000);
});
