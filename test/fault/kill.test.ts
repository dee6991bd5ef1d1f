import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { IndexCore } from '../../app/engine/core.ts';
import { openHome } from '../../app/engine/home.ts';
import { readSettings } from '../../app/engine/settings.ts';
import { randomFrom } from '../helpers/random.ts';
import { temporaryFolder } from '../helpers/temp.ts';

/** How often the whole process group is killed; the full number is 200. */
const KILLS = Number(process.env['PASSIM_KILLS'] ?? 6);
const FILES = 60;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const TOPICS = [
  'gardening',
  'rent and leases',
  'electric motors',
  'medieval music',
  'tax returns',
  'bread baking',
  'sailing knots',
  'database recovery',
];

function writeNote(folder: string, i: number, revision: number): void {
  const topic = TOPICS[i % TOPICS.length];
  const sections = Array.from(
    { length: 1 + (i % 4) },
    (_, s) =>
      `## Part ${s} of note ${i}\n\nNote ${i} in its revision ${s === 0 ? revision : 0} is about ${topic}. It has ${s + 1} remarks on ${topic}, and none on anything else.\n`,
  );
  writeFileSync(join(folder, `note-${i}.md`), `# Note ${i} about ${topic}\n\n${sections.join('\n')}`);
}

function runIndex(home: string, folder: string): ChildProcess {
  return spawn(process.execPath, [join(root, 'bin/passim.mjs'), 'index', folder], {
    env: { ...process.env, PASSIM_HOME: home },
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function ended(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

/** Passages by file, after checking that none is there twice and each file has all of its own. */
async function contents(directory: string): Promise<Map<string, string[]>> {
  const home = openHome(directory);
  const core = await IndexCore.open({
    directory,
    cache: home.cache,
    settings: readSettings(home.settingsFile),
    mode: 'write',
    scheduler: systemScheduler,
    logger: silentLogger,
  });
  try {
    const pids = new Set<number>();
    const byPath = new Map<string, string[]>();
    for (const file of core.store.ledger.allFiles()) {
      const rows = await core.store.passagesOfFile(file.fileId);
      expect(rows.map((row) => row.ordinal)).toEqual(rows.map((_, i) => i));
      expect(rows).toHaveLength(file.passages);
      for (const row of rows) {
        expect(pids.has(row.pid)).toBe(false);
        expect(core.index.has(row.pid)).toBe(true);
        pids.add(row.pid);
      }
      byPath.set(
        file.path,
        rows.map((row) => row.text),
      );
    }
    expect(core.index.stats().passages).toBe(pids.size);
    return byPath;
  } finally {
    await core.close();
  }
}

it(`survives being killed ${KILLS} times while indexing`, { timeout: 120_000 + KILLS * 30_000 }, async () => {
  const random = randomFrom(20261123);
  const base = temporaryFolder('kill');
  const folder = join(base, 'notes');
  const home = join(base, 'data');
  mkdirSync(folder);
  for (let i = 0; i < FILES; i += 1) writeNote(folder, i, 0);

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const child = runIndex(home, folder);
    const end = ended(child);
    const wait = 300 + random() * 4_000;
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, wait))]);
    try {
      // Zero would be the group of this process itself.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It had finished already.
    }
    const { code, stderr } = await end;
    // Whatever it said before it was killed, it was no error.
    if (code !== null && code !== 0) throw new Error(`run ${kill} ended with ${code}: ${stderr}`);
    for (let edits = 0; edits < 8; edits += 1) writeNote(folder, Math.floor(random() * FILES), kill);
    if (random() < 0.3) rmSync(join(folder, `note-${Math.floor(random() * FILES)}.md`), { force: true });
    if (kill % 5 === 0) await contents(home);
  }

  for (let i = 0; i < FILES; i += 1) writeNote(folder, i, 9_999);
  const last = await ended(runIndex(home, folder));
  expect(last.code, last.stderr).toBe(0);
  const fresh = await ended(runIndex(join(base, 'fresh'), folder));
  expect(fresh.code, fresh.stderr).toBe(0);
  const survived = await contents(home);
  const expected = await contents(join(base, 'fresh'));
  expect([...survived.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [path, passages] of expected) expect(survived.get(path)).toEqual(passages);
});
