import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type App, START_MS, startApp, type Window } from './app.ts';
import { TINY_PNG } from './made-files.ts';

let app: App;
let open: Window;
beforeAll(async () => {
  app = await startApp();
  open = await app.open();
}, START_MS);
afterAll(() => app?.close(), START_MS);
afterEach(async () => {
  expect(open.faults).toEqual([]);
  await open.reset();
});

const CARGO = (
  'apples barley bricks candles carpets chairs cheese coal copper cotton flour glass grain honey horses iron lamps ' +
  'leather letters linen maps nails oranges paper pianos ropes salt silk soap spices stones sugar tea timber tools wine'
).split(' ');
const QUERY = 'ending the contract with notice in writing';
const names = () => open.page.locator('.file-name').allTextContents();
const active = () => open.page.locator('.passage[data-active]');
const chip = (word: string) => open.page.locator('.chip', { hasText: word });

const weightOf = (word: string) => chip(word).locator('.chip-weight').getAttribute('data-weight');

describe('searching', () => {
  it('takes the token out of the address and keeps it for this tab', async () => {
    expect(open.page.url()).toBe(`${app.server.origin}/#/`);
    await open.page.reload();
    await open.search('sourdough');
    expect(await names()).toContain('bread.md');
  });

  it('answers while one types, and the last words win', async () => {
    const field = open.page.getByRole('combobox');
    await field.pressSequentially('watering the tomatoes in a dry summer', { delay: 5 });
    await expect.poll(async () => (await names())[0]).toBe('garden.txt');
    await expect.poll(() => open.page.locator('.chip').count()).toBe(7);
  });

  it('groups passages by file and shades the words that matched', async () => {
    await open.search(QUERY);
    expect((await names())[0]).toBe('Lease agreement 2024.pdf');
    const first = open.page.locator('.file-group').first();
    expect(await first.locator('.passage').count()).toBeGreaterThan(1);
    const steps = await first
      .locator('.heat')
      .evaluateAll((marks) => marks.map((mark) => Number(mark.getAttribute('data-step'))));
    expect(Math.max(...steps)).toBeGreaterThanOrEqual(4);
    const text = await first.locator('.heat[data-step="5"], .heat[data-step="4"]').allTextContents();
    expect(text.join(' ')).toMatch(/contract|notice|writing/i);
  });

  it('tells strength apart without colour: the underline grows with it', async () => {
    await open.search(QUERY);
    const thickness = await open.page
      .locator('.passage .heat:not([data-step="0"])')
      .evaluateAll((marks) =>
        marks.map((mark) => [
          Number(mark.getAttribute('data-step')),
          Number.parseFloat(mark.computedStyleMap().get('text-decoration-thickness')?.toString() ?? '0'),
        ]),
      );
    const byStep = new Map(thickness as [number, number][]);
    const sorted = [...byStep].sort(([a], [b]) => a - b).map(([, width]) => width);
    expect(sorted.length).toBeGreaterThanOrEqual(3);
    expect(sorted).toEqual([...sorted].sort((a, b) => a - b));
    expect(sorted.at(-1)).toBeGreaterThan(sorted[0] ?? 0);
  });

  it('says so when there is no good match', async () => {
    await open.search('quantum chromodynamics lattice');
    await open.page.getByText('No good match.').waitFor();
  });

  it('explains an operator that is wrong, keeps the results, and goes on', async () => {
    await open.search('tomatoes');
    await open.page.getByRole('combobox').fill('tomatoes size:huge');
    await open.page.getByText('size:huge cannot be understood').waitFor();
    expect(await names()).toContain('garden.txt');
    await open.search('tomatoes size:>1');
    expect(await open.page.getByText('cannot be understood').count()).toBe(0);
  });

  it('says what to do when the filters leave nothing', async () => {
    await open.search('tomatoes ext:docx');
    await open.page.getByText('The filters leave out every file.').waitFor();
  });
});

describe('query words', () => {
  it('light what they matched, and matched words light their chip', async () => {
    await open.search(QUERY);
    const ringed = () =>
      open.page
        .locator('.heat')
        .evaluateAll((marks) =>
          marks
            .filter(
              (mark) =>
                mark.matches('.heat') && mark.computedStyleMap().get('outline-style')?.toString() === 'solid',
            )
            .map((mark) => mark.getAttribute('data-w')),
        );
    await chip('contract').hover();
    const index = await chip('contract').getAttribute('data-chip');
    await expect.poll(async () => (await ringed()).length).toBeGreaterThan(0);
    for (const words of await ringed()) expect(words?.split(' ')).toContain(index);
    const mark = open.page.locator(`.passage .heat[data-w~="${index}"]`).first();
    await mark.hover();
    await expect.poll(() => chip('contract').getAttribute('data-linked')).toBe('true');
    await open.page.locator('.field-input').hover();
    await expect.poll(async () => (await ringed()).length).toBe(0);
  });

  it('are hollow when they found nothing', async () => {
    await open.search('notice period trombone');
    await expect.poll(() => chip('trombone').getAttribute('data-kind')).toBe('missing');
    expect(await chip('trombone').getAttribute('aria-label')).toContain('found nothing');
    expect(await chip('notice').getAttribute('data-kind')).toBe('found');
  });

  it('can be muted, weighed and turned against results, and the ranking follows', async () => {
    await open.search('tomatoes contract');
    const order = async () => (await names()).filter((name) => /garden|Lease/.test(name));
    await chip('contract').focus();
    await open.page.keyboard.press('m');
    await expect.poll(() => chip('contract').getAttribute('data-kind')).toBe('muted');
    await expect.poll(async () => (await order())[0]).toBe('garden.txt');
    await open.page.keyboard.press('m');
    await chip('tomatoes').focus();
    await open.page.keyboard.press('-');
    await expect.poll(() => chip('tomatoes').getAttribute('data-kind')).toBe('negative');
    await expect.poll(async () => (await order())[0]).toBe('Lease agreement 2024.pdf');
    await open.page.keyboard.press('-');
    await open.page.keyboard.press('ArrowUp');
    await expect.poll(() => weightOf('tomatoes')).toBe('1.5');
    expect(await open.page.getByRole('combobox').inputValue()).toBe('tomatoes contract');
  });

  it('are weighed by dragging their bar, which opens no menu', async () => {
    await open.search('tomatoes contract');
    const grip = chip('contract').locator('.chip-grip');
    const place = await grip.boundingBox();
    if (place === null) throw new Error('the chip has no bar');
    const { mouse } = open.page;
    const [x, y] = [place.x + place.width / 2, place.y + place.height - 3];
    await mouse.move(x, y);
    await mouse.down();
    await mouse.move(x + 60, y, { steps: 6 });
    await expect.poll(() => weightOf('contract')).toBe('2');
    await mouse.move(x - 160, y, { steps: 6 });
    await mouse.up();
    await expect.poll(() => chip('contract').getAttribute('data-kind')).toBe('negative');
    await expect.poll(async () => (await names())[0]).toBe('garden.txt');
    expect(await open.page.getByRole('menu').count()).toBe(0);
    await grip.dblclick();
    await expect.poll(() => chip('contract').getAttribute('data-kind')).not.toBe('negative');
  });

  it('are reached from the first result by ↑, and typing goes on in the field', async () => {
    await open.search('tomatoes contract');
    const { keyboard } = open.page;
    await keyboard.press('ArrowUp');
    await expect.poll(() => chip('tomatoes').evaluate((each) => each.matches(':focus'))).toBe(true);
    await open.page.locator('.hint', { hasText: 'against' }).waitFor();
    await keyboard.press('ArrowRight');
    await expect.poll(() => chip('contract').evaluate((each) => each.matches(':focus'))).toBe(true);
    await keyboard.press('+');
    await expect.poll(() => open.page.getByRole('combobox').inputValue()).toBe('tomatoes +contract');
    await keyboard.type('s');
    await expect.poll(() => open.page.getByRole('combobox').inputValue()).toBe('tomatoes +contracts');
  });

  it('have a menu that is walked by keys, and gives the focus back', async () => {
    await open.search('tomatoes contract');
    const { keyboard } = open.page;
    await keyboard.press('ArrowUp');
    await keyboard.press('Enter');
    const menu = open.page.getByRole('menu');
    await expect.poll(() => menu.evaluate((each) => each.contains(document.activeElement))).toBe(true);
    for (let down = 0; down < 3; down += 1) await keyboard.press('ArrowDown');
    await open.page.locator('[data-active-item]', { hasText: 'Mute' }).waitFor();
    await keyboard.press('Enter');
    await expect.poll(() => chip('tomatoes').getAttribute('data-kind')).toBe('muted');
    await menu.waitFor({ state: 'detached' });
    await expect.poll(() => chip('tomatoes').evaluate((each) => each.matches(':focus'))).toBe(true);
    expect(await open.page.getByRole('combobox').inputValue()).toBe('tomatoes contract');
  });

  it('say so when a required word is nowhere, and can be let go', async () => {
    await open.search('watering +trombone');
    await open.page.getByText('No passage has “trombone” letter for letter.').waitFor();
    await open.page.getByRole('button', { name: 'Search without requiring it' }).click();
    await expect.poll(() => open.page.getByRole('combobox').inputValue()).toBe('watering trombone');
    await active().waitFor();
  });

  it('can be required, which is another thing than a weight and looks like it', async () => {
    await open.search('deposit interest');
    const before = (await names()).length;
    await chip('interest').click();
    await open.page.getByRole('menuitem', { name: 'Require this exact word' }).click();
    await expect.poll(() => open.page.getByRole('combobox').inputValue()).toBe('deposit +interest');
    await expect.poll(() => chip('interest').getAttribute('data-required')).toBe('true');
    await expect.poll(async () => (await names()).length).toBeLessThan(before);
    const radius = (word: string) =>
      chip(word).evaluate((each) => each.computedStyleMap().get('border-top-left-radius')?.toString());
    expect(await radius('interest')).not.toBe(await radius('deposit'));
  });

  it('keep their weight while typing goes on', async () => {
    await open.search('tomatoes');
    await chip('tomatoes').focus();
    await open.page.keyboard.press('ArrowUp');
    await expect.poll(() => weightOf('tomatoes')).toBe('1.5');
    await open.search('green tomatoes');
    expect(await weightOf('tomatoes')).toBe('1.5');
    expect(await chip('green').locator('.chip-weight').count()).toBe(0);
  });
});

describe('filters', () => {
  it('narrow to a folder, a type and a date, and come off again', async () => {
    await open.search('the last day');
    const all = (await names()).length;
    const choose = async (filter: string, option: string) => {
      await open.page.getByRole('button', { name: filter, exact: true }).click();
      await open.page.getByRole('menuitemradio', { name: option }).click();
    };
    await choose('Folder', 'Notes');
    await expect.poll(async () => (await names()).sort()).toEqual(['astronomy.md', 'bread.md', 'garden.txt']);
    await choose('Type', 'Text and notes');
    await choose('Date', 'Today');
    await expect.poll(async () => (await names()).length).toBe(3);
    await open.page.getByRole('button', { name: 'Remove filter Folder' }).click();
    await expect.poll(async () => (await names()).length).toBeGreaterThan(3);
    await open.page.getByRole('button', { name: 'Remove filter Type' }).click();
    await open.page.getByRole('button', { name: 'Remove filter Date' }).click();
    await expect.poll(async () => (await names()).length).toBe(all);
  });

  it('sort by age', async () => {
    const old = new Date('2020-01-01T12:00:00Z');
    utimesSync(join(app.documents, 'Notes/bread.md'), old, old);
    await app.engine.call('sync', {});
    await open.search('path:*Notes*');
    await expect.poll(async () => (await names()).length).toBe(3);
    await open.page.getByRole('button', { name: 'Sort', exact: true }).click();
    await open.page.getByRole('menuitemradio', { name: 'Newest' }).click();
    await expect.poll(async () => (await names()).at(-1)).toBe('bread.md');
    await open.page.getByRole('button', { name: 'Remove filter Sort' }).click();
  });

  it('sort by name', async () => {
    await open.search('the last day');
    await open.page.getByRole('button', { name: 'Sort', exact: true }).click();
    await open.page.getByRole('menuitemradio', { name: 'Name' }).click();
    await open.page.getByRole('button', { name: 'Sort: Name' }).waitFor();
    const sorted = await names();
    expect(sorted).toEqual([...sorted].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })));
    await open.page.getByRole('button', { name: 'Remove filter Sort' }).click();
  });
});

describe('with the keyboard alone', () => {
  it('walks, opens, reveals, selects and leaves', async () => {
    const { keyboard } = open.page;
    await keyboard.type(QUERY);
    await open.page.locator('.field:not([data-searching])').waitFor();
    await active().waitFor();
    const first = await active().getAttribute('data-passage');
    await keyboard.press('ArrowDown');
    await expect.poll(() => active().getAttribute('data-passage')).not.toBe(first);
    expect(await open.page.getByRole('combobox').getAttribute('aria-activedescendant')).toBe(
      await active().getAttribute('id'),
    );
    await keyboard.press('ArrowUp');
    await expect.poll(() => active().getAttribute('data-passage')).toBe(first);
    const before = app.launched.length;
    await keyboard.press('Enter');
    await expect
      .poll(() => app.launched.slice(before))
      .toEqual([['xdg-open', [join(app.documents, 'Home/Lease agreement 2024.pdf')]]]);
    await keyboard.press('Control+Enter');
    await expect.poll(() => app.launched.at(-1)).toEqual(['xdg-open', [join(app.documents, 'Home')]]);
    await keyboard.press('Shift+Enter');
    await expect.poll(() => active().getAttribute('data-in-tray')).toBe('true');
    await keyboard.press('Tab');
    await expect
      .poll(() => open.page.locator('.preview-body').evaluate((each) => each.matches(':focus')))
      .toBe(true);
    await open.page.locator('.hint', { hasText: 'next match' }).waitFor();
    await keyboard.press('Escape');
    await keyboard.press('Escape');
    await expect.poll(() => open.page.getByRole('combobox').inputValue()).toBe('');
    await open.page.getByRole('button', { name: QUERY, exact: true }).waitFor();
  });

  it('finds every action in the menu of actions', async () => {
    const { keyboard } = open.page;
    await keyboard.type('rye bread and sourdough');
    await open.page.locator('.field:not([data-searching])').waitFor();
    await active().waitFor();
    await keyboard.press('Control+k');
    await open.page.getByRole('dialog', { name: 'Actions' }).waitFor();
    await open.checkAccessibility();
    await keyboard.type('copy the path');
    await keyboard.press('Enter');
    await expect
      .poll(() => open.page.evaluate('navigator.clipboard.readText()'))
      .toBe(join(app.documents, 'Notes/bread.md'));
    await keyboard.press('Control+k');
    await keyboard.type('similar');
    await keyboard.press('Enter');
    await open.page.getByText('Passages similar to').waitFor();
    await active().waitFor();
    // The focus is back in the field; one Esc leads back to the list, which stands at its beginning.
    expect(await open.page.evaluate('document.activeElement.className')).toBe('field-input');
    await keyboard.press('Escape');
    await open.page.getByText('Passages similar to').waitFor({ state: 'hidden' });
    expect((await names())[0]).toBe('bread.md');
    await expect
      .poll(() =>
        active().evaluate((row) => row.closest('.file-group')?.querySelector('.file-name')?.textContent),
      )
      .toBe('bread.md');
    expect(await open.page.locator('.results-scroll').evaluate((list) => list.scrollTop)).toBe(0);
  });

  it('opens, reveals, copies, selects, and searches a folder from the menu of actions', async () => {
    const clipboard = () => open.page.evaluate<string>('navigator.clipboard.readText()');
    const act = async (name: string) => {
      await open.page.getByRole('button', { name: 'More actions' }).click();
      await open.page.getByRole('dialog', { name: 'Actions' }).getByRole('option', { name }).click();
    };
    await open.search('rye bread and sourdough');
    await expect.poll(async () => (await names())[0]).toBe('bread.md');
    await act('Copy the passage with its source');
    await expect.poll(clipboard).toContain(`(${join(app.documents, 'Notes/bread.md')})`);
    await act('Open the file');
    await expect
      .poll(() => app.launched.at(-1))
      .toEqual(['xdg-open', [join(app.documents, 'Notes/bread.md')]]);
    await act('Show in its folder');
    await expect.poll(() => app.launched.at(-1)).toEqual(['xdg-open', [join(app.documents, 'Notes')]]);
    await act('Add to the export tray');
    await expect.poll(() => active().getAttribute('data-in-tray')).toBe('true');
    await act('Remove from the export tray');
    await expect.poll(() => active().getAttribute('data-in-tray')).toBeNull();
    await act('Search in this folder only');
    await open.page.getByRole('button', { name: 'Folder: Notes' }).waitFor();
    await expect.poll(async () => (await names()).sort()).toEqual(['astronomy.md', 'bread.md', 'garden.txt']);
    await open.page.getByRole('button', { name: 'Remove filter Folder' }).click();
  });

  it('walks through recent searches, takes one up, and forgets one', async () => {
    const { keyboard } = open.page;
    for (const query of ['frost in the garden', 'rings of a planet']) {
      await open.search(query);
      await active().waitFor();
      await keyboard.press('Control+Enter');
      await open.page.getByRole('combobox').fill('');
    }
    const recent = open.page.locator('.recent-query');
    await expect.poll(() => recent.first().textContent()).toBe('rings of a planet');
    await open.page.getByRole('combobox').focus();
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await expect.poll(() => recent.nth(1).evaluate((each) => each.matches(':focus'))).toBe(true);
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowUp');
    await expect
      .poll(() => open.page.getByRole('combobox').evaluate((each) => each.matches(':focus')))
      .toBe(true);
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await expect.poll(() => open.page.getByRole('combobox').inputValue()).toBe('frost in the garden');
    await expect.poll(async () => (await names())[0]).toBe('garden.txt');
    await open.reset();
    await open.page.getByRole('button', { name: 'Forget “frost in the garden”' }).click();
    await expect.poll(() => recent.allTextContents()).not.toContain('frost in the garden');
  });

  it('selects with space in the list', async () => {
    await open.search('frost in the garden');
    await active().click();
    await open.page.keyboard.press(' ');
    await expect.poll(() => active().getAttribute('data-in-tray')).toBe('true');
    await open.page.keyboard.press(' ');
    await expect.poll(() => active().getAttribute('data-in-tray')).toBeNull();
  });
});

describe('a file that only its name finds', () => {
  const name = 'kitchen plan 7431.png';
  it('is shown, opened and revealed like any other, and cannot be exported', async () => {
    writeFileSync(join(app.documents, 'Home', name), TINY_PNG);
    await app.engine.call('sync', {});
    await open.search('kitchen plan 7431');
    await expect.poll(async () => (await names())[0]).toBe(name);
    await open.page.getByText('It holds no text that could be searched.').waitFor();
    await expect
      .poll(() =>
        open.page
          .locator('.image-view img')
          .evaluate((each) => (each as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBe(2);
    const { keyboard } = open.page;
    await keyboard.press('Enter');
    await expect.poll(() => app.launched.at(-1)).toEqual(['xdg-open', [join(app.documents, 'Home', name)]]);
    await keyboard.press('Control+Enter');
    await expect.poll(() => app.launched.at(-1)).toEqual(['xdg-open', [join(app.documents, 'Home')]]);
    await keyboard.press('Shift+Enter');
    await keyboard.press('Control+k');
    const options = open.page.getByRole('dialog', { name: 'Actions' }).getByRole('option');
    expect((await options.allTextContents()).join(' ')).not.toMatch(/tray|similar|Copy the passage/);
    await open.checkAccessibility();
    await keyboard.press('Escape');
    expect(await active().getAttribute('data-in-tray')).toBeNull();
  });
});

describe('while files are being read', () => {
  it('answers from what is there, says how far it is, and adds what comes', async () => {
    const folder = join(app.documents, 'Harbour');
    mkdirSync(folder);
    for (let day = 1; day <= 60; day += 1) {
      // Different enough not to be taken for copies of one another.
      const cargo = Array.from({ length: 12 }, (_, at) => CARGO[(day * (at + 1) + at * at) % CARGO.length]);
      writeFileSync(join(folder, `day ${day}.txt`), `The ferry left with ${cargo.join(', ')}.`);
    }
    await open.search('when does the ferry leave');
    expect(await names()).not.toContain('day 7.txt');
    await app.engine.call('addFolder', { path: folder });
    await open.page.locator('.coverage', { hasText: /of 60 files/ }).waitFor();
    await expect.poll(async () => (await names()).join()).toMatch(/day \d+\.txt/);
    await open.page.locator('.coverage').waitFor({ state: 'detached' });
    // More files match than a list begins with.
    const more = open.page.getByRole('button', { name: 'Show more files' });
    await more.scrollIntoViewIfNeeded();
    await more.click();
    await expect
      .poll(() => open.page.locator('.footer-note').textContent())
      .toMatch(/^(?:[3-9]\d|\d{3}) files/);
    await app.engine.call('removeFolder', { path: folder });
  });
});

describe('accessibility', () => {
  it.each(['light', 'dark'] as const)(
    'has no violation in %s',
    async (colorScheme) => {
      const other = await app.open({ colorScheme });
      await other.checkAccessibility();
      await other.search(QUERY);
      await other.page.locator('.pdf-heat').first().waitFor();
      await other.checkAccessibility();
      await other.page.locator('.chip').first().click();
      await other.page.getByRole('menu').waitFor();
      await other.checkAccessibility();
      await other.page.keyboard.press('Escape');
      // Every look that a chip can have, and the notices.
      await other.search('how -draft +notice "in writing" trombone');
      for (const key of ['m', 'ArrowRight', '-', 'ArrowRight', 'ArrowUp']) {
        if (key === 'm') await other.page.locator('.chip').first().focus();
        await other.page.keyboard.press(key);
      }
      await other.checkAccessibility();
      for (const name of ['Folders', 'Export tray', 'Settings']) {
        await other.page.getByRole('link', { name }).click();
        await other.page.getByRole('heading', { level: 1, name }).waitFor();
        await other.checkAccessibility();
      }
      expect(other.faults).toEqual([]);
      await other.close();
    },
    START_MS,
  );

  it('moves for a moment only, and not at all where less motion is asked for', async () => {
    const duration = (window: Window) =>
      window.page
        .locator('.rail')
        .evaluate((rail) => rail.computedStyleMap().get('transition-duration')?.toString());
    const moving = await app.open({ motion: true });
    const seconds = Number.parseFloat((await duration(moving)) ?? '');
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(0.12);
    await moving.close();
    expect(await duration(open)).toBe('0s');
  });
});
