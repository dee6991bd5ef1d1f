import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireAddon } from './support.ts';

const addon = await requireAddon();

describe.skipIf(addon === null)('the native index lets its process end', () => {
  it.each(['open', 'exit while searching', 'close while searching', 'terminate a searching worker'])(
    '%s',
    (mode) => {
      const child = spawnSync(process.execPath, [join(import.meta.dirname, 'exit-child.ts'), mode], {
        encoding: 'utf8',
        timeout: 50_000,
      });
      expect(child.stdout).toContain('ended well');
      expect({ status: child.status, signal: child.signal, stderr: child.stderr }).toMatchObject({
        status: 0,
        signal: null,
      });
    },
  );
});
