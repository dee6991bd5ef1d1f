import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chunk, startChatServer, streamPieces } from '../fakes/chat-server.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const bin = resolve('bin/passim.mjs');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command beside this process, which serves the answers. */
function start(home: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, PASSIM_HOME: home, ...env },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const done = new Promise<Run>((finish) => child.on('close', (code) => finish({ code, out, err })));
  return { child, done, out: () => out };
}

describe('passim ask', { timeout: 180_000 }, () => {
  it('prints the prompt, asks the server that is set up, cites, and shows what was sent', async () => {
    const base = temporaryFolder('ask');
    const folder = join(base, 'notes');
    const home = join(base, 'data');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'lease.md'),
      "# Lease\n\nThe tenant may end the contract with three months' notice.\n",
    );
    writeFileSync(join(folder, 'pancakes.txt'), 'Mix flour, eggs and milk and fry thin pancakes.\n');
    expect((await start(home, ['index', folder]).done).code).toBe(0);

    const printed = await start(home, ['ask', 'how can I cancel my flat?', '-k', '1']).done;
    expect(printed.code, printed.err).toBe(0);
    expect(printed.out).toContain('[1] lease.md, line ');
    expect(printed.out).toContain("three months' notice");
    expect(printed.err).toContain('nothing was sent');

    const chat = await startChatServer((response, { body }) => {
      if (body.model === 'slow') {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(chunk('Thinking'));
      } else streamPieces(response, ['With three months', ' notice [1], says [9].']);
    });
    const saved = await start(home, [
      'ask',
      '--server',
      chat.url,
      '--model',
      'small',
      '--key-variable',
      'KEY',
      '--save',
    ]).done;
    expect(saved.code, saved.err).toBe(0);
    expect(JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8')).answers).toMatchObject({
      url: chat.url,
      model: 'small',
      keyVariable: 'KEY',
    });
    const keyless = await start(home, ['ask', 'how can I cancel my flat?']).done;
    expect(keyless).toMatchObject({ code: 2, err: expect.stringContaining('KEY') });
    expect(chat.requests).toEqual([]);

    const answered = await start(home, ['ask', 'how can I cancel my flat?'], {
      KEY: 'secret',
      FORCE_COLOR: '1',
    }).done;
    expect(answered.code, answered.err).toBe(0);
    expect(answered.out).toMatch(/^With three months notice \[1\], says \[9\]\.\n\n\[1\] /);
    expect(answered.out).toContain(`\u001b]8;;file://${join(folder, 'lease.md')}`);
    expect(answered.err).toContain('cites [9]');
    expect(chat.requests[0]).toMatchObject({ authorization: 'Bearer secret', body: { model: 'small' } });

    const cancelled = start(home, ['ask', 'cancel my flat', '--model', 'slow'], { KEY: 'secret' });
    await expect.poll(cancelled.out).toContain('Thinking');
    cancelled.child.kill('SIGINT');
    expect((await cancelled.done).code).toBe(130);
    await expect.poll(chat.abandoned).toBe(1);

    const sent = await start(home, ['ask', '--sent', '--json']).done;
    const prompts = JSON.parse(sent.out) as { prompt: string; model: string }[];
    expect(prompts.map((each) => each.model)).toEqual(['slow', 'small']);
    expect(prompts[1]?.prompt).toBe(chat.requests[0]?.body.messages[0]?.content);
    expect(sent.out).not.toContain('secret');
  });
});
