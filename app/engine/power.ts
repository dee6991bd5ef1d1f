import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PowerSource, Scheduler, Timer } from '../contract/ports.ts';

/** Where Linux tells of batteries and chargers (Documentation/ABI/testing/sysfs-class-power). */
const SYSTEM_SUPPLIES = '/sys/class/power_supply';
const LOOK_MS = 20_000;

/** What is told from outside, such as by Electron's main process. */
export class ToldPower implements PowerSource {
  readonly #listeners = new Set<() => void>();
  #onBattery: boolean;

  constructor(onBattery: boolean) {
    this.#onBattery = onBattery;
  }

  get onBattery(): boolean {
    return this.#onBattery;
  }

  set(onBattery: boolean): void {
    if (onBattery === this.#onBattery) return;
    this.#onBattery = onBattery;
    for (const listener of [...this.#listeners]) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/**
 * Follows the supplies that Linux lists, by looking now and then. On other systems, and on machines without
 * batteries, the folder is missing or empty: never on battery.
 */
export class SystemPower extends ToldPower {
  readonly #scheduler: Scheduler;
  readonly #folder: string;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(scheduler: Scheduler, folder: string = SYSTEM_SUPPLIES) {
    super(false);
    this.#scheduler = scheduler;
    this.#folder = folder;
  }

  /** Looks once, and again every {@link LOOK_MS} until `stop`. */
  async start(): Promise<void> {
    this.set(await isOnBattery(this.#folder));
    if (this.#stopped) return;
    this.#timer = this.#scheduler.after(LOOK_MS, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}

/**
 * Whether the machine runs on battery: one of its own batteries is being discharged and no charger is connected.
 * @param folder laid out as {@link SYSTEM_SUPPLIES}
 */
export async function isOnBattery(folder: string): Promise<boolean> {
  const supplies = await readdir(folder).catch(() => []);
  let discharging = false;
  for (const supply of supplies) {
    const read = (name: string): Promise<string> =>
      readFile(join(folder, supply, name), 'utf8').then(
        (text) => text.trim(),
        () => '',
      );
    const type = await read('type');
    if (type === 'Battery') {
      // Batteries of mice and headphones have the scope "Device".
      if ((await read('scope')) !== 'Device' && (await read('status')) === 'Discharging') discharging = true;
    } else if ((await read('online')) === '1') return false;
  }
  return discharging;
}
