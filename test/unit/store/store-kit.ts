import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Scheduler, silentLogger, systemScheduler, type Timer } from '../../../app/contract/index.ts';
import type { StoreReader, StoreWriter } from '../../../app/store/index.ts';
import { type OpenStoreOptions, openStoreReader, openStoreWriter } from '../../../app/store/index.ts';
import { type StoreIo, systemIo } from '../../../app/store/store-io.ts';
import { SHAPE } from './passages.ts';

export { fileRecord, passageOf, passagesOf, SHAPE, seeded } from './passages.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'passim-store-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

type Options = Partial<OpenStoreOptions> & { directory: string };

/** A writer that is closed after the test and writes as soon as anything waits 1 ms. */
export async function openWriter(options: Options): Promise<StoreWriter> {
  const store = await openStoreWriter({
    shape: SHAPE,
    scheduler: systemScheduler,
    logger: silentLogger,
    delayMs: 1,
    ...options,
  });
  cleanups.push(() => store.close());
  return store;
}

export async function openReader(options: Options): Promise<StoreReader> {
  const store = await openStoreReader({
    shape: SHAPE,
    scheduler: systemScheduler,
    logger: silentLogger,
    ...options,
  });
  cleanups.push(() => store.close());
  return store;
}

/** A scheduler whose time passes when a test says so. */
export class ManualScheduler implements Scheduler {
  #now = 1_700_000_000_000;
  #waiting: { at: number; task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): Timer {
    const entry = { at: this.#now + ms, task };
    this.#waiting.push(entry);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
      },
    };
  }

  /** Lets time pass and runs what falls due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#waiting.sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.#waiting.shift();
      this.#now = next.at;
      next.task();
    }
    this.#now = end;
  }
}

type Write = { table: string; operation: string };

/** Notes every write and every flush to disk, and fails where a test wants it. */
export class WatchedIo implements StoreIo {
  readonly writes: Write[] = [];
  readonly synced = new Set<string>();
  /** What happened, in order: "add passages", "sync PATH". */
  readonly log: string[] = [];
  failBefore: (write: Write) => Error | undefined = () => undefined;
  failAfter: (write: Write) => Error | undefined = () => undefined;
  failSync: (path: string) => Error | undefined = () => undefined;

  beforeWrite(table: string, operation: string): void {
    const failure = this.failBefore({ table, operation });
    if (failure) throw failure;
    this.writes.push({ table, operation });
    this.log.push(`${operation} ${table}`);
  }

  afterWrite(table: string, operation: string): void {
    const failure = this.failAfter({ table, operation });
    if (failure) throw failure;
  }

  async syncFile(path: string): Promise<void> {
    const failure = this.failSync(path);
    if (failure) throw failure;
    await systemIo.syncFile(path);
    this.synced.add(path);
    this.log.push(`sync ${path}`);
  }

  async syncDirectory(path: string): Promise<void> {
    await systemIo.syncDirectory(path);
    this.synced.add(path);
    this.log.push(`sync ${path}`);
  }

  count(operation: string, table?: string): number {
    return this.writes.filter(
      (write) => write.operation === operation && (table === undefined || write.table === table),
    ).length;
  }
}

/** An error as the file system gives it. */
export function diskError(code: 'ENOSPC' | 'EIO'): Error {
  const text =
    code === 'ENOSPC' ? 'No space left on device (os error 28)' : 'Input/output error (os error 5)';
  return Object.assign(new Error(`lance error: LanceError(IO): ${text}`), { code });
}
