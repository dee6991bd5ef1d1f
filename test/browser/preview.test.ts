import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type App, START_MS, startApp, type Window } from './app.ts';
import { japanesePdf } from './made-files.ts';

let app: App;
let open: Window;
const JAPANESE = [
  '賃貸借契約書',
  '第三条 乙は、三ヶ月前までに書面で通知することにより、契約を解約することができる。',
  '敷金は退去後三十日以内に返還する。',
];
beforeAll(async () => {
  app = await startApp();
  writeFileSync(join(app.documents, 'Home/keiyaku.pdf'), japanesePdf(JAPANESE));
  await app.engine.call('sync', {});
  open = await app.open();
}, START_MS);
afterAll(() => app?.close(), START_MS);
afterEach(async () => {
  expect(open.faults).toEqual([]);
  await open.reset();
});

const preview = () => open.page.locator('.preview');
const body = () => open.page.locator('.preview-body');
const name = () => open.page.locator('.preview-name');

/** Searches and waits for the preview of a file. */
async function show(query: string, file: string): Promise<void> {
  await open.search(query);
  await open.page.locator('.file-group', { hasText: file }).locator('.passage').first().click();
  await expect.poll(() => name().textContent()).toContain(file);
}

describe('PDF', () => {
  const query = 'ending the contract with notice in writing';

  it('draws the page and shades the matched words on it', async () => {
    await show(query, 'Lease agreement 2024.pdf');
    const heat = open.page.locator('.pdf-heat');
    await heat.first().waitFor();
    // The page is really drawn: a blank canvas has one colour.
    const colours = await open.page.evaluate<number>(`(() => {
      const canvas = document.querySelector('.pdf-page canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set();
      for (let at = 0; at < data.length; at += 4) seen.add(data[at]);
      return seen.size;
    })()`);
    expect(colours).toBeGreaterThan(8);
    // Every shaded box lies on the very word that matched: the text under it is a word of the passage's evidence.
    const words = await open.page.evaluate<
      { text: string; step: number }[]
    >(`[...document.querySelectorAll('.pdf-heat')].map((box) => {
      const area = box.getBoundingClientRect();
      for (const item of box.closest('.pdf-page').querySelectorAll('.textLayer span')) {
        const node = item.firstChild;
        if (!node || node.nodeType !== 3) continue;
        for (const word of node.data.matchAll(/[\\p{L}\\d']+/gu)) {
          const range = document.createRange();
          range.setStart(node, word.index);
          range.setEnd(node, word.index + word[0].length);
          const place = range.getBoundingClientRect();
          const middle = (place.left + place.right) / 2;
          if (middle > area.left && middle < area.right && Math.abs(place.top - area.top) < 4) return { text: word[0].toLowerCase(), step: Number(box.dataset.step) };
        }
      }
      return { text: '', step: Number(box.dataset.step) };
    })`);
    const strong = words.filter((word) => word.step >= 3).map((word) => word.text);
    expect(strong.length).toBeGreaterThan(0);
    expect(strong.some((word) => /contract|notice|writing|end/.test(word))).toBe(true);
    expect(strong).not.toContain('');
  });

  it('opens at the passage and steps from match to match, with a tick for each', async () => {
    await show(query, 'Lease agreement 2024.pdf');
    await open.page.locator('.pdf-heat').first().waitFor();
    await expect.poll(() => open.page.locator('.pdf-tools').textContent()).toContain('of 3');
    await expect.poll(() => open.page.locator('.tick').count()).toBeGreaterThan(2);
    const count = () => open.page.locator('.preview-count').textContent();
    await body().focus();
    const before = await count();
    await open.page.keyboard.press('n');
    await expect.poll(count).not.toBe(before);
    await open.page.keyboard.press('p');
    await expect.poll(count).toBe(before);
    const ticks = await open.page
      .locator('.tick')
      .evaluateAll((all) => all.map((tick) => tick.getBoundingClientRect().top));
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
    expect(await open.page.locator('.tick[aria-current]').count()).toBe(1);
  });

  it('goes to the match whose tick is clicked', async () => {
    await show(query, 'Lease agreement 2024.pdf');
    await expect.poll(() => open.page.locator('.tick').count()).toBeGreaterThan(2);
    const count = await open.page.locator('.tick').count();
    await open.page
      .locator('.tick')
      .nth(count - 1)
      .dispatchEvent('click');
    await expect
      .poll(() => open.page.locator('.preview-count').textContent())
      .toBe(`${count} of ${count} matches`);
    await open.page.locator('.tick').first().dispatchEvent('click');
    await expect.poll(() => open.page.locator('.preview-count').textContent()).toMatch(/^1 of /);
  });

  it('grows and shrinks, heat and all', async () => {
    await show(query, 'Lease agreement 2024.pdf');
    const box = open.page.locator('.pdf-heat').first();
    await box.waitFor();
    const height = async () => (await box.boundingBox())?.height ?? 0;
    const before = await height();
    await open.page.getByRole('button', { name: 'Larger' }).click();
    await expect.poll(height).toBeGreaterThan(before * 1.15);
    await open.page.getByRole('button', { name: 'Smaller' }).click();
    await expect.poll(height).toBeLessThan(before * 1.05);
  });

  it('shades words of Japanese, whose fonts are not in the file', async () => {
    await show('敷金の返還', 'keiyaku.pdf');
    const heat = open.page.locator('.pdf-heat');
    await heat.first().waitFor();
    expect(await open.page.locator('.textLayer').textContent()).toContain('敷金は退去後三十日以内に返還する');
    // The letters of the query stand in the last of the three lines, and there they are marked.
    const line = await open.page.locator('.textLayer span', { hasText: '敷金は' }).first().boundingBox();
    const tops = await open.page
      .locator('.pdf-heat.exact')
      .evaluateAll((marks) => marks.map((mark) => mark.getBoundingClientRect().top));
    expect(tops.some((top) => Math.abs(top - (line?.y ?? 0)) < 6)).toBe(true);
    // In the list, the words are within the two lines that are shown.
    const words = await open.page
      .locator('.file-group', { hasText: 'keiyaku.pdf' })
      .locator('.passage-text')
      .first()
      .textContent();
    expect(words).toContain('敷金');
    expect(await open.page.locator('.chip').allTextContents()).toContain('敷金');
  });

  it('links words of the page with their chips', async () => {
    await show(query, 'Lease agreement 2024.pdf');
    const box = open.page.locator('.pdf-heat[data-step="5"], .pdf-heat[data-step="4"]').first();
    await box.waitFor();
    const words = (await box.getAttribute('data-w'))?.split(' ') ?? [];
    // The page may still be scrolling to the passage: the pointer goes where the word is now.
    const linkedUnderPointer = async (word: string): Promise<string | null> => {
      await box.scrollIntoViewIfNeeded();
      const place = await box.boundingBox();
      if (place === null) return null;
      await open.page.mouse.move(place.x + place.width / 2 - 1, place.y + place.height / 2);
      await open.page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
      return open.page.locator(`.chip[data-chip="${word}"]`).getAttribute('data-linked');
    };
    for (const word of words) await expect.poll(() => linkedUnderPointer(word)).toBe('true');
    await open.page.locator(`.chip[data-chip="${words[0]}"]`).hover();
    await expect
      .poll(() => box.evaluate((each) => each.computedStyleMap().get('outline-style')?.toString()))
      .toBe('solid');
  });

  it('shows its text on request', async () => {
    await show(query, 'Lease agreement 2024.pdf');
    await preview().getByRole('button', { name: 'Text only' }).click();
    await expect.poll(() => body().textContent()).toContain('The tenancy begins on 1 March 2024');
    await expect.poll(() => body().locator('.heat').count()).toBeGreaterThan(0);
    await preview().getByRole('button', { name: 'As it looks' }).click();
    await open.page.locator('.pdf-page').first().waitFor();
  });
});

describe('text files', () => {
  it('lays Markdown out, with tables, and shades words inside it', async () => {
    await show('photograph every room and hand over the keys', 'moving-out.md');
    await expect.poll(() => body().locator('h2').allTextContents()).toContain('The last day');
    expect(await body().locator('table td', { hasText: 'Cold water' }).count()).toBe(1);
    expect(await body().locator('strong', { hasText: 'notice' }).count()).toBe(1);
    await expect
      .poll(async () => (await body().locator('.heat').allTextContents()).join(' '))
      .toMatch(/keys|photograph|room/);
    expect(await body().textContent()).not.toContain('date: 2026-09-14');
  });

  it('shows code line by line, with colours and heat together', async () => {
    await show('double the pause between failed attempts', 'retry.ts');
    await body().locator('.hljs-keyword').first().waitFor();
    expect(await body().locator('.line-number').first().textContent()).toBe('1');
    await expect.poll(() => body().locator('.heat').count()).toBeGreaterThan(0);
    await expect.poll(() => body().locator('[data-current]').count()).toBe(1);
  });

  it('shows tables as tables', async () => {
    await show('refund for heating in March', 'household.csv');
    const row = body().locator('tr', { hasText: 'Refund for too much heating' });
    await row.waitFor();
    expect(await row.locator('td').allTextContents()).toEqual([
      'March',
      'Refund for too much heating',
      '-112.30',
      'Tomás',
    ]);
    await expect
      .poll(async () => (await row.locator('.heat').allTextContents()).join(' '))
      .toMatch(/Refund|heating/);
  });

  it('shows mail as it was indexed, headings and all', async () => {
    await show('insurance pays for water damage', 'insurance.eml');
    await expect.poll(() => body().textContent()).toContain('burst pipe behind the bathroom wall');
    await expect.poll(() => body().locator('.heat').count()).toBeGreaterThan(0);
  });
});

describe('hostile HTML', () => {
  it('is laid out with nothing in it that runs, loads or leads away', async () => {
    await show('where do I put my rubbish and bicycles', 'house-rules.html');
    await expect.poll(() => body().locator('h1').textContent()).toBe('House rules of Lindenstraße 14');
    await expect.poll(() => body().locator('.heat').count()).toBeGreaterThan(0);
    expect(await open.page.evaluate('window.pwned')).toBeUndefined();
    expect(await body().locator('script, style, iframe, img, a, [onclick], [onerror], [style]').count()).toBe(
      0,
    );
    await body().getByText('Complaints').click();
    expect(open.page.url()).toBe(`${app.server.origin}/#/`);
  });
});

describe('a file that changes', () => {
  it('is shown as indexed until it has been read again', async () => {
    await show('planets in a telescope', 'astronomy.md');
    await body().locator('h1').waitFor();
    await app.engine.call('pause', {});
    appendFileSync(join(app.documents, 'Notes/garden.txt'), '\n30 October. Dug the beds over.\n');
    await show('slugs ate the lettuce', 'garden.txt');
    await expect.poll(() => body().textContent()).toContain('coffee grounds');
    await app.engine.call('resume', {});
    await app.engine.call('sync', {});
    await expect
      .poll(async () => {
        await open.search('digging over the beds in October');
        return open.page.locator('.passage').first().textContent();
      })
      .toContain('30 October');
  });
});
