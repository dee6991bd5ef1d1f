import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A server over a folder, with faults that a test sets. */
export class FileServer {
  readonly folder: string;
  readonly requests: {
    method: string;
    path: string;
    range: string | undefined;
    ifRange: string | undefined;
  }[] = [];
  /** Ends the connection after so many bytes, so many times, by file. */
  readonly breaks = new Map<string, { after: number; times: number }>();
  /** Answers instead of the file. */
  readonly statuses = new Map<string, number[]>();
  readonly headers = new Map<string, Record<string, string>>();
  ranges = true;
  readonly #prefix: string;
  #server: Server | null = null;

  constructor(folder: string, prefix = '') {
    this.folder = folder;
    this.#prefix = prefix;
  }

  /** Starts to listen; gives the address of the root. */
  async start(): Promise<string> {
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const name = decodeURIComponent((request.url ?? '').slice(1).replace(this.#prefix, ''));
    const { range, 'if-range': condition } = request.headers;
    const ifRange = typeof condition === 'string' ? condition : undefined;
    this.requests.push({ method: request.method ?? '', path: name, range, ifRange });
    const status = this.statuses.get(name)?.shift();
    const file = join(this.folder, name);
    if (status !== undefined || !existsSync(file)) {
      response.writeHead(status ?? 404).end();
      return;
    }
    const whole = readFileSync(file);
    const headers = this.headers.get(name) ?? {};
    const same = ifRange === undefined || ifRange === headers['etag'];
    const from = this.ranges && range && same ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0;
    if (from >= whole.length && from > 0) {
      response.writeHead(416).end();
      return;
    }
    const part = whole.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': part.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` } : {}),
      ...headers,
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const fault = this.breaks.get(name);
    // Long enough for a busy client to have taken what was sent: what it has not is lost with the connection.
    if (fault !== undefined && fault.times > 0 && fault.after < part.length) {
      fault.times -= 1;
      response.write(part.subarray(0, fault.after), () => setTimeout(() => response.destroy(), 200));
      return;
    }
    response.end(part);
  }
}
