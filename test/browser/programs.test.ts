import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, START_MS, startApp, type Window } from './app.ts';

let app: App;
let open: Window;
beforeAll(async () => {
  app = await startApp(['Notes']);
  open = await app.open();
  await open.page.getByRole('link', { name: 'Programs' }).click();
  await open.page.getByRole('heading', { level: 1, name: 'Programs' }).waitFor();
}, START_MS);
afterAll(() => app?.close(), START_MS);

const copied = () => open.page.evaluate<string>('navigator.clipboard.readText()');

describe('the page for programs', { timeout: START_MS }, () => {
  it('gives each assistant its configuration', async () => {
    await open.page.getByRole('combobox', { name: /^Assistant/ }).selectOption('vscode');
    await open.page.getByRole('button', { name: /^Copy: Put this into mcp\.json/ }).click();
    await expect.poll(copied).toContain('"servers"');
    expect(JSON.parse(await copied())).toMatchObject({
      servers: { passim: { type: 'stdio', args: expect.arrayContaining(['mcp']) } },
    });
    await open.page.getByRole('combobox', { name: /^Reached by/ }).selectOption('http');
    await open.page.getByRole('button', { name: /^Copy: Put this into mcp\.json/ }).click();
    await expect.poll(copied).toContain('"http"');
    const { passim } = (JSON.parse(await copied()) as { servers: { passim: { url: string } } }).servers;
    expect(passim).toMatchObject({
      url: `${app.server.origin}/mcp`,
      headers: { Authorization: `Bearer ${app.server.token}` },
    });
  });

  it('shows the token only when asked, and a curl line that works', async () => {
    const section = open.page.getByRole('region', { name: 'HTTP API' });
    expect(await section.textContent()).not.toContain(app.server.token);
    await section.getByRole('button', { name: 'Copy: A search from the command line' }).click();
    await expect.poll(copied).toContain('curl');
    const line = await copied();
    const [, body = ''] = /-d '(.*)'/.exec(line) ?? [];
    const response = await fetch(/https?:\S+/.exec(line)?.[0] ?? '', {
      method: 'POST',
      body,
      headers: Object.fromEntries(
        [...line.matchAll(/-H '([^:]+): ([^']+)'/g)].map((match) => [match[1], match[2]]),
      ),
    });
    expect(response.status).toBe(200);
    await section.getByRole('button', { name: 'Show' }).click();
    expect(await section.textContent()).toContain(app.server.token);
    await open.checkAccessibility();
  });

  it('keeps traces when asked, draws them, and forgets them', async () => {
    const section = open.page.getByRole('region', { name: 'Traces of searches' });
    await section.getByLabel('Keep traces').check();
    // The engine takes the settings up a moment later.
    await expect
      .poll(async () => {
        await app.engine.call('search', { query: 'sourdough bread' });
        return (await app.engine.call('traces', {})).traces.length;
      })
      .toBeGreaterThan(0);
    await section.getByRole('button', { name: 'Refresh' }).click();
    await section.getByText('sourdough bread').first().waitFor();
    expect(await section.locator('.trace').first().locator('rect').count()).toBeGreaterThan(3);
    await open.checkAccessibility();
    const download = open.page.waitForEvent('download');
    await section.getByRole('button', { name: 'Save as OpenTelemetry spans' }).click();
    expect((await download).suggestedFilename()).toBe('passim-traces.json');
    await section.getByRole('button', { name: 'Forget the traces' }).click();
    await section.getByText('No search has been traced yet.').waitFor();
  });

  it('shows every prompt that was sent', async () => {
    const section = open.page.getByRole('region', { name: 'Answers' });
    expect(await section.textContent()).toContain('no prompt is ever sent');
    const prompt = {
      time: 1,
      server: 'http://127.0.0.1:9/v1',
      model: 'm',
      question: 'How long?',
      prompt: 'Only from: <b>x</b>',
    };
    appendFileSync(join(app.home, 'prompts.jsonl'), `${JSON.stringify(prompt)}\n`);
    await open.page.getByRole('link', { name: 'Folders' }).click();
    await open.page.getByRole('link', { name: 'Programs' }).click();
    await section.getByText('How long?').click();
    await section.getByText('Only from: <b>x</b>').waitFor();
    await section.getByRole('button', { name: 'Forget the prompts' }).click();
    await section.getByText('None yet.').waitFor();
    expect(open.faults).toEqual([]);
  });
});
