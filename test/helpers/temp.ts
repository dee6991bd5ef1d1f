import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A fresh folder that is removed when the test has finished. */
export function temporaryFolder(name = 'test'): string {
  const { path, remove } = makeTemporaryFolder(name);
  onTestFinished(remove);
  return path;
}

/** A fresh folder for several tests; whoever makes it removes it. */
export function makeTemporaryFolder(name = 'test'): { readonly path: string; readonly remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `passim-${name}-`)));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}
