import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Ledger, type LedgerRow } from '../../../app/store/ledger.ts';
import { LedgerDraft } from '../../../app/store/ledger-draft.ts';
import { fileRecord } from './store-kit.ts';

const PATHS = ['/a', '/b', '/c', '/d'];

type Command =
  | { kind: 'put'; id: number; path: number; passages: number }
  | { kind: 'keep'; id: number; path: number }
  | { kind: 'remove'; path: number }
  | { kind: 'write' };

const index = fc.integer({ min: 0, max: PATHS.length - 1 });
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    id: index,
    path: index,
    passages: fc.integer({ min: 0, max: 4 }),
  }),
  fc.record({ kind: fc.constant('keep' as const), id: index, path: index }),
  fc.record({ kind: fc.constant('remove' as const), path: index }),
  fc.record({ kind: fc.constant('write' as const) }),
);

interface ModelFile {
  path: string;
  pids: number[];
}

/** The ledger as plain as can be: every file with its list of numbers. */
class Model {
  readonly files = new Map<string, ModelFile>();

  set(fileId: string, path: string, pids: number[]): void {
    for (const [other, file] of this.files)
      if (file.path === path && other !== fileId) this.files.delete(other);
    this.files.set(fileId, { path, pids });
  }

  ownerOf(pid: number): string | undefined {
    for (const [fileId, file] of this.files) if (file.pids.includes(pid)) return fileId;
    return undefined;
  }
}

function applyTo(draft: LedgerDraft, model: Model, command: Exclude<Command, { kind: 'write' }>): void {
  const path = PATHS[command.path] ?? '';
  if (command.kind === 'remove') {
    const row = draft.rowByPath(path);
    if (row) draft.remove(row);
    for (const [fileId, file] of model.files) if (file.path === path) model.files.delete(fileId);
    return;
  }
  const fileId = `file-${command.id}`;
  if (command.kind === 'put') {
    const first = draft.allocate(command.passages);
    draft.put(fileRecord(path, { fileId, passages: command.passages }), first);
    model.set(
      fileId,
      path,
      Array.from({ length: command.passages }, (_, i) => first + i),
    );
    return;
  }
  const row = draft.rowById(fileId);
  if (!row) return;
  draft.put({ ...row.record, path }, row.firstPid);
  model.set(fileId, path, model.files.get(fileId)?.pids ?? []);
}

function expectSame(ledger: Ledger, model: Model, greatest: number): void {
  expect(ledger.size).toBe(model.files.size);
  for (const [fileId, file] of model.files) {
    expect(ledger.fileByPath(file.path)?.fileId).toBe(fileId);
    expect(ledger.fileById(fileId)?.path).toBe(file.path);
    const { first, count } = ledger.pidsOfFile(fileId);
    expect(count).toBe(file.pids.length);
    if (count > 0) expect(first).toBe(file.pids[0]);
  }
  for (let pid = 0; pid <= greatest; pid += 1) expect(ledger.fileOfPid(pid)?.fileId).toBe(model.ownerOf(pid));
  const live = [...model.files.values()].flatMap((file) => file.pids).sort((a, b) => a - b);
  expect([...ledger.pidsWhere(() => true)]).toEqual(live);
  expect(ledger.passages).toBe(live.length);
  const searchable = [...model.files.values()].filter((file) => file.pids.length > 0).length;
  expect(ledger.searchable).toBe(searchable);
  expect(ledger.liveRanges()).toHaveLength(searchable);
}

it('agrees with a plain model, also when it is read again from its rows', () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 40 }), (list) => {
      const ledger = new Ledger();
      const model = new Model();
      const table: LedgerRow[] = [];
      const stale = new Set<number>();
      let draft = new LedgerDraft(ledger);
      const write = (): void => {
        for (const row of draft.rows()) {
          table.push(row);
          ledger.apply(row);
        }
        for (const { first, count } of draft.stale) for (let i = 0; i < count; i += 1) stale.add(first + i);
        draft = new LedgerDraft(ledger);
      };
      for (const command of list) {
        if (command.kind === 'write') write();
        else applyTo(draft, model, command);
      }
      write();
      expectSame(ledger, model, ledger.nextPid);
      for (const pid of stale) expect(model.ownerOf(pid)).toBeUndefined();

      const again = new Ledger();
      for (const row of table) again.apply(row);
      expectSame(again, model, ledger.nextPid);
      expect(again.nextPid).toBe(ledger.nextPid);

      // What the ledger calls superseded can go without a change.
      const rest = new Ledger();
      const newest = Math.max(0, ...table.map((row) => row.seq));
      for (const row of table) if (!again.superseded.has(row.seq) || row.seq === newest) rest.apply(row);
      expectSame(rest, model, ledger.nextPid);
      expect(rest.nextPid).toBe(ledger.nextPid);
    }),
    { numRuns: 300 },
  );
});

it('keeps numbers apart over many generations', () => {
  const ledger = new Ledger();
  for (let generation = 0; generation < 5_000; generation += 1) {
    const draft = new LedgerDraft(ledger);
    draft.put(fileRecord('/a', { passages: 2, generation }), draft.allocate(2));
    for (const row of draft.rows()) ledger.apply(row);
  }
  expect(ledger.passages).toBe(2);
  expect(ledger.fileOfPid(1)).toBeUndefined();
  expect(ledger.fileOfPid(10_000)?.generation).toBe(4_999);
  expect([...ledger.pidsWhere(() => true)]).toEqual([9_999, 10_000]);
});

it('says by another number that something has changed', () => {
  const ledger = new Ledger();
  const seen = [ledger.revision];
  const write = (change: (draft: LedgerDraft) => void): void => {
    const draft = new LedgerDraft(ledger);
    change(draft);
    for (const row of draft.rows()) ledger.apply(row);
    seen.push(ledger.revision);
  };
  write((draft) => draft.put(fileRecord('/a', { passages: 2 }), draft.allocate(2)));
  write((draft) => draft.put(fileRecord('/a', { passages: 2, title: 'New' }), 1));
  write((draft) => {
    const row = draft.rowByPath('/a');
    if (row) draft.remove(row);
  });
  expect(new Set(seen).size).toBe(4);
  expect(ledger.size).toBe(0);
});
