import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StoreReader, StoreWriter } from '../../app/store/index.ts';
import { pidsIn } from '../../app/store/reconcile.ts';
import { systemIo } from '../../app/store/store-io.ts';
import { connectTo, openTables } from '../../app/store/tables.ts';
import {
  diskError,
  fileRecord,
  openReader,
  openWriter,
  passagesOf,
  SHAPE,
  temporaryDirectory,
  WatchedIo,
} from '../unit/store/store-kit.ts';

const RUNS = Number(process.env['PASSIM_MODEL_RUNS'] ?? 12);
const PATHS = 5;

type Step =
  | { do: 'commit'; id: number; path: number; passages: number }
  | { do: 'set'; id: number; path: number }
  | { do: 'rename'; from: number; to: number }
  | { do: 'delete'; paths: number[] }
  | { do: 'maintain' }
  | { do: 'reopen' }
  | { do: 'fail'; write: number; after: boolean };

const small = fc.integer({ min: 0, max: PATHS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      id: small,
      path: small,
      passages: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set' as const), id: small, path: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), from: small, to: small }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('delete' as const), paths: fc.array(small, { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('maintain' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      write: fc.integer({ min: 1, max: 6 }),
      after: fc.boolean(),
    }),
  },
);

/** fileId → what the file should be. */
type Model = Map<string, { path: string; texts: string[] }>;

function place(model: Model, fileId: string, path: string, texts: string[]): void {
  for (const [other, file] of model) if (file.path === path && other !== fileId) model.delete(other);
  model.set(fileId, { path, texts });
}

async function contentOf(store: StoreReader): Promise<Model> {
  const model: Model = new Map();
  for (const file of store.ledger.allFiles()) {
    const rows = await store.passagesOfFile(file.fileId);
    expect(rows.length).toBe(file.passages);
    model.set(file.fileId, { path: file.path, texts: rows.map((row) => row.text) });
  }
  return model;
}

const sorted = (model: Model) => [...model].sort(([a], [b]) => a.localeCompare(b));

async function expectModel(store: StoreReader, model: Model): Promise<void> {
  expect(sorted(await contentOf(store))).toEqual(sorted(model));
  const live = [...store.ledger.pidsWhere(() => true)];
  const loaded: number[] = [];
  for await (const batch of store.loadMultivectors()) loaded.push(...batch.map((entry) => entry.pid));
  expect(loaded.sort((a, b) => a - b)).toEqual(live);
  expect(
    (await store.fullText('shared', { limit: 1000 })).map((hit) => hit.pid).sort((a, b) => a - b),
  ).toEqual(live);
}

class Run {
  readonly directory = temporaryDirectory();
  readonly io = new WatchedIo();
  readonly model: Model = new Map();
  readonly given = new Set<number>();
  store: StoreWriter | null = null;
  #edit = 0;

  async open(): Promise<StoreWriter> {
    this.store ??= await openWriter({ directory: this.directory, io: this.io });
    return this.store;
  }

  /** Runs a change; when it is refused, the index may be as before or as after, and the model follows it. */
  async change(run: (store: StoreWriter) => Promise<unknown>, effect: (model: Model) => void): Promise<void> {
    const store = await this.open();
    try {
      await run(store);
    } catch (error) {
      expect(error).toMatchObject({ code: 'io-error' });
      this.io.failBefore = this.io.failAfter = () => undefined;
      // Writing anything at all makes the store look at what the disk has.
      await store.deleteFiles(['/root/none']);
      const found = await contentOf(store);
      const after: Model = new Map(this.model);
      effect(after);
      expect([sorted(this.model), sorted(after)]).toContainEqual(sorted(found));
      this.model.clear();
      for (const [fileId, file] of found) this.model.set(fileId, file);
      return;
    }
    effect(this.model);
  }

  async take(step: Step): Promise<void> {
    const path = (i: number): string => `/root/${i}`;
    if (step.do === 'commit') {
      this.#edit += 1;
      const texts = Array.from({ length: step.passages }, (_, i) => `shared edit${this.#edit} part${i}`);
      const record = fileRecord(path(step.path), { fileId: `id-${step.id}` });
      await this.change(
        async (store) => {
          const { pids } = await store.commitFile(record, passagesOf(...texts));
          for (const pid of pids) {
            expect(this.given).not.toContain(pid);
            this.given.add(pid);
          }
        },
        (model) => place(model, record.fileId, record.path, texts),
      );
    } else if (step.do === 'set') {
      const record = fileRecord(path(step.path), { fileId: `id-${step.id}`, strikes: 1 });
      await this.change(
        (store) => store.setRecord(record),
        (model) => place(model, record.fileId, record.path, model.get(record.fileId)?.texts ?? []),
      );
    } else if (step.do === 'rename') {
      await this.change(
        (store) => store.renameFile(path(step.from), path(step.to)),
        (model) => {
          const moved = [...model].find(([, file]) => file.path === path(step.from));
          if (moved) place(model, moved[0], path(step.to), moved[1].texts);
        },
      );
    } else if (step.do === 'delete') {
      const paths = step.paths.map(path);
      await this.change(
        (store) => store.deleteFiles(paths),
        (model) => {
          for (const [fileId, file] of model) if (paths.includes(file.path)) model.delete(fileId);
        },
      );
    } else if (step.do === 'maintain') {
      this.io.failBefore = this.io.failAfter = () => undefined;
      await (await this.open()).maintain({ force: true });
    } else if (step.do === 'reopen') {
      await this.close();
      expect((await this.open()).recovery).toEqual({ notes: [], lostFiles: [], ledgerLost: false });
    } else {
      let left = step.write;
      const fail = ({ operation }: { operation: string }): Error | undefined => {
        if (operation === 'optimize') return undefined;
        left -= 1;
        return left === 0 ? diskError('EIO') : undefined;
      };
      if (step.after) this.io.failAfter = fail;
      else this.io.failBefore = fail;
    }
  }

  async close(): Promise<void> {
    this.io.failBefore = this.io.failAfter = () => undefined;
    await this.store?.close();
    this.store = null;
  }
}

it('agrees with a plain model through failures and restarts', {
  timeout: 30_000 + RUNS * 10_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const run = new Run();
      for (const one of steps) await run.take(one);
      const store = await run.open();
      run.io.failBefore = run.io.failAfter = () => undefined;
      await store.deleteFiles(['/root/none']);
      await expectModel(store, run.model);
      const reader = await openReader({ directory: run.directory });
      await expectModel(reader, run.model);
      await run.close();
      await expectModel(await run.open(), run.model);
      const live = [...(await run.open()).ledger.pidsWhere(() => true)];
      await run.close();
      const tables = await openTables(await connectTo(run.directory), run.directory, SHAPE, systemIo, false);
      for (const table of [tables.passages, tables.vectors])
        expect((await pidsIn(table)).sort((a, b) => a - b)).toEqual(live);
    }),
    { numRuns: RUNS },
  );
});
