import { useVirtualizer } from '@tanstack/react-virtual';
import { ZoomIn, ZoomOut } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { strings } from '../../strings.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PassagesView } from '../passages-view.tsx';
import type { ViewProps } from '../preview-body.tsx';
import { bringIntoView } from '../scroll.ts';
import { inStop, type PdfMark, pdfMarks, placeOfStop } from './marks.ts';
import { PdfPage } from './pdf-page.tsx';
import { useFrameWidth, usePdf, useStopPositions } from './use-pdf.ts';

const GAP_PX = 12;
const SIDE_PX = 24;
const ZOOMS = [0.6, 0.8, 1, 1.25, 1.5, 2, 3];
const NO_MARKS: readonly PdfMark[] = [];

/** The real pages, drawn by pdf.js, with heat over the words that matched. Only the pages in view are drawn. */
export default function PdfView(props: ViewProps & { readonly bytes: Uint8Array }) {
  const { bytes, matches, stops, at, onPositions } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { pdf, sizes, failed } = usePdf(bytes);
  const width = useFrameWidth(scroller);
  const [zoom, setZoom] = useState(2);
  const first = sizes.get(1);
  const scale =
    first === undefined || width === 0 ? 0 : ((width - SIDE_PX) / first.width) * (ZOOMS[zoom] ?? 1);
  const marks = useMemo(
    () => (matches === null ? [] : pdfMarks(matches.passages, matches.details)),
    [matches],
  );
  const byPage = useMemo(() => Map.groupBy(marks, (mark) => mark.page), [marks]);
  const sizeOf = (page: number) => sizes.get(page) ?? first ?? { width: 612, height: 792 };
  const virtual = useVirtualizer({
    count: scale === 0 ? 0 : (pdf?.numPages ?? 0),
    getScrollElement: () => scroller.current,
    estimateSize: (index) => Math.floor(sizeOf(index + 1).height * scale) + GAP_PX,
    overscan: 1,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes and scale change the rows' heights
  useEffect(() => virtual.measure(), [scale, sizes, virtual]);

  const stop = stops[at];
  const target = stop === undefined || matches === null ? null : placeOfStop(stop, matches.details);
  const targetPage = target?.page ?? null;
  /** The stop that is still to be brought into view exactly, once its page is drawn. */
  const pending = useRef<number | null>(null);

  const settle = useCallback(() => {
    const root = scroller.current;
    if (root === null || stop === undefined || pending.current !== stop.index) return;
    const mark = marks.find((each) => inStop(each, stop));
    const element =
      mark && root.querySelector(`[data-passage="${CSS.escape(mark.passage)}"][data-at="${mark.at}"]`);
    if (!element) return;
    bringIntoView(root, element);
    pending.current = null;
  }, [marks, stop]);
  const onDrawn = useCallback(() => requestAnimationFrame(settle), [settle]);

  useEffect(() => {
    if (targetPage === null || scale === 0 || stop === undefined) return;
    pending.current = stop.index;
    const drawn = scroller.current?.querySelector(`[data-page="${targetPage}"] .pdf-heat`);
    if (!drawn) virtual.scrollToIndex(targetPage - 1, { align: 'start' });
    const frame = requestAnimationFrame(settle);
    return () => cancelAnimationFrame(frame);
  }, [targetPage, stop, scale, virtual, settle]);
  useStopPositions(pdf, stops, matches, onPositions);

  if (failed !== null) {
    return (
      <div className="preview-fallback">
        <Notice kind="info">{strings.preview.failed}</Notice>
        <PassagesView {...props} />
      </div>
    );
  }
  const page = (virtual.range?.startIndex ?? 0) + 1;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the body scrolls by keys */}
      <div ref={scroller} className="preview-body pdf-view" tabIndex={0}>
        {scale === 0 && <p className="muted">{strings.preview.loading}</p>}
        <div className="virtual" style={{ height: virtual.getTotalSize() }}>
          {pdf !== null &&
            virtual.getVirtualItems().map((item) => {
              const number = item.index + 1;
              const size = sizeOf(number);
              return (
                <div
                  key={item.key}
                  className="virtual-row pdf-row"
                  style={{ transform: `translateY(${item.start}px)`, height: item.size }}
                >
                  <PdfPage
                    pdf={pdf}
                    number={number}
                    scale={scale}
                    width={Math.floor(size.width * scale)}
                    height={Math.floor(size.height * scale)}
                    marks={byPage.get(number) ?? NO_MARKS}
                    onDrawn={onDrawn}
                  />
                </div>
              );
            })}
        </div>
      </div>
      {pdf !== null && (
        <div className="pdf-tools">
          <span>{strings.preview.pageOf(page, pdf.numPages)}</span>
          <IconButton
            icon={ZoomOut}
            label={strings.preview.zoomOut}
            disabled={zoom === 0}
            onClick={() => setZoom(zoom - 1)}
          />
          <IconButton
            icon={ZoomIn}
            label={strings.preview.zoomIn}
            disabled={zoom === ZOOMS.length - 1}
            onClick={() => setZoom(zoom + 1)}
          />
        </div>
      )}
    </>
  );
}
