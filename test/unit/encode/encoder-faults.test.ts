import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Logger, PassimError, type Scheduler } from '../../../app/contract/index.ts';
import { createEncoder, type Encoder } from '../../../app/encode/encoder.ts';
import { loadModelPackage } from '../../../app/encode/package.ts';
import { expected, idOf, writePackage } from './tiny-package.ts';

let folder: string;
let encoder: Encoder;
let bell: Bell;
const events: string[] = [];
const logger: Logger = { log: (_, event) => events.push(event) };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'passim-crash-'));
  writePackage(join(folder, 'model'), { graph: { dimension: 16 } });
  mkdirSync(join(folder, 'cache'));
  events.length = 0;
  bell = new Bell();
  encoder = await createEncoder({
    package: await loadModelPackage(join(folder, 'model')),
    threads: 2,
    cacheDirectory: join(folder, 'cache'),
    logger,
    scheduler: bell.scheduler,
    workerModule: new URL('./crashing-worker.ts', import.meta.url),
  });
});
afterEach(async () => {
  await encoder.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A clock that stands still until it is told to strike. */
class Bell {
  readonly tasks = new Set<() => void>();
  readonly scheduler: Scheduler = {
    now: () => 0,
    monotonic: () => 0,
    after: (_, task) => {
      this.tasks.add(task);
      return { cancel: () => this.tasks.delete(task) };
    },
  };
  strike(): void {
    for (const task of [...this.tasks]) {
      this.tasks.delete(task);
      task();
    }
  }
}

const deaths = () => readFileSync(join(folder, 'cache', 'deaths'), 'utf8').length;

describe('a worker that dies', () => {
  test('is started again, and nothing is lost when the death was a chance', async () => {
    const texts = ['the river', 'the repair', 'the end'];
    const passages = await encoder.encodePassages(texts);
    expect(passages.map((passage) => passage.count)).toEqual([4, 4, 4]);
    const wanted = expected({ dimension: 16 }, ['[CLS]', 'the', 'repair', '[SEP]'].map(idOf)).flat();
    passages[1]?.vectors.forEach((value, i) => {
      expect(Math.abs(value - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-5);
    });
    expect(deaths()).toBe(1);
    expect(events).toEqual(['encoder-died']);
  });

  test('twice on one text fails that text alone', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => (i === 17 ? 'the cost' : `the river ${i}`));
    const results = await encoder.encodeEach(texts);
    results.forEach((result, i) => {
      if (i === 17) expect(result).toMatchObject({ code: 'encode-failed' });
      else expect(result).not.toBeInstanceOf(PassimError);
    });
    // Halving 40 texts down to one takes six deaths at most, and the text itself gets two tries.
    expect(deaths()).toBeLessThanOrEqual(8);
    expect(await encoder.encodePassages(['the river'])).toHaveLength(1);
  });

  test('with only that text tries it twice', async () => {
    await expect(encoder.encodePassages(['the cost'])).rejects.toMatchObject({
      code: 'encode-failed',
      subject: '0',
    });
    expect(deaths()).toBe(2);
  });

  test('does not disturb queries', async () => {
    const work = encoder.encodeEach(['the cost', 'the river']);
    const queries = await Promise.all(['river', 'bridge', 'end'].map((text) => encoder.encodeQuery(text)));
    expect(queries.map((query) => query.tokens.length)).toEqual([3, 3, 3]);
    const results = await work;
    expect(results[0]).toBeInstanceOf(PassimError);
    expect(results[1]).not.toBeInstanceOf(PassimError);
  });

  test('over a query answers it all the same', async () => {
    const query = await encoder.encodeQuery('the world');
    expect(query.tokens.map((token) => token.piece)).toEqual(['[CLS]', 'the', 'world', '[SEP]']);
    expect(deaths()).toBe(1);
  });

  test('over a text that it tokenises fails that text alone', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => (i === 3 ? 'hello river' : `the river ${i}`));
    const results = await encoder.encodeEach(texts);
    results.forEach((result, i) => {
      if (i === 3) expect(result).toMatchObject({ code: 'encode-failed' });
      else expect(result).toMatchObject({ truncated: false });
    });
  });

  test('can be closed right after', async () => {
    await encoder.encodeEach(['the cost']);
    await encoder.close();
    await expect(encoder.encodePassages(['the river'])).rejects.toMatchObject({ code: 'engine-stopped' });
  });
});

describe('a worker that can not be started', () => {
  const worker = new URL('../../../app/encode/worker.ts', import.meta.url).href;
  const moduleFor = (role: string) =>
    new URL(
      `data:text/javascript,${encodeURIComponent(
        `import { workerData } from 'node:worker_threads';
         if (workerData.passimEncoder.role === '${role}') process.exit(3);
         await import('${worker}');`,
      )}`,
    );

  test('is told at once when it is the one for queries', async () => {
    const model = await loadModelPackage(join(folder, 'model'));
    const opening = createEncoder({ package: model, threads: 1, workerModule: moduleFor('front') });
    await expect(opening).rejects.toMatchObject({ code: 'encode-failed' });
    await expect(opening).rejects.toThrow(/could not be started: its thread ended with code 3/);
  });

  test('fails passages without a try for each, and leaves queries alone', async () => {
    const model = await loadModelPackage(join(folder, 'model'));
    const broken = await createEncoder({ package: model, threads: 1, workerModule: moduleFor('lane') });
    const results = await broken.encodeEach(['the river', 'the bridge', 'the end']);
    expect(results.map((result) => result instanceof PassimError && result.message)).toEqual(
      new Array(3).fill('The encoder could not be started: its thread ended with code 3'),
    );
    expect((await broken.encodeQuery('the river')).tokens).toHaveLength(4);
    await broken.close();
  });
});

describe('lanes without work', () => {
  const starts = () => readFileSync(join(folder, 'cache', 'lane-starts'), 'utf8').length;

  test('give their memory back after a while, and are started again when there is work', async () => {
    await encoder.encodePassages(['the river']);
    expect(starts()).toBe(1);
    expect(bell.tasks.size).toBe(1);
    bell.strike();
    expect(await encoder.encodePassages(['the river'])).toHaveLength(1);
    expect(starts()).toBe(2);
    expect(events).toEqual([]);
  });

  test('wait no longer once work came', async () => {
    await encoder.encodePassages(['the river']);
    await encoder.encodePassages(['the bridge']);
    expect([starts(), bell.tasks.size]).toEqual([1, 1]);
  });

  test('leave no timer behind when the encoder is closed', async () => {
    await encoder.encodePassages(['the river']);
    await encoder.close();
    expect(bell.tasks.size).toBe(0);
  });
});
