import type { Context } from 'hono';
import { stream } from 'hono/streaming';
import type { EngineApi, EngineEvent } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';
import type { Scheduler } from '../contract/ports.ts';
import { EventQueue } from './events.ts';

const MAX_STREAMS = 32;
const HEARTBEAT_MS = 15_000;

/** Streams of the engine's events to windows and programs. */
export class EventStreams {
  readonly #engine: EngineApi;
  readonly #scheduler: Scheduler;
  readonly #queues = new Set<EventQueue>();

  constructor(engine: EngineApi, scheduler: Scheduler) {
    this.#engine = engine;
    this.#scheduler = scheduler;
  }

  /**
   * Answers with a stream of server-sent events that lasts until the listener goes.
   * @throws PassimError 'bad-request' when too many listen
   */
  answer(
    context: Context,
    frame: (event: EngineEvent) => string,
    accept: (event: EngineEvent) => boolean = () => true,
  ): Response {
    if (this.#queues.size >= MAX_STREAMS)
      throw new PassimError('bad-request', 'Too many windows listen at once; close one.');
    context.header('Content-Type', 'text/event-stream');
    context.header('Cache-Control', 'no-store');
    return stream(context, async (out) => {
      const queue = new EventQueue();
      const stopListening = this.#engine.onEvent((event) => {
        if (accept(event)) queue.push(event);
      });
      this.#queues.add(queue);
      out.onAbort(() => queue.close());
      try {
        await out.write(': listening\n\n');
        while (!queue.closed) {
          const beat = Promise.withResolvers<void>();
          const timer = this.#scheduler.after(HEARTBEAT_MS, beat.resolve);
          const events = await queue.take(beat.promise);
          timer.cancel();
          const lines = events.map(frame).join('');
          await out.write(lines === '' ? ': still here\n\n' : lines);
        }
      } finally {
        stopListening();
        this.#queues.delete(queue);
      }
    });
  }

  close(): void {
    for (const queue of this.#queues) queue.close();
  }
}
