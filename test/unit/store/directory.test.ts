import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { resolveIndexDirectory } from '../../../app/store/index.ts';
import { WriterLock } from '../../../app/store/writer-lock.ts';
import { fileRecord, openReader, openWriter, passagesOf, SHAPE, temporaryDirectory } from './store-kit.ts';

it('each model and bit width has a folder of its own', () => {
  const shapes = [
    SHAPE,
    { ...SHAPE, bits: 2 as const },
    { ...SHAPE, modelId: 'test-model@2#abcd' },
    { ...SHAPE, modelId: 'test/model@1#abcd' },
  ];
  const folders = new Set(shapes.map((shape) => resolveIndexDirectory('/home', shape)));
  expect(folders.size).toBe(shapes.length);
  for (const folder of folders) expect(dirname(folder)).toBe(join('/home', 'index'));
});

it.skipIf(process.platform === 'win32')('the directory is for its owner alone', async () => {
  const directory = join(temporaryDirectory(), 'index', 'deep');
  await openWriter({ directory });
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

it.each(['plain', 'with blanks', 'hash#tag', 'per%20cent %', "quote'd", 'Ünïcödé 日本', 'x=y&z', 'a+b@c'])(
  'works in a folder named %s',
  async (name) => {
    const directory = join(temporaryDirectory(), name, 'index');
    const store = await openWriter({ directory });
    const { pids } = await store.commitFile(fileRecord(`/root/${name}/it's.txt`), passagesOf('alpha'));
    await store.maintain({ force: true });
    await store.close();
    expect(existsSync(join(directory, 'passages.lance', 'data'))).toBe(true);
    const again = await openWriter({ directory });
    expect(again.recovery.notes).toEqual([]);
    expect((await again.fullText('alpha', { limit: 5 })).map((hit) => hit.pid)).toEqual(pids);
  },
);

it('an index of another model is refused, whole and untouched', async () => {
  const directory = temporaryDirectory();
  const store = await openWriter({ directory });
  await store.commitFile(fileRecord('/root/a'), passagesOf('alpha'));
  await store.close();
  const other = { ...SHAPE, modelId: 'other@1#ffff' };
  await expect(openWriter({ directory, shape: other })).rejects.toMatchObject({ code: 'index-model' });
  await expect(openReader({ directory, shape: { ...SHAPE, bits: 2 } })).rejects.toMatchObject({
    code: 'index-model',
  });
  const again = await openWriter({ directory });
  expect(again.ledger.size).toBe(1);
});

it('an index of another format is refused and the message says which', async () => {
  const directory = temporaryDirectory();
  await (await openWriter({ directory })).close();
  const file = join(directory, 'format.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), formatVersion: 999 }));
  const opened = openWriter({ directory });
  await expect(opened).rejects.toMatchObject({ code: 'index-version' });
  await expect(opened).rejects.toThrow('999');
  writeFileSync(file, '{');
  await expect(openWriter({ directory })).rejects.toMatchObject({ code: 'index-corrupt' });
});

it('reading where there is no index says so', async () => {
  await expect(openReader({ directory: temporaryDirectory() })).rejects.toMatchObject({ code: 'not-found' });
});

it('a second writer in this process is refused, a reader is not', async () => {
  const directory = temporaryDirectory();
  const first = await openWriter({ directory });
  await first.commitFile(fileRecord('/root/a'), passagesOf('alpha'));
  const second = openWriter({ directory });
  await expect(second).rejects.toMatchObject({ code: 'index-locked' });
  await expect(second).rejects.toThrow(String(process.pid));
  const reader = await openReader({ directory });
  expect(reader.ledger.size).toBe(1);
  expect((await reader.fullText('alpha', { limit: 1 })).length).toBe(1);
  await first.close();
  expect((await openWriter({ directory })).ledger.size).toBe(1);
});

it('a writer waits a moment for one that is just ending', async () => {
  const directory = temporaryDirectory();
  const first = await openWriter({ directory });
  const second = openWriter({ directory });
  await first.close();
  expect((await second).ledger.size).toBe(0);
});

it('another process holds the lock until it is killed', async () => {
  const directory = temporaryDirectory();
  const module = new URL('../../../app/store/writer-lock.ts', import.meta.url).href;
  const script = `import { WriterLock } from ${JSON.stringify(module)};
    const lock = WriterLock.acquire(${JSON.stringify(directory)});
    console.log('held'); setInterval(() => lock, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  await once(child.stdout, 'data');
  expect(() => WriterLock.acquire(directory)).toThrow(String(child.pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(join(directory, 'lock.json'))).toBe(true);
  const lock = WriterLock.acquire(directory);
  expect(JSON.parse(readFileSync(join(directory, 'lock.json'), 'utf8')).pid).toBe(process.pid);
  lock.release();
});
