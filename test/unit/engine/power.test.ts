import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOnBattery, SystemPower } from '../../../app/engine/power.ts';
import { temporaryFolder } from '../../helpers/temp.ts';
import { ManualScheduler } from '../watch/manual-scheduler.ts';

type Supply = Readonly<Record<string, string>>;

/** Lays out supplies as Linux does. */
function supplies(root: string, all: Readonly<Record<string, Supply>>): string {
  rmSync(root, { recursive: true, force: true });
  for (const [name, files] of Object.entries(all)) {
    mkdirSync(join(root, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, name, file), `${text}\n`);
  }
  return root;
}

const charger = (online: 0 | 1): Supply => ({ type: 'Mains', online: String(online) });
const battery = (status: string): Supply => ({ type: 'Battery', status, capacity: '71' });

test.each<[string, Record<string, Supply>, boolean]>([
  ['a laptop unplugged', { AC: charger(0), BAT0: battery('Discharging') }, true],
  ['a laptop plugged in', { AC: charger(1), BAT0: battery('Charging') }, false],
  ['plugged in, and the charger too weak', { AC: charger(1), BAT0: battery('Discharging') }, false],
  ['full', { AC: charger(1), BAT0: battery('Full') }, false],
  [
    'charged over USB-C',
    { 'ucsi-source-psy-1': { type: 'USB', online: '1' }, BAT0: battery('Charging') },
    false,
  ],
  ['two batteries, one in use', { BAT0: battery('Not charging'), BAT1: battery('Discharging') }, true],
  ['a desktop computer with a mouse', { mouse: { ...battery('Discharging'), scope: 'Device' } }, false],
  ['a battery that does not say', { BAT0: { type: 'Battery' } }, false],
  ['no supply at all', {}, false],
])('%s', async (_, all, expected) => {
  const root = join(temporaryFolder('power'), 'power_supply');
  expect(await isOnBattery(supplies(root, all))).toBe(expected);
});

test('a system without the folder is never on battery', async () => {
  expect(await isOnBattery(join(temporaryFolder('power'), 'missing'))).toBe(false);
});

test('follows what is plugged in and out, until it is stopped', async () => {
  const root = join(temporaryFolder('power'), 'power_supply');
  supplies(root, { AC: charger(1), BAT0: battery('Full') });
  const scheduler = new ManualScheduler();
  const power = new SystemPower(scheduler, root);
  const told: boolean[] = [];
  power.onChange(() => told.push(power.onBattery));
  await power.start();
  expect(power.onBattery).toBe(false);
  supplies(root, { AC: charger(0), BAT0: battery('Discharging') });
  // A look takes as long as the disk does.
  await scheduler.advance(25_000, async () => {});
  await expect.poll(() => told).toEqual([true]);
  supplies(root, { AC: charger(1), BAT0: battery('Charging') });
  await expect
    .poll(async () => {
      await scheduler.advance(25_000, async () => {});
      return told;
    })
    .toEqual([true, false]);
  power.stop();
});
