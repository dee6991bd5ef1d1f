import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchedFolderSchema } from '../../../app/contract/settings.ts';
import { ToldPower } from '../../../app/engine/power.ts';
import { openEngine, search } from '../../helpers/engine.ts';
import { temporaryFolder } from '../../helpers/temp.ts';

test('the engine tells why it indexes gently, follows power and settings, and finishes', async () => {
  const base = temporaryFolder('gentle');
  const files = join(base, 'files');
  const home = join(base, 'data');
  mkdirSync(files);
  for (let file = 0; file < 12; file += 1)
    writeFileSync(
      join(files, `minutes-${file}.txt`),
      `Meeting ${file} put off the repair of the bridge. `.repeat(40),
    );
  const power = new ToldPower(true);
  const engine = await openEngine(home, { watch: true, power });
  const gentle = async () => (await engine.call('status', {})).progress.gentle ?? null;
  expect(await gentle()).toBe('battery');
  await engine.call('addFolder', watchedFolderSchema.parse({ path: files }));
  const found = search(engine, 'bridge');
  expect(await gentle()).toBe('searching');
  await found;
  await expect.poll(gentle, { timeout: 20_000 }).toBe('battery');
  await expect.poll(async () => (await engine.call('status', {})).searchable, { timeout: 60_000 }).toBe(12);
  power.set(false);
  expect(await gentle()).toBeNull();
  // As when it is changed by hand or by the window; the engine looks now and then.
  writeFileSync(
    join(home, 'settings.json'),
    JSON.stringify({ folders: [{ path: files }], gentle: 'always' }),
  );
  await expect.poll(gentle, { timeout: 20_000 }).toBe('chosen');
}, 120_000);
