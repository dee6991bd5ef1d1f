import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../../app/engine/settings.ts';
import { type App, START_MS, startApp, type Window } from './app.ts';

let app: App;
let open: Window;
beforeAll(async () => {
  app = await startApp(['Notes', 'Work']);
  open = await app.open();
}, START_MS);
afterAll(() => app?.close(), START_MS);

const settings = () => readSettings(join(app.home, 'settings.json'));
const goToPage = async () => {
  await open.page.getByRole('link', { name: 'Quality' }).click();
  await open.page.getByRole('heading', { level: 1, name: 'How good is my search' }).waitFor();
};
const consent = () => open.page.getByRole('checkbox', { name: 'Keep which results I use' });

// One story: nothing is kept before the person agrees, then it is, is measured, and is forgotten.
it('keeps nothing of what is used before the person agrees', async () => {
  await open.search('how do I bake bread');
  await open.page.keyboard.press('Enter');
  await expect.poll(() => app.launched.length).toBe(1);
  await goToPage();
  await expect.poll(() => consent().isEnabled()).toBe(true);
  expect(await consent().isChecked()).toBe(false);
  expect((await app.engine.call('quality', {})).golden).toEqual([]);
  await open.page.getByText('None yet').waitFor();
  await open.checkAccessibility();
});

it('keeps uses and marks once agreed to, and measures them', async () => {
  await consent().click();
  await expect.poll(() => settings().judgements).toBe(true);
  await expect.poll(async () => (await app.engine.call('quality', {})).keeping).toBe(true);
  await open.page.getByRole('link', { name: 'Search', exact: true }).click();
  await open.search('how do I bake bread');
  await open.page.keyboard.press('Enter');
  await expect
    .poll(async () => (await app.engine.call('quality', {})).golden)
    .toMatchObject([
      { query: 'how do I bake bread', relevant: { [join(app.documents, 'Notes', 'bread.md')]: 1 } },
    ]);
  await open.page.keyboard.press('Control+k');
  await open.page.getByRole('option', { name: 'This is what I looked for' }).click();
  await expect
    .poll(async () => (await app.engine.call('quality', {})).golden[0]?.relevant)
    .toEqual({ [join(app.documents, 'Notes', 'bread.md')]: 2 });

  await goToPage();
  await open.page.getByText('1 query, 1 answer').waitFor();
  await open.page.getByRole('button', { name: 'Measure now' }).click();
  const row = open.page.getByRole('row', { name: /What you see/ });
  await expect.poll(() => row.textContent()).toContain('1.000');
  await open.page.getByText('Every answer stands first.').waitFor();
  await open.page.getByRole('heading', { name: 'Day by day' }).waitFor();
  await open.checkAccessibility();
});

it('compares the four rankings for a query', async () => {
  await open.page.getByLabel('A query to compare the rankings with').fill('how do I bake bread');
  await open.page.getByRole('button', { name: 'Compare', exact: true }).click();
  for (const name of ['What you see', 'Meaning (MaxSim)', 'Words (BM25)', 'One vector'])
    await open.page.getByRole('region', { name }).getByRole('listitem').first().waitFor();
  expect(
    await open.page.getByRole('region', { name: 'What you see' }).getByRole('listitem').first().textContent(),
  ).toContain('bread.md');
  await open.checkAccessibility();
});

it('turns the preference for newer files off', async () => {
  expect(settings().recency).toBe(true);
  await open.page.getByRole('checkbox', { name: /show the newer first/ }).click();
  await expect.poll(() => settings().recency).toBe(false);
});

it('forgets all of it', async () => {
  await open.page.getByRole('button', { name: 'Forget all of it' }).click();
  await open.page.getByRole('dialog').getByRole('button', { name: 'Forget all of it' }).click();
  await open.page.getByText('None yet').waitFor();
  expect(await app.engine.call('quality', {})).toMatchObject({ golden: [], measurements: [] });
  expect(open.faults).toEqual([]);
});
