import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { EngineApi } from '../../app/contract/engine.ts';
import { startServer } from '../../app/serve/index.ts';
import { randomFrom } from './random.ts';

const WORDS = (
  'lease tenant notice contract deposit rent garden tomato pepper planted harvest motor torque current battery winter ' +
  'train night platform delayed journey invoice paid account balance letter answered meeting agreed budget project ' +
  'river bridge mountain cabin snow recipe flour butter pan breakfast children school teacher book library reading'
).split(' ');

/** Writes notes of a few sentences each, the same for the same seed. */
export function writeNotes(folder: string, files: number, sentences: number, seed = 1): void {
  const random = randomFrom(seed);
  mkdirSync(folder, { recursive: true });
  const word = () => WORDS[Math.floor(random() * WORDS.length)] ?? '';
  for (let i = 0; i < files; i += 1) {
    const text = Array.from({ length: sentences }, () => `The ${Array.from({ length: 9 }, word).join(' ')}.`);
    writeFileSync(join(folder, `note-${i}.txt`), `Note ${i}.\n\n${text.join(' ')}\n`);
  }
}

export interface ParallelRun {
  /** Milliseconds of each answer, in the order they came. */
  readonly latencies: readonly number[];
  /** Answers that came while files were still waiting. */
  readonly during: number;
  readonly errors: readonly string[];
}

/**
 * Lets clients search over the loopback server, one after another each, until `indexing` has ended and each has
 * asked once more. Every third client speaks MCP, the others the HTTP API.
 */
export async function searchWhile(
  engine: EngineApi,
  clients: number,
  indexing: Promise<unknown>,
): Promise<ParallelRun> {
  const server = await startServer({ engine, shell: null, assets: null });
  const latencies: number[] = [];
  const errors: string[] = [];
  let running = true;
  let during = 0;
  const ended = indexing.finally(() => {
    running = false;
  });
  const headers = { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' };

  const client = async (number: number): Promise<void> => {
    const random = randomFrom(number + 1);
    const mcp = number % 3 === 2 ? new Client({ name: `client-${number}`, version: '1' }) : null;
    await mcp?.connect(
      new StreamableHTTPClientTransport(new URL(`${server.origin}/mcp`), { requestInit: { headers } }),
    );
    const ask = async (query: string): Promise<void> => {
      if (mcp !== null) {
        const result = await mcp.callTool({ name: 'search', arguments: { query } });
        if (result.isError === true) throw new Error(JSON.stringify(result.content));
        return;
      }
      const response = await fetch(`${server.origin}/api/v1/search`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text}`);
      if (!Array.isArray((JSON.parse(text) as { results?: unknown }).results))
        throw new Error(text.slice(0, 200));
    };
    for (let last = false; !last; ) {
      last = !running;
      const query = Array.from({ length: 4 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');
      const began = performance.now();
      try {
        await ask(query);
      } catch (error) {
        errors.push(`client ${number}: ${error instanceof Error ? error.message : String(error)}`);
      }
      latencies.push(performance.now() - began);
      if (running) during += 1;
    }
    await mcp?.close();
  };
  try {
    await Promise.all([ended, ...Array.from({ length: clients }, (_, i) => client(i))]);
  } finally {
    await server.close();
  }
  return { latencies, during, errors };
}
