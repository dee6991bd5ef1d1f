import { Validator } from '@seriousme/openapi-schema-validator';
import { createParser } from 'eventsource-parser';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENGINE_CALLS } from '../../../app/contract/engine.ts';
import { PassimError } from '../../../app/contract/errors.ts';
import { engineEventSchema } from '../../../app/contract/ipc.ts';
import { openApiDocument } from '../../../app/serve/programs/openapi.ts';
import { OPERATIONS } from '../../../app/serve/programs/operations.ts';
import { problemSchema } from '../../../app/serve/programs/problem.ts';
import { type Served, serveFake } from '../../fakes/served.ts';

const FILES = {
  'lease.md': 'The lease names the deposit.\n\nThe tenant may end the lease with three months notice.\n',
};

let served: Served | null = null;
const serve = async () => {
  served = await serveFake(FILES);
  return served;
};
afterEach(async () => {
  await served?.close();
  served = null;
});

async function post(
  running: Served,
  name: string,
  body: unknown,
): Promise<{ status: number; type: string; body: unknown }> {
  const response = await running.fetch(`/api/v1/${name}`, { method: 'POST', body: JSON.stringify(body) });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: await response.json(),
  };
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<
    string,
    {
      post?: {
        operationId: string;
        responses: Record<string, { content: Record<string, { schema: unknown }> }>;
      };
    }
  >;
  readonly components: { readonly schemas: Record<string, unknown> };
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const response = await (await serve()).fetch('/api/v1/openapi.json');
    const validator = new Validator();
    const { valid, errors } = await validator.validate((await response.json()) as Record<string, unknown>);
    expect(valid, JSON.stringify(errors)).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('holds every operation, and every reference leads somewhere', () => {
    const document = openApiDocument('http://127.0.0.1:1', '1.0.0') as unknown as Document;
    for (const name of Object.keys(ENGINE_CALLS))
      expect(document.paths[`/api/v1/${name}`]?.post?.operationId, name).toBe(name);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/api/v1/context', '/api/v1/fileRange', '/api/v1/events']),
    );
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(references.length).toBeGreaterThan(30);
    for (const reference of references)
      expect(Object.keys(document.components.schemas), reference).toContain(
        reference.replace('#/components/schemas/', ''),
      );
  });

  it('describes what is really answered', async () => {
    const running = await serve();
    const found = await post(running, 'search', { query: 'lease deposit' });
    const id = (found.body as { results: { passages: { id: string }[] }[] }).results[0]?.passages[0]?.id;
    const path = `${running.folder}/lease.md`;
    const bodies: Record<string, unknown> = {
      addFolder: { path: running.folder },
      search: { query: 'lease' },
      explain: { query: 'lease', id },
      similar: { id },
      getPassage: { id },
      getPassages: { ids: [id] },
      getFilePassages: { path },
      context: { query: 'lease notice', budget: 30 },
      fileRange: { path },
      forget: { what: 'traces' },
      judge: { query: 'lease', path, rank: 1, kind: 'open' },
      removeFolder: { path: '/nowhere' },
    };
    for (const [name, operation] of OPERATIONS) {
      const answer = await post(running, name, bodies[name] ?? {});
      expect(answer.status, `${name} ${JSON.stringify(answer.body)}`).toBe(200);
      expect(operation.response.safeParse(answer.body).success, name).toBe(true);
    }
  });
});

describe('the HTTP API', () => {
  it('gives context that keeps to its budget, and a prompt of it', async () => {
    const { body } = await post(await serve(), 'context', {
      query: 'months notice',
      budget: 8,
      template: 'Q: {question}\n{context}',
    });
    const answer = body as { passages: { text: string; tokens: number; citation: number }[]; prompt: string };
    expect(answer.passages.reduce((sum, passage) => sum + passage.tokens, 0)).toBeLessThanOrEqual(8);
    expect(answer.passages[0]?.text).toContain('notice');
    expect(answer.prompt).toMatch(/^Q: months notice\n\[1\] lease\.md, line 3\n/);
  });

  it('tells failures as problem details, naming the field', async () => {
    const running = await serve();
    const wrong = await post(running, 'search', { query: 'x', k: 0 });
    expect(wrong).toMatchObject({ status: 400, type: 'application/problem+json' });
    expect(problemSchema.parse(wrong.body)).toMatchObject({
      type: 'urn:passim:error:bad-request',
      status: 400,
      code: 'bad-request',
      subject: 'k',
    });
    running.engine.failNext('search', new PassimError('index-locked', 'busy'));
    expect(await post(running, 'search', { query: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'index-locked' },
    });
    expect(await post(running, 'getPassage', { id: 'none' })).toMatchObject({
      status: 404,
      body: { status: 404 },
    });
    expect(await post(running, 'erase', {})).toMatchObject({ status: 404, type: 'application/problem+json' });
    const nowhere = await running.fetch('/api/v1/a/b');
    expect(problemSchema.parse(await nowhere.json())).toMatchObject({ status: 404 });
    const form = await running.fetch('/api/v1/status', {
      method: 'POST',
      body: 'x=1',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(form.status).toBe(400);
  });

  it('does not offer the window’s own calls', async () => {
    const running = await serve();
    for (const name of ['eraseAll', 'listFolder', 'setSettings', 'openPassage'])
      expect((await post(running, name, {})).status, name).toBe(404);
  });

  it('streams the events that are wanted', async () => {
    const running = await serve();
    const stop = new AbortController();
    const response = await running.fetch('/api/v1/events?types=progress,notice', { signal: stop.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const seen: { event: string | undefined; data: unknown }[] = [];
    const parser = createParser({
      onEvent: ({ event, data }) => seen.push({ event, data: JSON.parse(data) }),
    });
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
    })().catch(() => {});
    // The first line is written once the stream listens.
    running.engine.emit({ type: 'file', path: '/x', outcome: 'indexed' });
    const { progress } = await running.engine.call('status', {});
    await expect
      .poll(() => {
        running.engine.emit({ type: 'progress', progress });
        return seen.length;
      })
      .toBeGreaterThan(0);
    expect(new Set(seen.map((each) => each.event))).toEqual(new Set(['progress']));
    expect(z.array(engineEventSchema).safeParse(seen.map((each) => each.data)).success).toBe(true);
    stop.abort();
    await reading;
  });
});
