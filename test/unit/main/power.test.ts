import { expect, test } from 'vitest';
import { electronPower } from '../../../main/power.ts';
import { FakeElectron } from '../../fakes/electron.ts';

test("follows Electron's power monitor", () => {
  const electron = new FakeElectron();
  electron.onBattery = true;
  const power = electronPower(electron.powerMonitor);
  const told: boolean[] = [];
  const end = power.onChange(() => told.push(power.onBattery));
  expect(power.onBattery).toBe(true);
  electron.powerEvents.emit('on-ac');
  electron.powerEvents.emit('on-battery');
  expect(told).toEqual([false, true]);
  end();
  electron.powerEvents.emit('on-ac');
  expect(told).toEqual([false, true]);
  expect(power.onBattery).toBe(false);
});
