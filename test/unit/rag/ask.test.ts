import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemScheduler } from '../../../app/contract/ports.ts';
import { citedNumbers, prepareQuestion, sendQuestion } from '../../../app/rag/ask.ts';
import { type ChatServer, streamAnswer } from '../../../app/rag/chat.ts';
import { JsonLog } from '../../../app/trace/log.ts';
import { chunk, startChatServer, streamPieces } from '../../fakes/chat-server.ts';
import { createFakeEngine } from '../../fakes/engine.ts';
import { temporaryFolder } from '../../helpers/temp.ts';

const serverAt = (url: string, more: Partial<ChatServer> = {}): ChatServer => ({
  url,
  model: 'small',
  key: null,
  timeoutMs: 30_000,
  ...more,
});

async function all(pieces: AsyncIterable<string>): Promise<string[]> {
  const seen: string[] = [];
  for await (const piece of pieces) seen.push(piece);
  return seen;
}

describe('an answer from an OpenAI-compatible server', () => {
  it('comes piece by piece, and only the prompt and the model are sent', async () => {
    const chat = await startChatServer((response) => streamPieces(response, ['Three ', 'months [1].']));
    expect(await all(streamAnswer(serverAt(`${chat.url}/`, { key: 'k1' }), 'the prompt'))).toEqual([
      'Three ',
      'months [1].',
    ]);
    expect(chat.requests).toEqual([
      {
        path: '/v1/chat/completions',
        authorization: 'Bearer k1',
        body: { model: 'small', stream: true, messages: [{ role: 'user', content: 'the prompt' }] },
      },
    ]);
  });

  it('is put together when characters and events are torn between packets', async () => {
    const chat = await startChatServer(async (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
      const bytes = Buffer.from(
        `: hello\n\n${chunk('Kündigung – ')}${chunk('drei 月')}${chunk(null, 'stop')}data: [DONE]\n\n`,
      );
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    expect((await all(streamAnswer(serverAt(chat.url), 'x'))).join('')).toBe('Kündigung – drei 月');
  });

  it('may come whole from a server that does not stream', async () => {
    const chat = await startChatServer((response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ choices: [{ message: { content: 'Whole.' }, finish_reason: 'stop' }] }));
    });
    expect(await all(streamAnswer(serverAt(chat.url), 'x'))).toEqual(['Whole.']);
  });

  it.each([
    ['refuses', 401, 'application/json', '{"error":{"message":"wrong key"}}', /refused: 401 wrong key/],
    ['has no such model', 404, 'text/plain', 'no model "small"', /refused: 404 no model/],
    [
      'fails midway',
      200,
      'text/event-stream',
      `${chunk('Thr')}data: {"error":{"message":"out of memory"}}\n\n`,
      /failed: out of memory/,
    ],
    ['breaks off', 200, 'text/event-stream', chunk('Thr'), /broke off/],
    ['says nothing', 200, 'text/event-stream', 'data: [DONE]\n\n', /empty answer/],
    ['is another kind of server', 200, 'text/html', '<html>', /no JSON/],
    ['has another shape', 200, 'application/json', '{"choices":7}', /another shape/],
  ])('that %s is told with what it says', async (_, status, type, body, expected) => {
    const chat = await startChatServer((response) => {
      response.writeHead(status, { 'Content-Type': type });
      response.end(body);
    });
    await expect(all(streamAnswer(serverAt(chat.url), 'x'))).rejects.toMatchObject({
      code: 'answer-failed',
      message: expect.stringMatching(expected),
    });
  });

  it('that cannot be reached, or leads elsewhere, fails and sends nothing on', async () => {
    await expect(all(streamAnswer(serverAt('http://127.0.0.1:9/v1'), 'x'))).rejects.toMatchObject({
      code: 'answer-failed',
      message: expect.stringContaining('cannot be reached'),
    });
    const other = await startChatServer((response) => streamPieces(response, ['stolen']));
    const chat = await startChatServer((response) => {
      response.writeHead(307, { Location: `${other.url}/chat/completions` });
      response.end();
    });
    await expect(all(streamAnswer(serverAt(chat.url), 'x'))).rejects.toMatchObject({ code: 'answer-failed' });
    expect(other.requests).toEqual([]);
  });

  it('is given up when the server is silent, at the start or midway', async () => {
    const silent = await startChatServer(() => {});
    await expect(all(streamAnswer(serverAt(silent.url, { timeoutMs: 50 }), 'x'))).rejects.toMatchObject({
      code: 'answer-failed',
      message: expect.stringContaining('silent'),
    });
    const stalled = await startChatServer((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(chunk('Thr'));
    });
    await expect(all(streamAnswer(serverAt(stalled.url, { timeoutMs: 50 }), 'x'))).rejects.toThrow(/silent/);
    await expect.poll(() => silent.abandoned() + stalled.abandoned()).toBe(2);
  });

  it('ends at the server when it is cancelled, or no more is wanted', async () => {
    const chat = await startChatServer((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(chunk('Thr'));
    });
    const stop = new AbortController();
    const cancelled = (async () => {
      for await (const _ of streamAnswer(serverAt(chat.url), 'x', { signal: stop.signal })) stop.abort();
    })();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(chat.abandoned).toBe(1);
    for await (const _ of streamAnswer(serverAt(chat.url), 'x')) break;
    await expect.poll(chat.abandoned).toBe(2);
    stop.abort();
    await expect(all(streamAnswer(serverAt(chat.url), 'x', { signal: stop.signal }))).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(chat.requests).toHaveLength(2);
  });
});

describe('a question', () => {
  const long = `${'Words before that say nothing much. '.repeat(40)}The tenant may end the lease with three months notice. ${'And words after it. '.repeat(40)}`;
  const engine = createFakeEngine(
    [
      { path: '/notes/lease.md', root: '/notes', text: long },
      { path: '/notes/other.md', root: '/notes', text: 'The lease names the deposit.' },
    ],
    ['/notes'],
  );

  it('gets its context trimmed around the matched words, joined by dashes, in the template', async () => {
    const prepared = await prepareQuestion(engine, {
      question: 'lease notice tenant',
      k: 5,
      budget: 40,
      template: 'Only from this:\n{context}\nQ: {question}',
    });
    expect(prepared.prompt).toMatch(/^Only from this:\n\[1\] lease\.md, line 1\n/);
    expect(prepared.prompt).toContain('tenant may end the lease with three months notice');
    expect(prepared.prompt).toContain('\n---\n[2] other.md, line 1\n');
    expect(prepared.prompt).toMatch(/\nQ: lease notice tenant$/);
    expect(prepared.passages.reduce((sum, passage) => sum + passage.tokens, 0)).toBeLessThanOrEqual(40);
    expect(prepared.passages[0]).toMatchObject({ trimmed: true, path: '/notes/lease.md' });
  });

  it('asks to keep to the context unless told otherwise', async () => {
    const { prompt } = await prepareQuestion(engine, {
      question: 'deposit',
      k: 5,
      budget: 0,
      template: null,
    });
    expect(prompt).toContain('Answer the question based only on the following context');
    expect(prompt).toContain('Question: deposit');
  });

  it('does not take what files say for part of the template', async () => {
    const tricky = createFakeEngine(
      [{ path: '/n/a.md', root: '/n', text: 'lease {question} $& {context}' }],
      ['/n'],
    );
    const { prompt } = await prepareQuestion(tricky, { question: 'lease', k: 1, budget: 0, template: null });
    expect(prompt).toContain('lease {question} $& {context}');
  });

  it('is logged, private to the user, before it is sent', async () => {
    const file = join(temporaryFolder('ask'), 'prompts.jsonl');
    const log = new JsonLog(file);
    const prepared = await prepareQuestion(engine, { question: 'deposit', k: 1, budget: 0, template: null });
    let logged = '';
    const chat = await startChatServer((response) => {
      logged = readFileSync(file, 'utf8');
      streamPieces(response, ['ok']);
    });
    expect(await all(sendQuestion(prepared, serverAt(chat.url), log, systemScheduler))).toEqual(['ok']);
    expect(JSON.parse(logged)).toMatchObject({
      server: chat.url,
      question: 'deposit',
      prompt: prepared.prompt,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(chat.requests[0]?.body.messages[0]?.content).toBe(prepared.prompt);

    const unwritable = new JsonLog(join(file, 'below-a-file'));
    await expect(
      all(sendQuestion(prepared, serverAt(chat.url), unwritable, systemScheduler)),
    ).rejects.toThrow();
    expect(chat.requests).toHaveLength(1);
  });
});

describe('citations', () => {
  it('are read in the ways that models write them', () => {
    expect(citedNumbers('A [2]. B [1][2]. C [3, 5]; d [4;1]. Not [x] or [2024].')).toEqual([2, 1, 3, 5, 4]);
    expect(citedNumbers('none')).toEqual([]);
  });
});

describe('a log of JSON lines', () => {
  it('keeps the newest when it grows past its bound, and passes over torn lines', async () => {
    const log = new JsonLog(join(temporaryFolder('log'), 'deep', 'log.jsonl'), 2_000);
    await Promise.all(Array.from({ length: 200 }, (_, i) => log.append({ i, text: 'x'.repeat(20) })));
    expect(statSync(log.file).size).toBeLessThanOrEqual(2_000);
    expect(statSync(log.file).mode & 0o777).toBe(0o600);
    const kept = (await log.read(3)) as { i: number }[];
    expect(kept.map((each) => each.i)).toEqual([199, 198, 197]);
    const torn = new JsonLog(log.file);
    const { appendFileSync } = await import('node:fs');
    appendFileSync(log.file, '{"i": 2');
    expect(((await torn.read(1)) as { i: number }[])[0]?.i).toBe(199);
    await log.clear();
    expect(await log.read(10)).toEqual([]);
  });
});
