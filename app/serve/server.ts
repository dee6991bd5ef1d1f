import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { ENGINE_CALLS, type EngineApi, type EngineCall } from '../contract/engine.ts';
import { PassimError, toEnvelope } from '../contract/errors.ts';
import { type Scheduler, systemScheduler } from '../contract/ports.ts';
import { SHELL_CALLS, type ShellApi, type ShellCall } from '../contract/shell.ts';
import { mcpOverHttp } from '../mcp/server.ts';
import { type Asset, loadAssets } from './assets.ts';
import { BODY_LIMIT, jsonBody, smallBody } from './body.ts';
import { EventStreams } from './event-stream.ts';
import { sameOriginOnly, securityHeaders, statusOf, tokenRequired } from './guards.ts';
import { problemFor, programRoutes } from './programs/routes.ts';
import { parseRequest } from './validate.ts';

export interface ServeOptions {
  readonly engine: EngineApi;
  /** Calls of the window; null serves programs alone. */
  readonly shell: ShellApi | null;
  /** Folder of the built window; null serves programs alone. */
  readonly assets: string | null;
  /** Version that programs are told. */
  readonly version?: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Random when not given. */
  readonly token?: string;
  readonly scheduler?: Scheduler;
}

export interface RunningServer {
  /** Address of the window with the token in its fragment, which browsers send to no server. */
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

/**
 * Serves the window and the engine's calls on 127.0.0.1.
 * @throws PassimError 'not-found' when the window is not built, 'io-error' when the port is taken
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const assets = options.assets === null ? new Map<string, Asset>() : loadAssets(options.assets);
  const version = options.version ?? '0.0.0';
  const token = options.token ?? randomBytes(32).toString('base64url');
  const scheduler = options.scheduler ?? systemScheduler;
  const streams = new EventStreams(options.engine, scheduler);
  const mcp = mcpOverHttp({ engine: async () => options.engine, version, maxBytes: BODY_LIMIT });
  let host = '';

  const app = new Hono();
  app.use(securityHeaders);
  app.onError((error, context) => {
    const problem = problemFor(context.req.path, error);
    if (problem !== null) return problem;
    const envelope = toEnvelope(error);
    const status = statusOf(envelope.code, envelope.subject);
    return context.json({ ok: false, error: envelope }, status);
  });
  app.notFound(
    (context) =>
      problemFor(context.req.path, new PassimError('not-found', 'There is nothing at this address.')) ??
      context.json(
        { ok: false, error: { code: 'not-found', message: 'There is nothing at this address.' } },
        404,
      ),
  );
  app.use(sameOriginOnly(() => host));
  app.use('/api/*', tokenRequired(token));
  app.use('/mcp', tokenRequired(token), smallBody);

  app.all('/mcp', (context) => mcp.fetch(context.req.raw));
  app.route(
    '/api/v1',
    programRoutes({ engine: options.engine, streams, version, origin: () => `http://${host}` }),
  );

  app.post('/api/:call', smallBody, async (context) => {
    const name = context.req.param('call');
    const body = await jsonBody(context);
    const signal = context.req.raw.signal;
    if (Object.hasOwn(ENGINE_CALLS, name)) {
      const call = name as EngineCall;
      const input = parseRequest(call, ENGINE_CALLS[call].request, body);
      const value = await options.engine.call(call, input as never, signal);
      return context.json({ ok: true, value });
    }
    if (options.shell !== null && Object.hasOwn(SHELL_CALLS, name)) {
      const call = name as ShellCall;
      const input = parseRequest(call, SHELL_CALLS[call].request, body);
      return context.json({ ok: true, value: await options.shell.shell(call, input as never) });
    }
    throw new PassimError('not-found', `There is no call "${name.slice(0, 60)}".`);
  });

  app.get('/api/file/:id', async (context) => {
    if (options.shell === null) throw new PassimError('not-found', 'There is no window here.');
    const { bytes } = await options.shell.readFile(context.req.param('id'), context.req.raw.signal);
    // Never a type that a browser would run, whatever the file holds.
    return context.body(bytes, 200, {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment',
      'Cache-Control': 'no-store',
    });
  });

  app.get('/api/events', (context) =>
    streams.answer(context, (event) => `data: ${JSON.stringify(event)}\n\n`),
  );

  app.get('*', (context) => {
    const asset = assets.get(context.req.path);
    if (asset === undefined) return context.notFound();
    return context.body(asset.bytes, 200, {
      'Content-Type': asset.contentType,
      'Cache-Control': asset.immutable ? 'public, max-age=31536000, immutable' : 'no-store',
    });
  });

  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 256;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  host = `127.0.0.1:${port}`;

  return {
    url: `http://${host}/#token=${token}`,
    origin: `http://${host}`,
    port,
    token,
    async close() {
      streams.close();
      await mcp.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE' ? 'another program uses it; choose another port' : error.message;
      reject(new PassimError('io-error', `Port ${port} cannot be used: ${why}.`, { cause: error }));
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
