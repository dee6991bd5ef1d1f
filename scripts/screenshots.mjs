// Pictures of every screen in light and dark, on the real engine: `npm run screenshots [folder]`.
// Written to out/screenshots unless another folder is named; the best ones are kept in docs/screenshots.
import { cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApp } from '../test/browser/app.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const out = resolve(process.argv[2] ?? join(root, 'out/screenshots'));
const QUERY = 'how do I end the rental contract';

mkdirSync(out, { recursive: true });

/** Takes a picture when everything that moves has come to rest. */
async function shoot(open, scheme, name) {
  await open.page.waitForTimeout(600);
  await open.page.screenshot({ path: join(out, `${name}-${scheme}.png`) });
  console.log(`${name}-${scheme}.png`);
}

async function search(open, query, file) {
  await open.search(query);
  if (file) {
    await open.page.locator('.file-group', { hasText: file }).locator('.passage').first().click();
    await open.page.locator('.preview-name', { hasText: file }).waitFor();
  }
  await open.page.locator('.preview-body .heat').first().waitFor();
}

async function firstRun() {
  const app = await startApp([]);
  for (const scheme of ['light', 'dark']) {
    const open = await app.open({ colorScheme: scheme });
    await shoot(open, scheme, 'welcome');
    await open.page.getByRole('button', { name: 'Choose a folder' }).click();
    await open.page.locator('.folder-item').first().waitFor();
    await shoot(open, scheme, 'choose-folder');
    await open.close();
  }
  await app.close();
}

/** A folder with something wrong in it, and an engine that cannot start. */
async function trouble() {
  const app = await startApp(['Home']);
  writeFileSync(join(app.documents, 'Home/broken.pdf'), '%PDF-1.4 nothing else');
  await app.engine.call('sync', {});
  for (const scheme of ['light', 'dark']) {
    const open = await app.open({ colorScheme: scheme });
    await open.page.evaluate("location.hash = '#/folders'");
    await open.page.locator('.problem-group summary').click();
    await shoot(open, scheme, 'problems');
    await open.page.evaluate("location.hash = '#/settings'");
    const model = open.page.getByLabel('Model', { exact: true });
    await model.fill(join(app.home, 'no-model'));
    await model.press('Enter');
    await open.page.getByText('Passim cannot search at the moment.').waitFor();
    await shoot(open, scheme, 'engine-down');
    await model.fill('');
    await model.press('Enter');
    await open.page.getByText('Passim cannot search at the moment.').waitFor({ state: 'hidden' });
    await open.close();
  }
  renameSync(join(app.documents, 'Home'), join(app.documents, 'Elsewhere'));
  await app.engine.call('sync', {});
  for (const scheme of ['light', 'dark']) {
    const open = await app.open({ colorScheme: scheme });
    await open.page.evaluate("location.hash = '#/folders'");
    await open.page.getByText('Not there at the moment').waitFor();
    await shoot(open, scheme, 'folder-gone');
    await open.close();
  }
  await app.close();
}

async function inUse() {
  const app = await startApp();
  cpSync(join(root, 'docs/screenshots/search-pdf-light.png'), join(app.documents, 'Home/kitchen plan.png'));
  await app.engine.call('sync', {});
  for (const scheme of ['light', 'dark']) {
    const open = await app.open({ colorScheme: scheme });
    const { page } = open;
    await search(open, QUERY, 'Lease agreement');
    await shoot(open, scheme, 'search-pdf');
    await page.locator('.chip', { hasText: 'contract' }).hover();
    await shoot(open, scheme, 'word-link');
    await page.locator('.chip', { hasText: 'contract' }).click();
    await shoot(open, scheme, 'chip-menu');
    await page.keyboard.press('Escape');
    await page.locator('.field-input').click();
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await shoot(open, scheme, 'actions');
    await page.keyboard.press('Escape');
    await search(open, 'how +notice trombone contract months', 'Lease agreement');
    for (const [word, keys] of [
      ['how', ['m']],
      ['contract', ['ArrowUp', 'ArrowUp']],
      ['months', ['-']],
    ]) {
      await page.locator('.chip', { hasText: word }).focus();
      for (const key of keys) await page.keyboard.press(key);
    }
    await shoot(open, scheme, 'chips');
    await page.locator('.field-input').fill('');
    await search(open, 'waiting longer between failed attempts', 'retry.ts');
    await shoot(open, scheme, 'search-code');
    await search(open, 'photograph every room before the last day', 'moving-out.md');
    await page.locator('.field-input').click();
    await page.keyboard.press('Shift+Enter');
    await shoot(open, scheme, 'search-markdown');
    await search(open, 'refund for heating in March', 'household.csv');
    await shoot(open, scheme, 'search-table');
    await search(open, 'where do the bicycles stand', 'house-rules.html');
    await shoot(open, scheme, 'search-html');
    await open.search('kitchen plan');
    await page.locator('.image-view img').waitFor();
    await shoot(open, scheme, 'image');
    await search(open, 'frost in the garden', 'garden.txt');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('similar');
    await page.keyboard.press('Enter');
    await page.getByText('Passages similar to').waitFor();
    await page.locator('.passage').first().waitFor();
    await shoot(open, scheme, 'similar');
    await page.keyboard.press('Escape');
    await open.search('quantum chromodynamics lattice');
    await page.getByText('No good match.').waitFor();
    await shoot(open, scheme, 'no-match');
    await open.search('watering +trombone');
    await shoot(open, scheme, 'no-required');
    await open.search('tomatoes ext:docx');
    await shoot(open, scheme, 'no-results');
    await page.locator('.field-input').fill('tomatoes size:huge');
    await page.getByText('cannot be understood').waitFor();
    await shoot(open, scheme, 'query-error');
    await page.locator('.field-input').fill('');
    await shoot(open, scheme, 'bar');
    const size = page.viewportSize();
    await page.setViewportSize({ width: 760, height: 300 });
    const height = await page.evaluate(
      "Math.ceil(document.querySelector('.under-field').getBoundingClientRect().bottom)",
    );
    await page.setViewportSize({ width: 760, height });
    await shoot(open, scheme, 'bar-desktop');
    await page.setViewportSize(size);
    for (const name of ['folders', 'tray', 'programs', 'quality', 'settings']) {
      await page.evaluate(`location.hash = '#/${name}'`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await shoot(open, scheme, name);
      if (name === 'folders') {
        await page.getByRole('button', { name: 'More actions: Home' }).click();
        await shoot(open, scheme, 'folder-menu');
        await page.getByRole('menuitem', { name: 'What is read' }).click();
        await page.getByRole('button', { name: 'Preview', exact: true }).click();
        await page.locator('.rules-preview').waitFor();
        await shoot(open, scheme, 'folder-rules');
      } else if (name === 'tray') {
        await page.getByLabel('Format').selectOption('prompt');
        await shoot(open, scheme, 'tray-prompt');
        await page.getByLabel('Format').selectOption('markdown');
      } else if (name === 'settings') {
        await page.getByText('Details', { exact: true }).click();
        await page.getByText('Licence').scrollIntoViewIfNeeded();
        await shoot(open, scheme, 'settings-details');
      }
    }
    await open.close();
    const narrow = await app.open({ colorScheme: scheme, width: 760, height: 720 });
    await search(narrow, QUERY, 'Lease agreement');
    await shoot(narrow, scheme, 'narrow');
    await narrow.close();
  }
  await app.close();
}

await firstRun();
await trouble();
await inUse();
