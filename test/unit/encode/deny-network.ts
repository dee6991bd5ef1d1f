import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** Every way out of the process is counted and refused; shared by the process and its worker threads. */
const attempts: string[] = [];

function refuse(what: string): never {
  attempts.push(what);
  process.stdout.write(`ATTEMPT ${what}\n`);
  throw new Error(`the network was asked for: ${what}`);
}

globalThis.fetch = async (input) => refuse(`fetch ${String(input)}`);
net.Socket.prototype.connect = (...args: unknown[]) => refuse(`connect ${JSON.stringify(args[0])}`);
Object.assign(dns, { lookup: (name: string) => refuse(`lookup ${name}`) });
Object.assign(dns.promises, { lookup: (name: string) => refuse(`lookup ${name}`) });
syncBuiltinESMExports();
