// Makes a Node child look like one of Electron's utility processes: `process.parentPort` instead of `process.send`,
// and ports that come with messages. Then it runs the script that was asked for.
import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';

const send = process.send.bind(process);
const ports = new Map();

/** A port that keeps what comes until it is started, as Electron's do. */
class Port extends EventEmitter {
  #started = false;
  #waiting = [];

  constructor(post, shut) {
    super();
    this.postMessage = post;
    this.close = shut;
  }
  start() {
    this.#started = true;
    for (const event of this.#waiting.splice(0)) this.emit('message', event);
  }
  take(event) {
    if (this.#started) this.emit('message', event);
    else this.#waiting.push(event);
  }
}

const parentPort = new Port((message) => send({ kind: 'parent', message }));
parentPort.on('newListener', (name) => {
  if (name === 'message' && parentPort.listenerCount('message') === 0)
    queueMicrotask(() => parentPort.start());
});

function openPort(id) {
  const port = new Port(
    (message) => send({ kind: 'port', id, message }),
    () => send({ kind: 'close', id }),
  );
  ports.set(id, port);
  return port;
}

process.on('message', ({ kind, id, message, transferred }) => {
  if (kind === 'parent') parentPort.take({ data: message, ports: transferred.map(openPort) });
  else if (kind === 'port') ports.get(id)?.take({ data: message, ports: [] });
  else if (kind === 'close') ports.get(id)?.emit('close');
});
process.on('disconnect', () => process.exit(0));
Object.defineProperty(process, 'parentPort', { value: parentPort });
// A utility process has no channel of Node.
process.send = undefined;

const [script] = process.argv.splice(2, 1);
process.argv[1] = script;
await import(pathToFileURL(script).href);
