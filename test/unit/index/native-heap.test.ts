import { expect, test } from 'vitest';
import { loadAddon } from '../../../app/index/addon.ts';
import { limitNativeHeap, releaseNativeHeap } from '../../../app/index/native-heap.ts';

const { addon } = loadAddon();
const glibc = 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;

test.skipIf(addon === null)(
  'bounds the heap where the C library is glibc and leaves others alone',
  async () => {
    expect(limitNativeHeap()).toBe(glibc);
    await expect(releaseNativeHeap()).resolves.toBeUndefined();
  },
);

test.skipIf(addon === null)('refuses bounds that are no sizes', () => {
  for (const size of [0, -1, 1.5, Number.NaN, 2 ** 31])
    expect(() => addon?.limitHeap(2, size, 1024)).toThrow(expect.objectContaining({ code: 'native-guard' }));
});
