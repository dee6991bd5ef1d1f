import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../app/engine/settings.ts';
import { passim } from '../helpers/passim.ts';
import { temporaryFolder } from '../helpers/temp.ts';
import { writePackage } from '../unit/encode/tiny-package.ts';

let server: Server;
let address: string;
let served = '';
/** Bytes after which the next answer for a graph breaks off. */
let breakAfter = 0;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    asked.push(`${name} ${request.headers.range ?? 'whole'}`);
    if (served === '' || !existsSync(join(served, name))) {
      response.writeHead(404).end();
      return;
    }
    const whole = readFileSync(join(served, name));
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const part = whole.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length });
    if (breakAfter > 0 && name.endsWith('.onnx')) {
      response.write(part.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 20));
      breakAfter = 0;
    } else response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const TEXTS = {
  'bridge.txt':
    'The cost of the repair of the bridge. End of the river. Hello world, the naive cafe of the river.',
  'contract.txt': 'The contract of the cafe: the cost of the end. The contractual repair of the contract.',
  'hello.txt': 'Hello hello world. The naive world of the naive cafe. Hello river, hello bridge, hello end.',
};

describe('passim model', { timeout: 180_000 }, () => {
  it('fetches a model, builds its index beside the old one, searches with it, goes back and removes it', async () => {
    const base = temporaryFolder('model');
    const home = join(base, 'data');
    const folder = join(base, 'notes');
    served = join(base, 'served');
    mkdirSync(served);
    mkdirSync(folder);
    for (const [name, text] of Object.entries(TEXTS)) writeFileSync(join(folder, name), text);
    writePackage(served, { graph: { dimension: 32, hidden: 64 } });
    await passim(home, ['index', folder]);
    const indexes = () => readdirSync(join(home, 'index'));
    expect(indexes()).toHaveLength(1);

    breakAfter = 1000;
    const added = await passim(home, ['model', 'add', address, '--name', 'tiny']);
    expect(added.out).toContain('tiny 1.0.0, licence Apache-2.0');
    expect(added.out).toMatch(/[0-9a-f]{64} {2}model\.onnx/);
    expect(added.err).toContain('fetching model.onnx');
    expect(asked).toContain('model.onnx bytes=1000-');
    const listed = await passim(home, ['model', 'list']);
    expect(listed.out).toMatch(/● │ default/);
    expect(listed.out).toMatch(/○ │ tiny/);
    for (const known of ['answerai-colbert-small-v1', 'GTE-ModernColBERT-v1', 'jina-colbert-v2'])
      expect(listed.out).toContain(known);

    // A package without a codebook gets one from the person's own texts.
    const used = await passim(home, ['model', 'use', 'tiny']);
    expect(used.err).toContain('fitting');
    expect(used.err).toContain('3 files searchable');
    expect(indexes()).toHaveLength(2);
    expect(readSettings(join(home, 'settings.json')).model).toBe(join(home, 'models', 'tiny'));
    expect(JSON.parse(readFileSync(join(home, 'models/tiny/manifest.json'), 'utf8')).codebook).toBeDefined();
    const status = JSON.parse((await passim(home, ['status', '--json'])).out);
    expect(status.model).toMatchObject({ name: 'tiny', dimension: 32 });
    const found = JSON.parse(
      (await passim(home, ['search', 'contract', '--json', '--ranker', 'maxsim'])).out,
    );
    expect(found.results[0].path).toBe(join(folder, 'contract.txt'));
    expect(
      found.results[0].passages[0].tokens.some((token: { matched: string }) => token.matched !== ''),
    ).toBe(true);

    await expect(passim(home, ['model', 'remove', 'tiny'])).rejects.toThrow(/in use/);
    const back = await passim(home, ['model', 'use', 'default']);
    expect(back.err).toContain('3 files searchable');
    expect(indexes()).toHaveLength(2);
    expect(readSettings(join(home, 'settings.json')).model).toBeNull();
    expect((await passim(home, ['model', 'remove', 'tiny'])).err).toContain('Removed');
    expect(existsSync(join(home, 'models', 'tiny'))).toBe(false);
    await expect(passim(home, ['model', 'remove', 'default'])).rejects.toThrow(/stays/);
  });

  it('refuses what is no model, and a file that is not what its manifest says', async () => {
    const base = temporaryFolder('model');
    const home = join(base, 'data');
    served = join(base, 'served');
    mkdirSync(served);
    await expect(passim(home, ['model', 'use', 'nowhere'])).rejects.toThrow(/no model "nowhere"/);
    await expect(passim(home, ['model', 'add', 'two words'])).rejects.toThrow(/cannot be the name|neither/);
    await expect(passim(home, ['model', 'add', address, '--name', '../out'])).rejects.toThrow(
      /cannot be the name/,
    );
    await expect(passim(home, ['model', 'add', address, '--name', 'tiny'])).rejects.toThrow(/404/);
    writePackage(served, { graph: { dimension: 32, hidden: 64 } });
    writeFileSync(join(served, 'tokenizer.json'), '{}');
    await expect(passim(home, ['model', 'add', address, '--name', 'tiny'])).rejects.toMatchObject({
      code: 'model-tampered',
    });
    expect(existsSync(join(home, 'models', 'tiny'))).toBe(false);
  });
});
