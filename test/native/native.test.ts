import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runNativeTests } from '../../scripts/build-native.mjs';

const TIMEOUT = 600_000;

/** Fails on failures, and skips with the reason printed where something is missing. */
function judge(result: { status: string; output: string }, skip: (reason: string) => void): void {
  if (result.status === 'skipped') {
    console.log(`skipped: ${result.output}`);
    skip(result.output);
  }
  expect(result.status, result.output).toBe('passed');
  expect(result.output).toMatch(/[1-9]\d* tests, 0 failures/);
}

describe('the native tests', () => {
  it(
    'pass, a million pairs of each kernel against the scalar reference among them',
    async ({ skip }) => {
      judge(await runNativeTests({ sanitize: false }), skip);
    },
    TIMEOUT,
  );

  const compiler = 'aarch64-linux-gnu-g++';
  const emulator = 'qemu-aarch64';
  const crossing = [compiler, emulator].every((tool) => spawnSync(tool, ['--version']).status === 0);
  it.skipIf(!crossing)(
    'pass for the NEON kernels in an emulator',
    async ({ skip }) => {
      const result = await runNativeTests({
        sanitize: false,
        compiler,
        runner: [emulator],
        link: ['-static'],
        args: ['kernels'],
      });
      judge(result, skip);
      expect(result.output).toContain('neon-dot');
    },
    TIMEOUT,
  );
});
