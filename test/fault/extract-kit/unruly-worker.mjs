// A worker that does what the name of its file says: for testing the pool, not for reading files.
import { basename } from 'node:path';

process.on('disconnect', () => process.exit(0));
process.on('message', ({ id, path }) => {
  const deed = basename(path).replace(/\..*$/, '');
  if (deed === 'abort') process.abort();
  if (deed === 'exit') process.exit(3);
  if (deed === 'kill') process.kill(process.pid, 'SIGKILL');
  if (deed === 'hang') for (;;);
  if (deed === 'heap') {
    const hoard = [];
    for (;;) hoard.push(new Array(10_000).fill(hoard.length));
  }
  if (deed === 'buffers') {
    const hoard = [];
    for (;;) hoard.push(Buffer.alloc(4 * 1024 * 1024, 1));
  }
  if (deed === 'garbage') process.send({ type: 'result', id, outcome: { ok: 'perhaps' } });
  if (deed === 'overflow') {
    const recurse = () => recurse() + 1;
    recurse();
  }
  process.send({
    type: 'result',
    id,
    outcome: { ok: false, problem: 'empty', detail: `pid ${process.pid}` },
  });
});
process.send({ type: 'ready' });
