/** The script that runs in an extraction process: one file at a time, asked for and answered by messages. */
import { Worker } from 'node:worker_threads';
import { extractFile } from './extract-file.ts';
import { connectParent } from './parent-channel.ts';
import { type ExtractRequest, resultMessage, type WorkerMessage } from './protocol.ts';

/**
 * Ends this process when its parent is gone. It runs in a thread of its own because the main thread may be deep in
 * a hostile file and then never hears of it.
 */
const ORPHAN_WATCH = `
const parent = process.ppid;
setInterval(() => {
  let alive = process.ppid === parent;
  try { process.kill(parent, 0); } catch (error) { alive = alive && error.code === 'EPERM'; }
  if (!alive) process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

function watchParent(): void {
  try {
    const thread = new Worker(ORPHAN_WATCH, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } });
    thread.unref();
    thread.on('error', () => {});
  } catch {
    // Without threads the close of the channel has to do.
  }
}

function isRequest(message: unknown): message is ExtractRequest {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'extract';
}

// A rejection that a parser forgot to handle must not end the process: its file's outcome is still to come.
process.on('unhandledRejection', () => {});
// Ctrl-C in a terminal reaches every process of the group; when to end is for the parent to say.
process.on('SIGINT', () => {});
const channel = await connectParent();
channel.onClose(() => process.exit(0));
channel.onMessage((message) => {
  if (!isRequest(message)) return;
  void extractFile(message.path, message.limits).then((outcome) =>
    channel.send(resultMessage(message.id, outcome)),
  );
});
watchParent();
channel.send({ type: 'ready' } satisfies WorkerMessage);
