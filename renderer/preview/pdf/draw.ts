import { type PDFDocumentProxy, TextLayer } from 'pdfjs-dist';
import { PDF_TEXT_OPTIONS } from '../../../app/contract/pdf.ts';

/** Pixels that one canvas may have; very large pages are drawn coarser. */
const MAX_PIXELS = 16_000_000;

export interface DrawnPage {
  /** One element for each text item, in the order of pdf.js. */
  readonly items: readonly HTMLElement[];
}

/**
 * Draws a page and lays its text over it, invisible, for selection and for finding where a word stands.
 * @param scale CSS pixels for each PDF point
 */
export async function drawPage(
  pdf: PDFDocumentProxy,
  number: number,
  scale: number,
  canvas: HTMLCanvasElement,
  text: HTMLElement,
  signal: AbortSignal,
): Promise<DrawnPage | null> {
  const page = await pdf.getPage(number);
  if (signal.aborted) return null;
  const viewport = page.getViewport({ scale });
  const wanted = window.devicePixelRatio || 1;
  const ratio = Math.min(wanted, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)));
  canvas.width = Math.floor(viewport.width * ratio);
  canvas.height = Math.floor(viewport.height * ratio);
  const drawing = page.render({ canvas, viewport, transform: [ratio, 0, 0, ratio, 0, 0] });
  signal.addEventListener('abort', () => drawing.cancel());
  await drawing.promise.catch((error: Error) => {
    if (error.name !== 'RenderingCancelledException') throw error;
  });
  if (signal.aborted) return null;
  const content = await page.getTextContent(PDF_TEXT_OPTIONS);
  if (signal.aborted) return null;
  text.replaceChildren();
  const layer = new TextLayer({ textContentSource: content, container: text, viewport });
  await layer.render();
  return signal.aborted ? null : { items: layer.textDivs };
}

/** Boxes of a stretch of a text item, in pixels of the page. */
export function boxesOf(
  item: HTMLElement | undefined,
  start: number,
  end: number,
  frame: DOMRect,
): DOMRect[] {
  const node = item?.firstChild;
  if (!(node instanceof Text)) return [];
  const range = document.createRange();
  range.setStart(node, Math.min(start, node.length));
  range.setEnd(node, Math.min(end, node.length));
  return [...range.getClientRects()].map(
    (box) => new DOMRect(box.x - frame.x, box.y - frame.y, box.width, box.height),
  );
}
