import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsOfSize } from '../../app/contract/settings.ts';
import { readSettings } from '../../app/engine/settings.ts';
import { type App, START_MS, startApp, type Window } from './app.ts';

let app: App;
let open: Window;
beforeAll(async () => {
  app = await startApp([]);
  open = await app.open();
}, START_MS);
afterAll(() => app?.close(), START_MS);

const go = async (name: string) => {
  await open.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  await open.page.getByRole('heading', { level: 1, name }).waitFor();
};
const toSearch = () => open.page.getByRole('link', { name: 'Search', exact: true }).click();
const copied = () => open.page.evaluate<string>('navigator.clipboard.readText()');

// The tests tell one story: what a person does from the first start on.
describe('first run', () => {
  it('says what Passim is and asks for a folder', async () => {
    await open.page.getByRole('heading', { name: 'Find what you mean' }).waitFor();
    await open.checkAccessibility();
  });

  it('walks to a folder, adds it, and finds things in it', async () => {
    await open.page.getByRole('button', { name: 'Choose a folder' }).click();
    const dialog = open.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Home' }).click();
    await expect
      .poll(() => dialog.getByLabel('Path of the folder').inputValue())
      .toBe(join(app.documents, 'Home'));
    await open.checkAccessibility();
    await dialog.getByRole('button', { name: 'Add this folder' }).click();
    await open.page.getByRole('combobox', { name: 'Search your files by meaning' }).waitFor();
    await app.engine.call('sync', {});
    await open.search('how long is the notice period');
    expect(await open.page.locator('.file-name').allTextContents()).toContain('Lease agreement 2024.pdf');
    await open.reset();
  });
});

describe('folders', () => {
  it('says why a folder cannot be added', async () => {
    await go('Folders');
    await open.page.getByRole('button', { name: 'Add a folder' }).click();
    const dialog = open.page.getByRole('dialog');
    await dialog.getByLabel('Path of the folder').fill(join(app.documents, 'gone'));
    await dialog.getByRole('button', { name: 'Add this folder' }).click();
    await expect.poll(() => dialog.getByRole('alert').textContent()).toContain('gone');
    await open.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(open.page.url()).toContain('#/folders');
  });

  it('shows counts, state and files that could not be read, with the reason', async () => {
    writeFileSync(join(app.documents, 'Home', 'broken.pdf'), '%PDF-1.4 nothing else');
    await app.engine.call('sync', {});
    const card = open.page.locator('.card', { hasText: 'Home' });
    await expect.poll(() => card.textContent()).toContain('1 file could not be read');
    await expect.poll(() => card.textContent()).toContain('Up to date');
    const problems = open.page.locator('.problems');
    await problems.locator('summary').click();
    await problems.getByText('broken.pdf').waitFor();
    await open.checkAccessibility();
    await problems.getByRole('button', { name: /Show in folder: .*broken\.pdf/ }).click();
    await expect.poll(() => app.launched.at(-1)).toEqual(['xdg-open', [join(app.documents, 'Home')]]);
  });

  it('changes what is read of a folder', async () => {
    const card = open.page.locator('.card', { hasText: 'Home' });
    await card.getByRole('button', { name: /More actions/ }).click();
    await open.page.getByRole('menuitem', { name: 'What is read' }).click();
    await open.page.getByLabel('Leave out').fill('*.pdf\n*.html');
    await open.page.getByRole('button', { name: 'Preview', exact: true }).click();
    await expect
      .poll(() => open.page.locator('.rules-preview').textContent())
      .toMatch(/3 files read, 3 left out/);
    await open.checkAccessibility();
    await open.page.getByRole('button', { name: 'Save' }).click();
    await open.page.getByLabel('Leave out').waitFor({ state: 'hidden' });
    await app.engine.call('sync', {});
    const status = await app.engine.call('status', {});
    expect(status.folders[0]).toMatchObject({ exclude: ['*.pdf', '*.html'], searchable: 3 });
    await expect.poll(() => card.textContent()).toContain('3 files searchable');
    expect(readSettings(join(app.home, 'settings.json')).folders[0]?.exclude).toEqual(['*.pdf', '*.html']);
  });

  it('pauses and goes on', async () => {
    await open.page.getByRole('button', { name: 'Pause' }).click();
    await open.page.getByRole('button', { name: 'Resume' }).waitFor();
    expect((await app.engine.call('status', {})).progress.state).toBe('paused');
    await open.page.getByRole('button', { name: 'Resume' }).click();
    await open.page.getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('asks before it forgets a folder, and leaves the files alone', async () => {
    await app.engine.call('addFolder', { path: join(app.documents, 'Notes') });
    await app.engine.call('sync', {});
    const card = open.page.locator('.card', { hasText: 'Notes' });
    await card.getByRole('button', { name: /More actions/ }).click();
    await open.page.getByRole('menuitem', { name: 'Remove folder' }).click();
    await open.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(await card.count()).toBe(1);
    await card.getByRole('button', { name: /More actions/ }).click();
    await open.page.getByRole('menuitem', { name: 'Remove folder' }).click();
    await open.page.getByRole('dialog').getByRole('button', { name: 'Remove folder' }).click();
    await expect.poll(() => card.count()).toBe(0);
    expect(readFileSync(join(app.documents, 'Notes/bread.md'), 'utf8')).toContain('sourdough');
  });

  it('goes back to the search with Esc', async () => {
    await open.page.keyboard.press('Escape');
    await open.page.getByRole('combobox').waitFor();
    expect(open.page.url()).toMatch(/#\/$/);
  });
});

describe('export', () => {
  const select = async (query: string) => {
    await open.search(query);
    await open.page.locator('.passage[data-active]').waitFor();
    await open.page.keyboard.press('Shift+Enter');
    await open.page.locator('.passage[data-active][data-in-tray]').waitFor();
  };
  const copyAs = async (format: string) => {
    await open.page.getByLabel('Format').selectOption(format);
    await open.page.getByRole('button', { name: 'Copy' }).click();
    return copied();
  };

  it('says what to do while the tray is empty', async () => {
    await go('Export tray');
    await open.page.getByText('Nothing selected yet').waitFor();
    await open.checkAccessibility();
    await open.page.getByRole('link', { name: 'Go to the search' }).click();
  });

  it('collects passages over several searches', async () => {
    await select('electricity meter reading');
    await select('photographs of the damage for the insurance');
    await expect.poll(() => open.page.getByRole('link', { name: 'Export tray (2)' }).count()).toBe(1);
    await open.page.getByRole('link', { name: 'Export tray (2)' }).click();
    await expect.poll(() => open.page.locator('.tray-item').count()).toBe(2);
    await open.checkAccessibility();
  });

  it('gives every format, as programs read it', async () => {
    const texts = (await copyAs('text')).split('\n---\n');
    expect(texts).toHaveLength(2);
    const records = JSON.parse(await copyAs('json'));
    expect(records.map((record: { text: string }) => record.text)).toEqual(texts);
    for (const record of records) {
      expect(record.source).toContain(app.documents);
      expect(record.end - record.start).toBe(record.text.length);
      expect(record.score).toBeGreaterThan(0);
    }
    const lines = (await copyAs('jsonl')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(records);
    const documents = JSON.parse(await copyAs('langchain'));
    expect(documents.map((document: { pageContent: string }) => document.pageContent)).toEqual(texts);
    const nodes = JSON.parse(await copyAs('llamaindex'));
    expect(nodes.map((node: { node: { text: string } }) => node.node.text)).toEqual(texts);
    const markdown = await copyAs('markdown');
    expect(markdown).toMatch(/\*\*\[1\]\*\* .*\n\n> /);
    expect(markdown.match(/^\d\. `.+`/gm)).toHaveLength(2);
  });

  it('fills a prompt that can be edited', async () => {
    await open.page.getByLabel('Format').selectOption('prompt');
    await open.page.getByLabel('Question', { exact: true }).fill('What do I photograph?');
    expect(await copyAs('prompt')).toMatch(/^Answer the question based only on the following context/);
    await open.page.getByLabel('Prompt template').fill('Q: {question}\n{context}');
    expect(await copyAs('prompt')).toMatch(/^Q: What do I photograph\?\n\[1\] /);
    await open.page.getByRole('button', { name: 'Back to the default' }).click();
    await expect
      .poll(() => open.page.getByLabel('Prompt template').inputValue())
      .toContain('based only on the following context');
  });

  it('trims to a budget around the matched words', async () => {
    const whole = JSON.parse(await copyAs('json'));
    await open.page.getByLabel('Token budget').fill('40');
    const trimmed = JSON.parse(await copyAs('json'));
    const sum = (records: { tokens: number }[]) => records.reduce((all, record) => all + record.tokens, 0);
    expect(sum(whole)).toBeGreaterThan(40);
    expect(sum(trimmed)).toBeLessThanOrEqual(40);
    for (const record of trimmed) {
      const source = whole.find((other: { id: string }) => other.id === record.id);
      expect(source.text.slice(record.start - source.start, record.end - source.start)).toBe(record.text);
    }
    await open.page.getByLabel('Token budget').fill('0');
  });

  it('saves a file', async () => {
    await open.page.getByLabel('Format').selectOption('jsonl');
    const [download] = await Promise.all([
      open.page.waitForEvent('download'),
      open.page.getByRole('button', { name: 'Save as file' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('passages.jsonl');
    const text = readFileSync(await download.path(), 'utf8');
    expect(text.trimEnd().split('\n')).toHaveLength(2);
  });

  it('lets passages go', async () => {
    await open.page
      .getByRole('button', { name: /^Remove .* from the tray$/ })
      .first()
      .click();
    await expect.poll(() => open.page.locator('.tray-item').count()).toBe(1);
    await open.page.getByRole('button', { name: 'Empty the tray' }).click();
    await open.page.getByText('Nothing selected yet').waitFor();
  });
});

describe('settings', () => {
  it('changes the theme at once and keeps it', async () => {
    await go('Settings');
    const background = () => open.page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await open.page.getByLabel('Theme').selectOption('dark');
    await expect.poll(background).not.toBe(light);
    await open.checkAccessibility();
    await expect
      .poll(() => JSON.parse(readFileSync(join(app.home, 'preferences.json'), 'utf8')).theme)
      .toBe('dark');
    await open.page.reload();
    await open.page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await expect.poll(background).not.toBe(light);
    await open.page.getByLabel('Theme').selectOption('light');
    await expect.poll(background).toBe(light);
    await open.checkAccessibility();
  });

  it('writes the engine’s settings, and puts them into effect', async () => {
    const settings = () => readSettings(join(app.home, 'settings.json'));
    const enter = async (label: string, value: string) => {
      await open.page.getByLabel(label).fill(value);
      await open.page.getByLabel(label).press('Enter');
    };
    await enter('Largest file, in MB', '50');
    await expect.poll(() => settings().limits.fileBytes).toBe(50 * 1024 * 1024);
    await expect.poll(() => open.page.locator('.toasts').textContent()).toContain('Saved');
    await enter('Seconds a file may take', '45');
    await expect.poll(() => settings().limits.seconds).toBe(45);
    await enter('Memory a file may take, in MB', '700');
    await expect.poll(() => settings().limits.memoryBytes).toBe(700 * 1024 * 1024);
    await enter('Processor threads for reading', '1');
    await expect.poll(() => settings().threads).toBe(1);
    await enter('Minutes between full checks', '45');
    await expect.poll(() => settings().reconcileMinutes).toBe(45);
    await open.page.getByLabel('Read gently').selectOption('always');
    await expect.poll(() => settings().gentle).toBe('always');
    await open.page.getByLabel('Runs on').selectOption('cpu');
    await expect.poll(() => settings().executionProvider).toBe('cpu');
    await open.page.getByLabel('Size of the index').selectOption('small');
    await expect.poll(() => settings().bits).toBe(2);
    expect(settings()).toMatchObject(settingsOfSize('small'));
    expect(settings().folders).toHaveLength(1);
    // The engine starts anew for each of these changes, and gives no status while it does.
    await expect
      .poll(async () => {
        const now = await app.engine.call('status', {}).catch(() => null);
        return now === null ? null : [now.model.bits, now.threads, now.progress.gentle];
      })
      .toEqual([2, 1, 'chosen']);
  });

  it('refuses a number that makes no sense', async () => {
    await open.page.getByLabel('Seconds a file may take').fill('-3');
    await open.page.getByLabel('Seconds a file may take').press('Enter');
    await expect.poll(() => open.page.getByLabel('Seconds a file may take').inputValue()).toBe('45');
    expect(readSettings(join(app.home, 'settings.json')).limits.seconds).toBe(45);
  });

  it('says what a model needs that is not there, and goes on when it is taken back', async () => {
    const model = open.page.getByLabel('Model', { exact: true });
    const nowhere = join(app.home, 'no-model');
    await model.fill(nowhere);
    await model.press('Enter');
    await open.page.getByText('Passim cannot search at the moment.').waitFor();
    await expect.poll(() => open.page.locator('main').textContent()).toContain(nowhere);
    await open.checkAccessibility();
    await model.fill('');
    await model.press('Enter');
    await open.page.getByText('Passim cannot search at the moment.').waitFor({ state: 'hidden' });
    expect(readSettings(join(app.home, 'settings.json')).model).toBeNull();
    await app.engine.call('sync', {});
    await toSearch();
    await open.search('photograph the damage');
    await open.page.locator('.passage').first().waitFor();
    await open.reset();
    await go('Settings');
  });

  it('shows as many passages of a file as are wanted', async () => {
    await open.page.getByLabel('Passages shown for each file').selectOption('1');
    await toSearch();
    await open.search('photograph the damage');
    const perFile = () =>
      open.page
        .locator('.file-group')
        .evaluateAll((groups) =>
          Math.max(...groups.map((group) => group.querySelectorAll('.passage').length)),
        );
    await expect.poll(perFile).toBe(1);
    await open.reset();
    await go('Settings');
    await open.page.getByLabel('Passages shown for each file').selectOption('3');
  });

  it('says where things are stored, what it runs on, and forgets searches', async () => {
    await expect.poll(() => open.page.locator('main').textContent()).toContain(app.home);
    await expect.poll(() => open.page.locator('.providers').textContent()).toContain('Processor in use');
    expect(
      JSON.parse(readFileSync(join(app.home, 'preferences.json'), 'utf8')).history.length,
    ).toBeGreaterThan(0);
    await open.page.getByRole('button', { name: 'Forget all searches' }).click();
    await expect
      .poll(() => JSON.parse(readFileSync(join(app.home, 'preferences.json'), 'utf8')).history)
      .toEqual([]);
  });

  it('remembers no searches where that is not wanted', async () => {
    await open.page.getByLabel('Remember searches').uncheck();
    await toSearch();
    await open.search('photograph the damage');
    await open.page.locator('.passage').first().waitFor();
    await open.page.keyboard.press('Control+Enter');
    await open.reset();
    await open.page.getByText('For exact things:').waitFor();
    expect(JSON.parse(readFileSync(join(app.home, 'preferences.json'), 'utf8')).history).toEqual([]);
    await go('Settings');
    await open.page.getByLabel('Remember searches').check();
  });

  it('shows the machinery on request', async () => {
    await open.page.getByText('Details', { exact: true }).click();
    await expect.poll(() => open.page.locator('.facts').textContent()).toMatch(/Licence.*Apache-2\.0/);
    await open.checkAccessibility();
  });
});

describe('a folder that goes away', () => {
  it('is said to be missing, and what was read stays searchable', async () => {
    await go('Folders');
    renameSync(join(app.documents, 'Home'), join(app.documents, 'Elsewhere'));
    await app.engine.call('sync', {}).catch(() => {});
    const card = open.page.locator('.card', { hasText: 'Home' });
    await expect.poll(() => card.textContent()).toContain('Not there at the moment');
    await open.page.getByRole('link', { name: 'Folders (!)' }).waitFor();
    await open.checkAccessibility();
    await toSearch();
    await open.search('photograph the damage');
    const note = open.page.locator('.file-group', { hasText: 'moving-out.md' });
    await note.locator('.passage').first().click();
    // The file cannot be read now: its text as indexed is shown, and why.
    await open.page.locator('.preview-fallback').waitFor();
    await open.reset();
    renameSync(join(app.documents, 'Elsewhere'), join(app.documents, 'Home'));
    await go('Folders');
    await app.engine.call('sync', {});
    await expect.poll(() => card.textContent()).toContain('Up to date');
  });
});

describe('an engine that dies', () => {
  it('is started again, and the window goes on by itself', async () => {
    await toSearch();
    await open.search('photograph the damage');
    app.killEngine();
    await expect.poll(() => open.page.locator('.toasts').textContent()).toContain('is started again');
    await open.search('insurance and water');
    await open.page.locator('.passage').first().waitFor();
    expect(await open.page.getByText('Passim cannot search at the moment.').count()).toBe(0);
    await open.reset();
  });
});

describe('erasing', () => {
  it('asks first, deletes everything that Passim knows, and leaves the files', async () => {
    await go('Settings');
    await open.page.getByRole('button', { name: 'Erase everything' }).click();
    await open.checkAccessibility();
    await open.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect((await app.engine.call('status', {})).folders).toHaveLength(1);
    await open.page.getByRole('button', { name: 'Erase everything' }).click();
    await open.page.getByRole('dialog').getByRole('button', { name: 'Erase everything' }).click();
    await open.page.getByText('Everything is erased').waitFor();
    expect((await app.engine.call('status', {})).folders).toEqual([]);
    await toSearch();
    await open.page.getByRole('heading', { name: 'Find what you mean' }).waitFor();
    expect(readFileSync(join(app.documents, 'Home/moving-out.md'), 'utf8')).toContain('photograph');
    await app.engine.call('addFolder', { path: join(app.documents, 'Home') });
    await app.engine.call('sync', {});
  });
});

describe('when something fails', () => {
  it('has met no fault until here', () => {
    expect(open.faults).toEqual([]);
  });

  it('says so when the page is opened without its token', async () => {
    const context = await app.browser.newContext();
    const page = await context.newPage();
    await page.goto(`${app.server.origin}/`);
    await page.getByText('This page needs the address that Passim printed').waitFor();
    await context.close();
  });

  it('says so when Passim has been stopped, and what to do', async () => {
    await app.server.close();
    await open.page.getByText('Passim does not answer.').first().waitFor();
    await toSearch();
    await open.page.getByRole('combobox').fill('anything at all');
    await expect.poll(() => open.page.locator('.notices').textContent()).toContain('start it again');
    await open.checkAccessibility();
  });
});
