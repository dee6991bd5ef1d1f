import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { silentLogger } from '../../app/contract/ports.ts';
import { openHome } from '../../app/engine/home.ts';
import type { HostedEngine } from '../../app/host/client.ts';
import { loadAssets } from '../../app/serve/assets.ts';
import { noPrograms } from '../../app/serve/shell/default-programs.ts';
import { type AppEnvironment, type RunningApp, startApp } from '../../main/app.ts';
import { temporaryFolder } from '../helpers/temp.ts';
import { ManualScheduler } from '../unit/watch/manual-scheduler.ts';
import { FakeElectron } from './electron.ts';
import { createFakeEngine, type FakeDocument, type FakeEngine } from './engine.ts';

export interface Desktop {
  readonly electron: FakeElectron;
  readonly engine: FakeEngine;
  /** Times the engine was started again. */
  readonly restarts: { count: number };
  readonly scheduler: ManualScheduler;
  readonly app: RunningApp;
  /** Folder of the documents, and of everything else of the test. */
  readonly folder: string;
  readonly base: string;
  /** A shell call as the window's page makes it: the value, or the error thrown as an object. */
  shell(name: string, input?: unknown): Promise<unknown>;
}

export interface DesktopOptions {
  readonly files?: Readonly<Record<string, string>>;
  /** Documents that the index names besides, wherever their paths lead. */
  readonly documents?: (folder: string) => readonly FakeDocument[];
  readonly environment?: Partial<AppEnvironment>;
  /** Folder that the test removes itself; for desktops that several tests share. */
  readonly base?: string;
  readonly folders?: boolean;
  /** Changes the fake before anything starts. */
  readonly prepare?: (electron: FakeElectron, base: string) => void;
}

/** The whole main process over a fake Electron and an engine in memory whose documents are real files. */
export async function startDesktop(options: DesktopOptions = {}): Promise<Desktop> {
  const base = options.base ?? temporaryFolder('desktop');
  const folder = join(base, 'documents');
  mkdirSync(folder, { recursive: true });
  const documents: FakeDocument[] = Object.entries(
    options.files ?? { 'lease.md': 'The tenant may end it.' },
  ).map(([name, text]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return { path, root: folder, text };
  });
  documents.push(...(options.documents?.(folder) ?? []));
  const fake = createFakeEngine(documents, options.folders === false ? [] : [folder]);
  const restarts = { count: 0 };
  const engine: HostedEngine = {
    ...fake,
    async restart(between = async () => {}) {
      restarts.count += 1;
      await between();
    },
  };
  const electron = new FakeElectron();
  options.prepare?.(electron, base);
  const scheduler = new ManualScheduler();
  const starting = startApp(electron, {
    ...environmentOf(base),
    scheduler,
    startEngine: async () => engine,
    programs: noPrograms,
    programPort: 0,
    ...options.environment,
  });
  electron.becomeReady();
  const app = await starting;
  if (app === null) throw new Error('the application did not start');
  return {
    electron,
    engine: fake,
    restarts,
    scheduler,
    app,
    folder,
    base,
    async shell(name, input) {
      const answer = (await electron.invoke('passim:shell', { name, input })) as {
        ok: boolean;
        value?: unknown;
        error?: unknown;
      };
      if (!answer.ok) throw answer.error;
      return answer.value;
    },
  };
}

/** An environment whose files all lie in a folder of the test. */
export function environmentOf(base: string): Omit<AppEnvironment, 'scheduler'> {
  const window = join(base, 'window');
  mkdirSync(join(window, 'assets'), { recursive: true });
  writeFileSync(join(window, 'index.html'), '<!doctype html><title>Passim</title>');
  writeFileSync(join(window, 'assets', 'main-abc.js'), 'export {};');
  return {
    platform: 'linux',
    words: [],
    workingFolder: base,
    env: {},
    home: openHome(join(base, 'home')),
    program: '/opt/Passim/passim',
    configFolder: join(base, 'config'),
    preload: '/app/preload.cjs',
    icons: '/app/icons',
    scripts: '/app/dist/app/',
    logger: silentLogger,
    assets: () => loadAssets(window),
    killProcess: () => {},
  };
}
