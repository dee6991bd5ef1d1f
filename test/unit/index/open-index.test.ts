import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../../app/contract/ports.ts';
import { type Addon, loadAddon } from '../../../app/index/addon.ts';
import { TypeScriptCodec } from '../../../app/index/codec.ts';
import { NativeCodec } from '../../../app/index/native-codec.ts';
import { createCodec, createIndex } from '../../../app/index/open-index.ts';
import { makeCodebook, requireAddon } from './support.ts';

const addon = await requireAddon();
const codebook = makeCodebook(16, 20);

function recorder(): { logger: Logger; events: unknown[][] } {
  const events: unknown[][] = [];
  return { logger: { log: (...entry) => events.push(entry) }, events };
}

describe('createIndex', () => {
  it.skipIf(addon === null)('takes the native index where the addon loads', () => {
    const { logger, events } = recorder();
    const { index, kind, reason } = createIndex({ codebook, bits: 4, logger });
    expect(kind).toBe('native');
    expect(index.stats()).toMatchObject({ kind: 'native', passages: 0 });
    expect(reason).toContain(index.stats().kernel);
    expect(events).toMatchObject([['info', 'index.created', { kind: 'native' }]]);
    expect(createCodec({ codebook, bits: 4 })).toBeInstanceOf(NativeCodec);
    index.close();
  });

  it('takes TypeScript and says why where the addon is turned off or missing', () => {
    for (const [path, why] of [
      ['off', 'PASSIM_ADDON=off'],
      ['/no/such/passim.node', 'npm run build:native'],
    ] as const) {
      const loaded = loadAddon(path);
      const { logger, events } = recorder();
      const { index, kind, reason } = createIndex({ codebook, bits: 4, logger, addon: loaded });
      expect(kind).toBe('typescript');
      expect(reason).toContain(why);
      expect(index.stats().kernel).toBe('typescript');
      expect(events).toMatchObject([['warn', 'index.created', { kind: 'typescript' }]]);
      expect(createCodec({ codebook, bits: 4, addon: loaded })).toBeInstanceOf(TypeScriptCodec);
    }
  });

  it('takes TypeScript where the file is no addon', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'passim-addon-')), 'passim.node');
    await writeFile(path, 'not a library');
    const loaded = loadAddon(path);
    expect(loaded).toMatchObject({ addon: null });
    expect(createIndex({ codebook, bits: 4, addon: loaded }).reason).toContain(path);
  });

  it('takes TypeScript where the native index refuses the codebook', () => {
    const refusing = {
      createCodebook: () => {
        throw Object.assign(new Error('kernel "abacus" does not run on this processor'), {
          code: 'native-guard',
        });
      },
    } as unknown as Addon;
    const { kind, reason } = createIndex({ codebook, bits: 4, addon: { addon: refusing, path: 'x' } });
    expect(kind).toBe('typescript');
    expect(reason).toContain('abacus');
  });

  it.skipIf(addon === null)('runs every kernel of this processor when it is forced', () => {
    const { addon: loaded } = loadAddon();
    const before = process.env.PASSIM_KERNEL;
    try {
      for (const kernel of loaded?.kernels() ?? []) {
        process.env.PASSIM_KERNEL = kernel;
        const { index } = createIndex({ codebook, bits: 4 });
        expect(index.stats().kernel).toBe(kernel);
        index.close();
      }
    } finally {
      if (before === undefined) delete process.env.PASSIM_KERNEL;
      else process.env.PASSIM_KERNEL = before;
    }
  });
});
