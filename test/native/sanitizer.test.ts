import { expect, it } from 'vitest';
import { runNativeTests } from '../../scripts/build-native.mjs';

it('the native tests pass under AddressSanitizer and UndefinedBehaviorSanitizer', async ({ skip }) => {
  const { status, output } = await runNativeTests({ sanitize: true });
  if (status === 'skipped') {
    console.log(`skipped: ${output}`);
    skip(output);
  }
  expect(status, output).toBe('passed');
  expect(output).toMatch(/[1-9]\d* tests, 0 failures/);
}, 900_000);
