/** The script of the engine's own process: runs one engine and answers its port. */
import type { EngineCall, EngineEvent } from '../contract/engine.ts';
import { PassimError, toEnvelope } from '../contract/errors.ts';
import { systemScheduler } from '../contract/ports.ts';
import { SystemPower, ToldPower } from '../engine/power.ts';
import { createEngine, type RunningEngine } from '../engine.ts';
import { openPort } from './port.ts';
import type { FromEngine, HostStart, ToEngine } from './protocol.ts';

const port = openPort();
const running = new Map<number, AbortController>();
let engine: RunningEngine | null = null;
let power: ToldPower | null = null;
let starting: Promise<void> = Promise.resolve();
let stopping = false;

function send(message: FromEngine): void {
  port.send(message);
}

async function start(options: HostStart): Promise<void> {
  try {
    power = options.battery === undefined ? systemPower() : new ToldPower(options.battery);
    engine = await createEngine({
      home: options.home,
      mode: options.mode,
      watch: options.watch,
      suspects: options.suspects,
      ...(options.model === undefined ? {} : { model: options.model }),
      spawner: port.spawner,
      scheduler: systemScheduler,
      logger: port.logger,
      power,
      onWorking: (paths) => send({ type: 'working', paths }),
    });
    engine.onEvent((event: EngineEvent) => send({ type: 'event', event }));
    send({ type: 'ready' });
    engine.begin();
  } catch (error) {
    send({ type: 'failed', error: toEnvelope(error) });
  }
}

function systemPower(): SystemPower {
  const system = new SystemPower(systemScheduler);
  void system.start();
  return system;
}

async function answer(id: number, name: EngineCall, input: unknown): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    if (engine === null) throw new PassimError('engine-stopped', 'The engine has not started.');
    // The engine checks the input against the schema of the call.
    const value = await engine.call(name, input as never, controller.signal);
    send({ type: 'answer', id, envelope: { ok: true, value } });
  } catch (error) {
    send({ type: 'answer', id, envelope: { ok: false, error: toEnvelope(error) } });
  } finally {
    running.delete(id);
  }
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  // A process must not end while its encoder is being opened, or works: its threads would take it down.
  await starting;
  try {
    await engine?.stop();
  } catch (error) {
    port.logger.log('error', 'engine did not stop cleanly', { message: String(error) });
  }
  port.close();
}

port.onMessage((raw) => {
  const message = raw as ToEngine;
  if (message.type === 'start') starting = start(message.start);
  else if (message.type === 'call') void answer(message.id, message.name, message.input);
  else if (message.type === 'power') power?.set(message.battery);
  else if (message.type === 'cancel') running.get(message.id)?.abort();
  else if (message.type === 'stop') void stop();
});
// Whoever started the engine is gone: finish what is being written and leave.
port.onDisconnect(() => void stop());
// Ctrl-C reaches the whole process group; the parent asks the engine to stop in its own time.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void stop());
