import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Settings, settingsSchema } from '../../app/contract/settings.ts';
import {
  createShell,
  filePreferences,
  noPrograms,
  type RunningServer,
  type ShellOptions,
  startServer,
} from '../../app/serve/index.ts';
import { createFakeEngine, type FakeDocument, type FakeEngine } from './engine.ts';

export interface Served {
  readonly folder: string;
  readonly engine: FakeEngine;
  readonly server: RunningServer;
  /** Programs that were started, with their arguments. */
  readonly launched: readonly (readonly [string, readonly string[]])[];
  /** A request with the token unless `headers` says otherwise. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** A JSON call; gives the status and the envelope. */
  call(
    name: string,
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; envelope: Envelope }>;
  close(): Promise<void>;
}

export interface Envelope {
  readonly ok: boolean;
  readonly value?: never;
  readonly error?: { readonly code: string; readonly message: string; readonly subject?: string };
}

/** A loopback server over an engine in memory, whose documents are real files in a temporary folder. */
export async function serveFake(
  files: Readonly<Record<string, string>>,
  options: Partial<Omit<ShellOptions, 'engine'>> & {
    /** Documents that the index names besides, wherever their paths lead. */
    readonly documents?: (folder: string) => readonly FakeDocument[];
  } = {},
): Promise<Served> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'passim-served-')));
  const folder = join(base, 'documents');
  const assets = join(base, 'window');
  mkdirSync(join(assets, 'assets'), { recursive: true });
  writeFileSync(join(assets, 'index.html'), '<!doctype html><title>Passim</title>');
  writeFileSync(join(assets, 'assets', 'main-abc.js'), 'export {};');
  const documents: FakeDocument[] = Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return { path, root: folder, text };
  });
  documents.push(...(options.documents?.(folder) ?? []));
  const engine = createFakeEngine(documents, [folder]);
  const launched: (readonly [string, readonly string[]])[] = [];
  let settings: Settings = settingsSchema.parse({});
  const shell = createShell({
    engine,
    version: '0.0.0',
    preferences: filePreferences(join(base, 'preferences.json')),
    settings: {
      file: join(base, 'settings.json'),
      read: () => settings,
      write: (next) => {
        settings = next;
      },
    },
    launcher: {
      launch: async (command, args) => {
        launched.push([command, args]);
      },
    },
    programs: noPrograms,
    platform: 'linux',
    userHome: base,
    ...options,
  });
  const server = await startServer({ engine, shell, assets });
  const headers = { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' };
  return {
    folder,
    engine,
    server,
    launched,
    fetch: (path, init = {}) =>
      fetch(`${server.origin}${path}`, { ...init, headers: { ...headers, ...init.headers } }),
    async call(name, body, extra = {}) {
      const response = await fetch(`${server.origin}/api/${name}`, {
        method: 'POST',
        headers: { ...headers, ...extra },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: response.status, envelope: (await response.json()) as Envelope };
    },
    async close() {
      await server.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
}
