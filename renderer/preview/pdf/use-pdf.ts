import type { PDFDocumentProxy } from 'pdfjs-dist';
import { type RefObject, useEffect, useState } from 'react';
import { PDF_TEXT_OPTIONS } from '../../../app/contract/pdf.ts';
import type { StopPositions } from '../preview.tsx';
import type { Stop } from '../stops.ts';
import type { FileMatches } from '../use-matches.ts';
import { openPdf } from './document.ts';
import { placeOfStop } from './marks.ts';

export interface PageSize {
  readonly width: number;
  readonly height: number;
}

/** Pages whose size is asked for before the first is drawn; the others are taken to be like the first until then. */
const SIZES_AT_ONCE = 400;

/** An open PDF and the sizes of its pages in points. */
export function usePdf(bytes: Uint8Array): {
  pdf: PDFDocumentProxy | null;
  sizes: ReadonlyMap<number, PageSize>;
  failed: string | null;
} {
  const [state, setState] = useState<{
    pdf: PDFDocumentProxy | null;
    sizes: Map<number, PageSize>;
    failed: string | null;
  }>({
    pdf: null,
    sizes: new Map(),
    failed: null,
  });
  useEffect(() => {
    let alive = true;
    const { document, close } = openPdf(bytes);
    const load = async () => {
      const pdf = await document;
      const sizes = new Map<number, PageSize>();
      const sizeOf = async (number: number) => {
        const { width, height } = (await pdf.getPage(number)).getViewport({ scale: 1 });
        sizes.set(number, { width, height });
      };
      await sizeOf(1);
      if (alive) setState({ pdf, sizes: new Map(sizes), failed: null });
      for (let number = 2; number <= Math.min(pdf.numPages, SIZES_AT_ONCE) && alive; number += 1)
        await sizeOf(number);
      const same = [...sizes.values()].every(
        (size) => size.width === sizes.get(1)?.width && size.height === sizes.get(1)?.height,
      );
      if (alive && !same) setState({ pdf, sizes, failed: null });
    };
    load().catch((error: Error) => {
      if (alive) setState({ pdf: null, sizes: new Map(), failed: error.message });
    });
    return () => {
      alive = false;
      close();
    };
  }, [bytes]);
  return state;
}

/** Width of an element, followed as it changes. */
export function useFrameWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.round(entry.contentRect.width));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** Reports where the stops lie in the whole document. */
export function useStopPositions(
  pdf: PDFDocumentProxy | null,
  stops: readonly Stop[],
  matches: FileMatches | null,
  onPositions: (positions: StopPositions) => void,
): void {
  useEffect(() => {
    if (pdf === null || matches === null) return;
    let alive = true;
    const load = async () => {
      const places = stops.map((stop) => placeOfStop(stop, matches.details));
      const heights = new Map<number, readonly number[]>();
      for (const number of new Set(places.map((place) => place?.page ?? 1))) {
        const page = await pdf.getPage(number);
        const [, bottom = 0, , top = 792] = page.view;
        const { items } = await page.getTextContent(PDF_TEXT_OPTIONS);
        if (!alive) return;
        heights.set(
          number,
          items.map((item) => ('transform' in item ? 1 - (item.transform[5] - bottom) / (top - bottom) : 0)),
        );
      }
      onPositions(
        places.map((place) => {
          const page = place?.page ?? 1;
          const height = heights.get(page)?.[place?.item ?? 0] ?? 0;
          return (page - 1 + Math.min(1, Math.max(0, height))) / pdf.numPages;
        }),
      );
    };
    load().catch(() => {});
    return () => {
      alive = false;
    };
  }, [pdf, stops, matches, onPositions]);
}
