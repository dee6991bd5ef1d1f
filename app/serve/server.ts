import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { stream } from 'hono/streaming';
import { ENGINE_CALLS, type EngineApi, type EngineCall } from '../contract/engine.ts';
import { PassimError, toEnvelope } from '../contract/errors.ts';
import { type Scheduler, systemScheduler } from '../contract/ports.ts';
import { SHELL_CALLS, type ShellApi, type ShellCall } from '../contract/shell.ts';
import { loadAssets } from './assets.ts';
import { EventQueue } from './events.ts';
import { sameOriginOnly, securityHeaders, statusOf, tokenRequired } from './guards.ts';
import { parseRequest } from './validate.ts';

/** Largest request body, in bytes; a query is at most 10,000 characters. */
const BODY_LIMIT = 256 * 1024;
const MAX_EVENT_STREAMS = 32;
const HEARTBEAT_MS = 15_000;

export interface ServeOptions {
  readonly engine: EngineApi;
  readonly shell: ShellApi;
  /** Folder of the built window. */
  readonly assets: string;
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
  const assets = loadAssets(options.assets);
  const token = options.token ?? randomBytes(32).toString('base64url');
  const scheduler = options.scheduler ?? systemScheduler;
  const queues = new Set<EventQueue>();
  let host = '';

  const app = new Hono();
  app.use(securityHeaders);
  app.onError((error, context) => {
    const envelope = toEnvelope(error);
    const status = statusOf(envelope.code, envelope.subject);
    return context.json({ ok: false, error: envelope }, status);
  });
  app.notFound((context) =>
    context.json(
      { ok: false, error: { code: 'not-found', message: 'There is nothing at this address.' } },
      404,
    ),
  );
  app.use(sameOriginOnly(() => host));
  app.use('/api/*', tokenRequired(token));

  app.post(
    '/api/:call',
    bodyLimit({
      maxSize: BODY_LIMIT,
      onError: () => {
        throw new PassimError('bad-request', `The request is larger than ${BODY_LIMIT / 1024} KB.`);
      },
    }),
    async (context) => {
      const name = context.req.param('call');
      if (!context.req.header('content-type')?.startsWith('application/json')) {
        throw new PassimError('bad-request', 'The request must be JSON.', { subject: 'Content-Type' });
      }
      let body: unknown;
      try {
        body = await context.req.json();
      } catch (error) {
        if (error instanceof PassimError) throw error;
        throw new PassimError('bad-request', 'The request is not valid JSON.');
      }
      const signal = context.req.raw.signal;
      if (Object.hasOwn(ENGINE_CALLS, name)) {
        const call = name as EngineCall;
        const input = parseRequest(call, ENGINE_CALLS[call].request, body);
        const value = await options.engine.call(call, input as never, signal);
        return context.json({ ok: true, value });
      }
      if (Object.hasOwn(SHELL_CALLS, name)) {
        const call = name as ShellCall;
        const input = parseRequest(call, SHELL_CALLS[call].request, body);
        return context.json({ ok: true, value: await options.shell.shell(call, input as never) });
      }
      throw new PassimError('not-found', `There is no call "${name.slice(0, 60)}".`);
    },
  );

  app.get('/api/file/:id', async (context) => {
    const { bytes } = await options.shell.readFile(context.req.param('id'), context.req.raw.signal);
    // Never a type that a browser would run, whatever the file holds.
    return context.body(bytes, 200, {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment',
      'Cache-Control': 'no-store',
    });
  });

  app.get('/api/events', (context) => {
    if (queues.size >= MAX_EVENT_STREAMS) {
      throw new PassimError('bad-request', 'Too many windows listen at once; close one.');
    }
    context.header('Content-Type', 'text/event-stream');
    context.header('Cache-Control', 'no-store');
    return stream(context, async (out) => {
      const queue = new EventQueue();
      const stopListening = options.engine.onEvent((event) => queue.push(event));
      queues.add(queue);
      out.onAbort(() => queue.close());
      try {
        await out.write(': listening\n\n');
        while (!queue.closed) {
          const beat = Promise.withResolvers<void>();
          const timer = scheduler.after(HEARTBEAT_MS, beat.resolve);
          const events = await queue.take(beat.promise);
          timer.cancel();
          const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
          await out.write(lines === '' ? ': still here\n\n' : lines);
        }
      } finally {
        stopListening();
        queues.delete(queue);
      }
    });
  });

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
      for (const queue of queues) queue.close();
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
