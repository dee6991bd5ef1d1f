import type { PowerSource } from '../app/contract/ports.ts';
import type { PowerMonitorApi } from './electron-api.ts';

/** Where the machine's power comes from, as Electron tells; may be asked once the application is ready. */
export function electronPower(monitor: PowerMonitorApi): PowerSource {
  const listeners = new Set<() => void>();
  let onBattery = monitor.isOnBatteryPower();
  const take = (battery: boolean) => (): void => {
    onBattery = battery;
    for (const listener of [...listeners]) listener();
  };
  monitor.on('on-battery', take(true));
  monitor.on('on-ac', take(false));
  return {
    get onBattery() {
      return onBattery;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
