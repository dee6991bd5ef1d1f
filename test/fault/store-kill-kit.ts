import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const CHILD = fileURLToPath(new URL('./store-child.ts', import.meta.url));

/** What a child says on its standard output. */
export interface Said {
  readonly ready?: boolean;
  readonly lost?: string[];
  readonly ledgerLost?: boolean;
  readonly trying?: string;
  readonly done?: string;
  readonly version?: number;
  /** Small fragments are about to be merged, or have been in these tables. */
  readonly merging?: boolean;
  readonly merged?: string[];
}

/**
 * Runs the child for a while and kills it.
 * @param work what it does; see store-child.ts
 */
export async function runAndKill(
  directory: string,
  seed: number,
  /** Milliseconds from its start, or what is waited for. */
  until: number | Promise<unknown>,
  heard: (said: Said) => void,
  work: 'change' | 'append' = 'change',
): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', CHILD, directory, String(seed), work],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout });
  const started = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      // The last line may be cut by the kill.
      if (!line.endsWith('}')) return;
      const said: Said = JSON.parse(line);
      if (said.ready) resolve();
      else heard(said);
    });
  });
  const ended = once(child, 'exit');
  // Now and then before it has opened, while it tidies up after the last kill.
  if (seed % 5 !== 0) await Promise.race([started, ended]);
  if (typeof until === 'number') await new Promise((resolve) => setTimeout(resolve, until));
  else await until;
  child.kill('SIGKILL');
  // Not of itself.
  expect(await ended).toEqual([null, 'SIGKILL']);
}
