import { Hono } from 'hono';
import type { EngineApi } from '../../contract/engine.ts';
import { PassimError } from '../../contract/errors.ts';
import { jsonBody, smallBody } from '../body.ts';
import type { EventStreams } from '../event-stream.ts';
import { parseRequest } from '../validate.ts';
import { openApiDocument } from './openapi.ts';
import { OPERATIONS } from './operations.ts';
import { problemResponse } from './problem.ts';

export interface ProgramRoutes {
  readonly engine: EngineApi;
  readonly streams: EventStreams;
  readonly version: string;
  readonly origin: () => string;
}

/** The HTTP API for programs, mounted at /api/v1 behind the token. */
export function programRoutes({ engine, streams, version, origin }: ProgramRoutes): Hono {
  const app = new Hono();

  app.get('/openapi.json', (context) => context.json(openApiDocument(origin(), version)));

  app.get('/events', (context) => {
    const types = context.req.query('types')?.split(',') ?? null;
    return streams.answer(
      context,
      (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
      (event) => types === null || types.includes(event.type),
    );
  });

  app.post('/:operation', smallBody, async (context) => {
    const name = context.req.param('operation');
    const operation = OPERATIONS.get(name);
    if (operation === undefined)
      throw new PassimError(
        'not-found',
        `There is no operation "${name.slice(0, 60)}"; see /api/v1/openapi.json.`,
      );
    const input = parseRequest(name, operation.request, await jsonBody(context));
    return context.json((await operation.run(engine, input, context.req.raw.signal)) as object);
  });

  return app;
}

/** Failures of the API and of MCP as problem details; null for other addresses. */
export function problemFor(path: string, error: unknown): Response | null {
  if (!path.startsWith('/api/v1/') && path !== '/mcp') return null;
  const tooLarge = error instanceof PassimError && error.subject === 'Content-Length';
  return problemResponse(error, tooLarge ? 413 : undefined);
}
