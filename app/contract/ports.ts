/** Things of the outside world that are handed in, so that tests can put others in their place. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back. */
  monotonic(): number;
}

export interface Timer {
  cancel(): void;
}

export interface Scheduler extends Clock {
  /** Runs `task` once after `ms` milliseconds; the timer does not keep the process alive. */
  after(ms: number, task: () => void): Timer;
}

export const systemScheduler: Scheduler = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const handle = setTimeout(task, ms);
    handle.unref?.();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Where the machine's power comes from. */
export interface PowerSource {
  /** False on mains, and where it can't be told. */
  readonly onBattery: boolean;
  /** Calls back at each change; what it returns ends that. */
  onChange(listener: () => void): () => void;
}

/** What work in the background may take. */
export interface WorkShare {
  /** Lanes (sessions, each in a thread) that work at once, at most. */
  readonly lanes: number;
  /** How long they rest after each piece of work, in multiples of the time that it took. */
  readonly rest: number;
}

/** Tells work in the background how much of the machine is its own right now. */
export interface WorkPace {
  /** @param lanes how many there are */
  share(lanes: number): WorkShare;
  /** Calls back at each change; what it returns ends that. */
  onChange(listener: () => void): () => void;
}

/** All of it, always. */
export const fullPace: WorkPace = {
  share: (lanes) => ({ lanes, rest: 0 }),
  onChange: () => () => {},
};

/** A child process that speaks structured messages. */
export interface ChildHandle {
  readonly pid: number | undefined;
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, with the exit code, or the name of the signal that ended it. */
  onExit(listener: (code: number | null, signal: string | null) => void): void;
  kill(): void;
}

/** Starts child processes: `child_process.fork` under Node, a utility process that main forks under Electron. */
export interface Spawner {
  /** @param module absolute path of the script to run */
  spawn(
    module: string,
    options: { name: string; args?: readonly string[]; execArgv?: readonly string[] },
  ): ChildHandle;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const silentLogger: Logger = { log: () => {} };
