import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { fileUri } from '../../../app/mcp/resources.ts';
import { type Served, serveFake } from '../../fakes/served.ts';

const FILES = {
  'lease.md': 'The lease names the deposit.\n\nThe tenant may end the lease with three months notice.\n',
  'sub/garden notes.txt': Array.from({ length: 60 }, (_, i) => `Bed ${i} has tomatoes.`).join('\n\n'),
};

const ERAS = ['legacy', { pin: '2026-07-28' }] as const;

let served: Served | null = null;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await served?.close();
  served = null;
});

async function connect(mode: (typeof ERAS)[number] = 'legacy'): Promise<{ client: Client; served: Served }> {
  served ??= await serveFake(FILES);
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  clients.push(client);
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${served.server.origin}/mcp`), {
      requestInit: { headers: { Authorization: `Bearer ${served.server.token}` } },
    }),
  );
  return { client, served };
}

/** The structured content of a tool's answer. */
async function call<T>(client: Client, name: string, args: Record<string, unknown>): Promise<T> {
  const result = await client.callTool({ name, arguments: args });
  expect(result.isError, JSON.stringify(result.content)).not.toBe(true);
  return result.structuredContent as T;
}

interface Found {
  readonly passages: {
    id: string;
    path: string;
    text: string;
    start: number;
    citation: number;
    tokens: number;
  }[];
  readonly next_cursor: string | null;
  readonly tokens: number;
}

describe.each(ERAS)('MCP over HTTP (%j)', (mode) => {
  it('lists its tools with schemas and annotations', async () => {
    const { client } = await connect(mode);
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name).sort()).toEqual([
      'explain',
      'get_file_range',
      'get_passage',
      'search',
      'similar',
      'status',
    ]);
    for (const tool of tools) {
      expect(tool.inputSchema.type).toBe('object');
      expect(tool.outputSchema?.type).toBe('object');
      expect(tool.annotations).toMatchObject({
        readOnlyHint: true,
        destructiveHint: false,
        openWorldHint: false,
      });
      expect(tool.description?.length).toBeGreaterThan(40);
    }
  });

  it('answers every tool in the shape it tells', async () => {
    const { client, served: running } = await connect(mode);
    const path = join(running.folder, 'lease.md');
    const found = await call<Found>(client, 'search', { query: 'lease deposit' });
    expect(found.passages[0]).toMatchObject({ path, citation: 1, place: 'line 1' });
    const id = found.passages[0]?.id ?? '';
    expect(await call(client, 'explain', { query: 'lease deposit', id })).toMatchObject({
      id,
      words: [
        { text: 'lease', found: true },
        { text: 'deposit', found: true },
      ],
    });
    expect(await call(client, 'get_passage', { id, around: 1 })).toMatchObject({
      path,
      before: [],
      after: [{ text: 'The tenant may end the lease with three months notice.' }],
    });
    expect(await call(client, 'get_file_range', { path })).toMatchObject({
      text: FILES['lease.md'].trimEnd(),
      start: 0,
      next: null,
    });
    expect((await call<Found>(client, 'similar', { id })).passages.length).toBeGreaterThan(0);
    expect(await call(client, 'status', {})).toMatchObject({ files: 2, folders: [{ path: running.folder }] });
  });

  it('reads resources, and prompts that hold the passages', async () => {
    const { client, served: running } = await connect(mode);
    const path = join(running.folder, 'sub/garden notes.txt');
    const { resources } = await client.listResources();
    expect(resources.map((each) => each.uri)).toContain(fileUri(path));
    const { contents } = await client.readResource({ uri: fileUri(path, 30) });
    expect(contents[0]).toMatchObject({ text: expect.stringMatching(/^ tomatoes\.\n\nBed 2 has/) });
    const { prompts } = await client.listPrompts();
    expect(prompts.map((prompt) => prompt.name)).toEqual(['answer_from_files', 'research_in_files']);
    const { messages } = await client.getPrompt({
      name: 'answer_from_files',
      arguments: { question: 'lease deposit' },
    });
    expect(JSON.stringify(messages)).toContain('The lease names the deposit.');
    expect(JSON.stringify(messages)).toContain('lease.md, line 1');
  });
});

describe('MCP answers', () => {
  it('page through results without a gap or a double', async () => {
    const { client } = await connect();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page: Found = await call(client, 'search', {
        query: 'tomatoes',
        k: 7,
        passages_per_file: 20,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.passages.length).toBeLessThanOrEqual(7);
      seen.push(...page.passages.map((passage) => passage.id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(20);
    expect(new Set(seen).size).toBe(20);
  });

  it('keep to the budget', async () => {
    const { client } = await connect();
    const whole = await call<Found>(client, 'search', { query: 'lease tenant notice' });
    const small = await call<Found>(client, 'search', { query: 'lease tenant notice', budget_tokens: 50 });
    expect(small.tokens).toBeLessThanOrEqual(50);
    expect(whole.tokens).toBeGreaterThanOrEqual(small.tokens);
    expect(small.passages[0]?.text).toContain('notice');
  });

  it('read a long file page by page, to its end', async () => {
    const { client, served: running } = await connect();
    const path = join(running.folder, 'sub/garden notes.txt');
    const parts: string[] = [];
    let start: number | null = 0;
    while (start !== null) {
      const range: { text: string; start: number; end: number; next: number | null } = await call(
        client,
        'get_file_range',
        { path, start, budget_tokens: 50 },
      );
      parts.push(range.text);
      start = range.next;
    }
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.join('').replaceAll(/\s+/g, ' ')).toBe(
      FILES['sub/garden notes.txt'].replaceAll(/\s+/g, ' '),
    );
  });

  it('put filters into the query', async () => {
    const { client, served: running } = await connect();
    await call(client, 'search', {
      query: 'tomatoes',
      filters: { folder: 'my "notes"', extensions: ['txt', 'md'], types: ['mail'], modified_from: '2024-03' },
    });
    expect(running.engine.calls.at(-1)?.input).toMatchObject({
      query: 'tomatoes path:"my ?notes?" ext:"txt","md" type:"mail" modified:>=2024-03',
    });
  });

  it('tell what is wrong so that the model can correct it', async () => {
    const { client } = await connect();
    const unknown = await client.callTool({ name: 'get_passage', arguments: { id: 'p99' } });
    expect(unknown).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('not-found') }],
    });
    const syntax = await client.callTool({ name: 'search', arguments: { query: 'x modified:someday' } });
    expect(syntax).toMatchObject({ isError: true });
    expect((await client.callTool({ name: 'search', arguments: { query: '', k: 0 } })).isError).toBe(true);
  });

  it('hand the cancelling of a call on to the engine', async () => {
    const { client, served: running } = await connect({ pin: '2026-07-28' });
    const release = running.engine.hold('search');
    const stop = new AbortController();
    const pending = client.callTool({ name: 'search', arguments: { query: 'x' } }, { signal: stop.signal });
    await expect.poll(() => running.engine.calls.some((each) => each.name === 'search')).toBe(true);
    stop.abort();
    await expect(pending).rejects.toThrow();
    release();
  });
});
