import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { PassimError, toEnvelope } from '../contract/errors.ts';
import type { FromWorker, ToWorker, WorkerCall, WorkerCalls, WorkerSetup } from './protocol.ts';
import { TokenSession } from './session.ts';
import type { PassageTokenizer } from './tokenizer.ts';

/**
 * The thread that holds an ONNX session. ONNX Runtime blocks the thread that calls it, so none of this may run where
 * the engine answers.
 */

type Answer<C extends WorkerCall> = { value: WorkerCalls[C]['response']; transfer: ArrayBuffer[] };
type Handlers = { [C in WorkerCall]?: (request: WorkerCalls[C]['request']) => Promise<Answer<C>> };

function bufferOf(view: ArrayBufferView): ArrayBuffer[] {
  return view.buffer instanceof ArrayBuffer ? [view.buffer] : [];
}

function frontHandlers(tokenizer: PassageTokenizer, session: TokenSession): Handlers {
  return {
    async query({ text }) {
      const query = await tokenizer.query(text);
      const [vectors] = await session.run([query]);
      if (vectors === undefined) throw new PassimError('encode-failed', 'The model gave no answer.');
      return {
        value: { ...vectors, tokens: query.tokens },
        transfer: [vectors.vectors.buffer, vectors.dense.buffer],
      };
    },
    async tokenize({ texts }) {
      const value = await tokenizer.passages(texts);
      return {
        value,
        transfer: value.flatMap((row) => [
          ...bufferOf(row.ids),
          ...bufferOf(row.spans),
          ...bufferOf(row.keep),
        ]),
      };
    },
    async offsets({ text }) {
      const value = await tokenizer.offsets(text);
      return { value, transfer: bufferOf(value) };
    },
    async lengths({ texts }) {
      const value = await tokenizer.lengths(texts);
      return { value, transfer: bufferOf(value) };
    },
  };
}

function laneHandlers(session: TokenSession): Handlers {
  return {
    async encode({ rows, together }) {
      const whole = rows.map((row) => ({ ...row, attention: null }));
      const value: WorkerCalls['encode']['response'] = [];
      if (together) value.push(...(await session.run(whole)));
      else
        for (const row of whole) {
          try {
            value.push(...(await session.run([row])));
          } catch (error) {
            value.push({ error: toEnvelope(error) });
          }
        }
      const transfer = value.flatMap((item) =>
        'error' in item ? [] : [item.vectors.buffer, item.dense.buffer],
      );
      return { value, transfer };
    },
  };
}

/** Loaded only where it is needed: lanes never tokenise. */
async function loadTokenizer(setup: WorkerSetup): Promise<PassageTokenizer> {
  const { PassageTokenizer } = await import('./tokenizer.ts');
  return PassageTokenizer.load(setup.tokenizerFile, setup.manifest);
}

/** Lets the threads of this worker give way to others. Only Linux has a niceness per thread. */
function giveWay(niceness: number): void {
  if (niceness === 0 || process.platform !== 'linux') return;
  try {
    setPriority(0, niceness);
  } catch {
    // Not allowed here; encoding is as fast, only less polite.
  }
}

/** Answers calls on this worker's port until it is told to close. */
export async function serveWorker(setup: WorkerSetup): Promise<void> {
  const port = parentPort;
  if (port === null) throw new PassimError('internal', 'the encoder was started outside a worker');
  const reply = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  giveWay(setup.niceness);
  let session: TokenSession;
  let handlers: Handlers;
  try {
    session =
      setup.provider === 'cpu'
        ? await TokenSession.open(setup.modelFile, setup.manifest, 'cpu', setup.threads)
        : await (await import('./gpu-session.ts')).openGpuSession(setup);
    handlers =
      setup.role === 'front' ? frontHandlers(await loadTokenizer(setup), session) : laneHandlers(session);
  } catch (error) {
    reply({ failed: toEnvelope(error) });
    port.close();
    return;
  }

  const answer = async (id: number, call: WorkerCall, request: unknown): Promise<void> => {
    try {
      // The client sends a request of the call's own type; see WorkerCalls.
      const handler = handlers[call] as ((request: unknown) => Promise<Answer<WorkerCall>>) | undefined;
      if (handler === undefined) throw new PassimError('internal', `this worker does not answer "${call}"`);
      const { value, transfer } = await handler(request);
      reply({ id, ok: true, value }, transfer);
    } catch (error) {
      reply({ id, ok: false, error: toEnvelope(error) });
    }
  };

  port.on('message', (message: ToWorker) => {
    if ('close' in message) {
      // Ends this thread alone, whatever may still be open in it.
      void session.release().finally(() => process.exit());
      return;
    }
    void answer(message.id, message.call, message.request);
  });
  reply({ ready: true });
}

if (workerData !== null && typeof workerData === 'object' && 'passimEncoder' in workerData) {
  await serveWorker(workerData.passimEncoder as WorkerSetup);
}
