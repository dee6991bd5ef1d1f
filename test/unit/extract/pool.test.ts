import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExtractedDocument } from '../../../app/contract/document.ts';
import type { ChildHandle, Scheduler, Spawner, Timer } from '../../../app/contract/ports.ts';
import { ExtractPool, type ExtractPoolOptions } from '../../../app/extract/pool.ts';
import { type ExtractRequest, resultMessage } from '../../../app/extract/protocol.ts';

const folder = mkdtempSync(join(tmpdir(), 'passim-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MIB = 1024 * 1024;
const LIMITS = { fileBytes: 1000, seconds: 60, memoryBytes: 512 * MIB, textChars: 1_000_000 };

function file(name: string, content = 'words'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A scheduler whose time passes only when told to. */
class ManualScheduler implements Scheduler {
  #now = 0;
  readonly #tasks = new Set<{ at: number; task: () => void }>();
  now = () => this.#now;
  monotonic = () => this.#now;

  after(ms: number, task: () => void): Timer {
    const entry = { at: this.#now + ms, task };
    this.#tasks.add(entry);
    return { cancel: () => this.#tasks.delete(entry) };
  }

  /** Lets time pass in steps, so that timers set by timers run too. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (true) {
      const due = [...this.#tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#tasks.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.task();
      await settle();
    }
    this.#now = end;
  }

  get pending(): number {
    return this.#tasks.size;
  }
}

/** A child process that exists only here. */
class FakeChild implements ChildHandle {
  readonly pid: number;
  readonly requests: ExtractRequest[] = [];
  killed = false;
  #message: (message: unknown) => void = () => {};
  #exit: (code: number | null, signal: string | null) => void = () => {};

  constructor(pid: number) {
    this.pid = pid;
  }

  send(message: unknown): void {
    this.requests.push(message as ExtractRequest);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }
  onExit(listener: (code: number | null, signal: string | null) => void): void {
    this.#exit = listener;
  }
  kill(): void {
    if (this.killed) return;
    this.killed = true;
    queueMicrotask(() => this.#exit(null, 'SIGKILL'));
  }

  say(message: unknown): void {
    this.#message(message);
  }
  die(code: number | null, signal: string | null): void {
    this.killed = true;
    this.#exit(code, signal);
  }
  answer(text = 'words'): void {
    const id = this.requests.at(-1)?.id;
    const document: ExtractedDocument = {
      format: 'text',
      family: 'text',
      text,
      blocks: [],
      segments: [],
      metadata: {},
      warnings: [],
    };
    this.say(resultMessage(id ?? 0, { ok: true, document, contentHash: 'a'.repeat(64), bytes: 5 }));
  }
}

class FakeSpawner implements Spawner {
  readonly children: FakeChild[] = [];
  readonly execArgv: (readonly string[])[] = [];
  autoReady = true;

  spawn(_module: string, options: { execArgv?: readonly string[] }): ChildHandle {
    const child = new FakeChild(1000 + this.children.length);
    this.children.push(child);
    this.execArgv.push(options.execArgv ?? []);
    if (this.autoReady) queueMicrotask(() => child.say({ type: 'ready' }));
    return child;
  }

  child(index: number): FakeChild {
    const child = this.children[index];
    if (child === undefined) throw new Error(`child ${index} was not started`);
    return child;
  }
}

/** Lets file system calls and promises finish. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Waits until something has come about; the test's own time limit ends a vain wait. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

let spawner: FakeSpawner;
let scheduler: ManualScheduler;
let rss: number;
beforeEach(() => {
  spawner = new FakeSpawner();
  scheduler = new ManualScheduler();
  rss = 50 * MIB;
});

function pool(options: Partial<ExtractPoolOptions> = {}): ExtractPool {
  return new ExtractPool({
    spawner,
    scheduler,
    limits: LIMITS,
    workers: 1,
    readRss: async () => rss,
    pollMs: 500,
    ...options,
  });
}

describe('the pool of readers', () => {
  it('starts workers only when there is work, and no more than allowed', async () => {
    const readers = pool({ workers: 2 });
    expect(spawner.children).toHaveLength(0);
    const outcomes = [];
    for (const name of ['a', 'b', 'c']) {
      outcomes.push(readers.extract(file(`${name}.txt`)));
      await until(() => readers.pending === outcomes.length);
    }
    expect(spawner.children).toHaveLength(2);
    await until(() => spawner.children.every(({ requests }) => requests.length === 1));
    expect(readers.pending).toBe(3);
    expect(spawner.execArgv[0]).toEqual(['--max-old-space-size=231']);
    spawner.child(0).answer('first');
    await settle();
    expect(spawner.children).toHaveLength(2);
    expect(spawner.child(0).requests.map(({ path }) => path.slice(-5))).toEqual(['a.txt', 'c.txt']);
    spawner.child(0).answer('third');
    spawner.child(1).answer('second');
    const texts = (await Promise.all(outcomes)).map((outcome) => outcome.ok && outcome.document.text);
    expect(texts).toEqual(['first', 'second', 'third']);
    await readers.close();
    expect(spawner.children.every(({ killed }) => killed)).toBe(true);
    expect(scheduler.pending).toBe(0);
  });

  it('refuses by size without a worker', async () => {
    const readers = pool();
    const big = await readers.extract(file('big.txt', 'x'.repeat(2000)));
    expect(big).toMatchObject({ ok: false, problem: 'too-large' });
    expect(await readers.extract('/nowhere/at/all.txt')).toMatchObject({ ok: false, problem: 'unreadable' });
    expect(await readers.extract(file('a.txt'), { size: 5000 })).toMatchObject({ problem: 'too-large' });
    expect(await readers.extract(folder)).toMatchObject({ problem: 'not-a-file' });
    expect(await readers.extract(file('empty.txt', ''))).toMatchObject({ problem: 'empty' });
    expect(spawner.children).toHaveLength(0);
  });

  it('kills a worker that takes too long and goes on with the queue', async () => {
    const readers = pool();
    const slow = readers.extract(file('slow.txt'));
    await until(() => spawner.children[0]?.requests.length === 1);
    const next = readers.extract(file('next.txt'));
    await until(() => readers.pending === 2);
    await scheduler.pass(59_000);
    expect(spawner.child(0).killed).toBe(false);
    await scheduler.pass(2_000);
    expect(await slow).toMatchObject({ ok: false, problem: 'timed-out' });
    expect(spawner.child(0).killed).toBe(true);
    await until(() => spawner.children[1]?.requests.length === 1);
    spawner.child(1).answer();
    expect(await next).toMatchObject({ ok: true });
    await readers.close();
  });

  it('does not count the start of a worker as time of the file', async () => {
    spawner.autoReady = false;
    const readers = pool({ limits: { ...LIMITS, seconds: 5 } });
    const outcome = readers.extract(file('a.txt'));
    await until(() => spawner.children.length === 1);
    await scheduler.pass(20_000);
    spawner.child(0).say({ type: 'ready' });
    await until(() => spawner.children[0]?.requests.length === 1);
    spawner.child(0).answer();
    expect(await outcome).toMatchObject({ ok: true });
    await readers.close();
  });

  it('kills a worker whose resident memory goes over the limit', async () => {
    const readers = pool();
    const outcome = readers.extract(file('a.txt'));
    await until(() => spawner.children[0]?.requests.length === 1);
    rss = 600 * MIB;
    await scheduler.pass(1000);
    expect(await outcome).toMatchObject({ ok: false, problem: 'out-of-memory' });
    expect(spawner.child(0).killed).toBe(true);
    await readers.close();
  });

  it('does not blame a file for the memory of those read before it', async () => {
    const readers = pool();
    const first = readers.extract(file('first.txt'));
    await until(() => spawner.children[0]?.requests.length === 1);
    spawner.child(0).answer();
    await first;
    await settle();
    const small = readers.extract(file('small.txt'));
    await until(() => spawner.children[0]?.requests.length === 2);
    rss = 500 * MIB;
    await scheduler.pass(500);
    expect(spawner.child(0).killed).toBe(true);
    rss = 50 * MIB;
    await until(() => spawner.children[1]?.requests.length === 1);
    spawner.child(1).answer();
    expect(await small).toMatchObject({ ok: true });

    const large = readers.extract(file('large.txt'));
    await until(() => spawner.children[1]?.requests.length === 2);
    rss = 500 * MIB;
    await scheduler.pass(500);
    await until(() => spawner.children[2]?.requests.length === 1);
    await scheduler.pass(500);
    expect(await large).toMatchObject({ ok: false, problem: 'out-of-memory' });
    await readers.close();
  });

  it('tries a file that ended its worker once more in a fresh one, then sets it aside', async () => {
    const readers = pool();
    const bad = readers.extract(file('bad.txt'));
    await until(() => spawner.children[0]?.requests.length === 1);
    const good = readers.extract(file('good.txt'));
    await until(() => readers.pending === 2);
    spawner.child(0).die(null, 'SIGSEGV');
    await until(() => spawner.children[1]?.requests.length === 1);
    expect(spawner.child(1).requests[0]?.path).toMatch(/bad\.txt$/);
    spawner.child(1).die(134, null);
    expect(await bad).toMatchObject({ ok: false, problem: 'crashed' });
    await until(() => spawner.children[2]?.requests.length === 1);
    expect(spawner.child(2).requests[0]?.path).toMatch(/good\.txt$/);
    spawner.child(2).answer();
    expect(await good).toMatchObject({ ok: true });
    await readers.close();
  });

  it('forgives one crash', async () => {
    const readers = pool();
    const outcome = readers.extract(file('a.txt'));
    await until(() => spawner.children[0]?.requests.length === 1);
    spawner.child(0).die(1, null);
    await until(() => spawner.children[1]?.requests.length === 1);
    spawner.child(1).answer();
    expect(await outcome).toMatchObject({ ok: true });
    await readers.close();
  });

  it('does not try again what died near its memory limit', async () => {
    const readers = pool();
    const outcome = readers.extract(file('a.txt'));
    await until(() => spawner.children[0]?.requests.length === 1);
    rss = 450 * MIB;
    await scheduler.pass(1000);
    spawner.child(0).die(null, 'SIGABRT');
    expect(await outcome).toMatchObject({ ok: false, problem: 'out-of-memory' });
    expect(spawner.children).toHaveLength(1);
    await readers.close();
  });

  it('replaces workers after their share of files, and those that have grown', async () => {
    const readers = pool({ filesPerWorker: 2 });
    const sent = () => spawner.children.reduce((sum, { requests }) => sum + requests.length, 0);
    for (let i = 0; i < 4; i++) {
      const outcome = readers.extract(file('a.txt'));
      await until(() => sent() === i + 1);
      spawner.children.at(-1)?.answer();
      await outcome;
      await settle();
    }
    expect(spawner.children).toHaveLength(2);
    rss = 400 * MIB;
    const outcome = readers.extract(file('a.txt'));
    await until(() => sent() === 5);
    spawner.children.at(-1)?.answer();
    await outcome;
    await settle();
    expect(spawner.children.at(-1)?.killed).toBe(true);
    await readers.close();
  });

  it('ends a worker that has been idle', async () => {
    const readers = pool({ idleMs: 10_000 });
    const outcome = readers.extract(file('a.txt'));
    await until(() => spawner.children[0]?.requests.length === 1);
    spawner.child(0).answer();
    await outcome;
    await settle();
    await scheduler.pass(9_000);
    expect(spawner.child(0).killed).toBe(false);
    await scheduler.pass(2_000);
    expect(spawner.child(0).killed).toBe(true);
    await readers.close();
  });

  it('takes a message that makes no sense for a crash, and stale answers for nothing', async () => {
    const readers = pool();
    const outcome = readers.extract(file('a.txt'));
    await until(() => spawner.children[0]?.requests.length === 1);
    spawner.child(0).say({ type: 'result', id: 99, outcome: { ok: false, problem: 'empty', detail: '' } });
    spawner.child(0).say({ type: 'result', id: 1, outcome: { ok: true, document: { text: 5 } } });
    await until(() => spawner.children[1]?.requests.length === 1);
    spawner.child(1).say('garbage');
    expect(await outcome).toMatchObject({ ok: false, problem: 'crashed' });
    await readers.close();
  });

  it('drops a waiting file at once and kills for a running one when aborted', async () => {
    const readers = pool();
    const running = new AbortController();
    const waiting = new AbortController();
    const first = readers.extract(file('a.txt'), { signal: running.signal });
    await until(() => spawner.children[0]?.requests.length === 1);
    const second = readers.extract(file('b.txt'), { signal: waiting.signal });
    const third = readers.extract(file('c.txt'));
    await until(() => readers.pending === 3);
    waiting.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    running.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect(spawner.child(0).killed).toBe(true);
    await until(() => spawner.children[1]?.requests.length === 1);
    spawner.child(1).answer();
    expect(await third).toMatchObject({ ok: true });
    await expect(readers.extract(file('d.txt'), { signal: running.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await readers.close();
  });

  it('gives up with an error when workers do not start', async () => {
    spawner.autoReady = false;
    const readers = pool();
    const outcome = readers.extract(file('a.txt'));
    outcome.catch(() => {});
    for (let i = 0; i < 3; i++) {
      await until(() => spawner.children.length === i + 1);
      spawner.child(i).die(1, null);
    }
    await expect(outcome).rejects.toMatchObject({ code: 'extract-failed' });
    await readers.close();
  });

  it('rejects everything when closed', async () => {
    const readers = pool();
    const outcomes = ['a', 'b'].map((name) => readers.extract(file(`${name}.txt`)));
    for (const outcome of outcomes) outcome.catch(() => {});
    await until(() => spawner.children[0]?.requests.length === 1);
    await readers.close();
    for (const outcome of outcomes) await expect(outcome).rejects.toMatchObject({ code: 'cancelled' });
    await expect(readers.extract(file('a.txt'))).rejects.toMatchObject({ code: 'cancelled' });
    expect(spawner.children.every(({ killed }) => killed)).toBe(true);
  });
});
