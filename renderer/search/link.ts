import { createStore } from '../state/store.ts';

/** Positions of the query words that are pointed at, in a chip or in a text. */
export const linkedWords = createStore<readonly number[]>([]);

/** The rule that rings every word of the list and the preview that these query words matched. */
export function linkRule(words: readonly number[]): string {
  if (words.length === 0) return '';
  const selectors = words.map((word) => `.heat[data-w~="${word}"]`).join(', ');
  return `${selectors} { outline: 2px solid var(--link-ring); outline-offset: 1px; border-radius: 3px; z-index: 1; }`;
}

/** On a PDF page the selectable text lies over the shaded words, so the one under the pointer is told by its place. */
function pdfHeatAt(event: Event, target: Element): Element | null {
  if (!(event instanceof MouseEvent)) return null;
  const { clientX: x, clientY: y } = event;
  const boxes = target.closest('.pdf-page')?.querySelectorAll('.pdf-heat') ?? [];
  for (const box of boxes) {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    if (x >= left && x <= right && y >= top && y <= bottom) return box;
  }
  return null;
}

/** Query words of the element pointed at: a chip has one, a matched word as many as matched it. */
function wordsAt(event: Event): readonly number[] {
  const { target } = event;
  if (!(target instanceof Element)) return [];
  const holder = target.closest('.pdf-page')
    ? pdfHeatAt(event, target)
    : target.closest('[data-w], [data-chip]');
  const list = holder?.getAttribute('data-chip') ?? holder?.getAttribute('data-w') ?? '';
  return list === '' ? [] : list.split(' ').map(Number);
}

/**
 * Links chips and matched words by pointer and focus for the whole page. One style rule is exchanged instead of
 * drawing words anew, so that lists, virtual rows and overlays on PDF pages take part at no cost.
 * @returns a function that ends it
 */
export function installWordLinks(root: Document): () => void {
  const sheet = new CSSStyleSheet();
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const point = (event: Event) => {
    const words = wordsAt(event);
    const before = linkedWords.get();
    if (words.join() !== before.join()) linkedWords.set(words);
  };
  const leave = () => linkedWords.set([]);
  const apply = linkedWords.subscribe(() => sheet.replaceSync(linkRule(linkedWords.get())));
  // Inside a line of a PDF no border between elements is crossed from word to word.
  const move = (event: Event) => {
    if (event.target instanceof Element && event.target.closest('.pdf-page')) point(event);
  };
  root.addEventListener('pointerover', point);
  root.addEventListener('pointermove', move);
  root.addEventListener('focusin', point);
  root.addEventListener('pointerleave', leave);
  return () => {
    apply();
    root.removeEventListener('pointerover', point);
    root.removeEventListener('pointermove', move);
    root.removeEventListener('focusin', point);
    root.removeEventListener('pointerleave', leave);
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}
