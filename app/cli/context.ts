import { resolve } from 'node:path';
import type { EngineApi } from '../contract/engine.ts';
import { silentLogger, systemScheduler } from '../contract/ports.ts';
import { type Home, homeDirectory, openHome } from '../engine/home.ts';
import { nodeSpawner } from '../engine/spawner.ts';
import { createEngine } from '../engine.ts';
import { hostModule, startHost } from '../host/client.ts';
import type { Terminal } from './output.ts';

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly home: Home;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export function createContext(terminal: Terminal, signal: AbortSignal): CommandContext {
  return { terminal, signal, home: openHome(homeDirectory()) };
}

/** Runs `work` with an engine in a process of its own that may write, and stops it afterwards. */
export async function withWriter<T>(
  context: CommandContext,
  watch: boolean,
  work: (engine: EngineApi) => Promise<T>,
  /** Model package in place of the settings' one. */
  model?: string | null,
): Promise<T> {
  const engine = await startHost({
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
    module: hostModule(),
    start: {
      home: context.home.directory,
      mode: 'write',
      watch,
      ...(model === undefined ? {} : { model }),
    },
  });
  try {
    return await work(engine);
  } finally {
    await engine.stop();
  }
}

/** Runs `work` with an engine in this process that only reads, so that searching works while another one writes. */
export async function withReader<T>(
  context: CommandContext,
  work: (engine: EngineApi) => Promise<T>,
): Promise<T> {
  const engine = await createEngine({
    home: context.home.directory,
    mode: 'read',
    watch: false,
    suspects: [],
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
  });
  try {
    return await work(engine);
  } finally {
    await engine.stop();
  }
}

/** A folder as typed, made absolute. */
export function folderPath(typed: string): string {
  return resolve(typed);
}
