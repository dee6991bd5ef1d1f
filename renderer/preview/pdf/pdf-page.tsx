import type { PDFDocumentProxy } from 'pdfjs-dist';
import { memo, useEffect, useRef, useState } from 'react';
import { boxesOf, type DrawnPage, drawPage } from './draw.ts';
import type { PdfMark } from './marks.ts';

export interface PdfPageProps {
  readonly pdf: PDFDocumentProxy;
  readonly number: number;
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  readonly marks: readonly PdfMark[];
  /** Called when the marks have been drawn. */
  readonly onDrawn: (page: number) => void;
}

interface Box {
  readonly mark: PdfMark;
  readonly box: DOMRect;
}

/** One page with the matched words shaded on it. */
export const PdfPage = memo(function PdfPage(props: PdfPageProps) {
  const { pdf, number, scale, marks, onDrawn } = props;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const text = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<DrawnPage | null>(null);
  const [boxes, setBoxes] = useState<readonly Box[]>([]);

  useEffect(() => {
    if (canvas.current === null || text.current === null) return;
    const stop = new AbortController();
    drawPage(pdf, number, scale, canvas.current, text.current, stop.signal).then(
      (result) => {
        if (result !== null) setDrawn(result);
      },
      () => setDrawn(null),
    );
    return () => stop.abort();
  }, [pdf, number, scale]);

  useEffect(() => {
    if (drawn === null || frame.current === null) return;
    const rect = frame.current.getBoundingClientRect();
    setBoxes(
      marks.flatMap((mark) =>
        boxesOf(drawn.items[mark.item], mark.start, mark.end, rect).map((box) => ({ mark, box })),
      ),
    );
  }, [drawn, marks]);

  useEffect(() => {
    if (drawn !== null) onDrawn(number);
  }, [drawn, number, onDrawn]);

  return (
    <div
      ref={frame}
      className="pdf-page"
      data-page={number}
      style={
        { width: props.width, height: props.height, '--total-scale-factor': scale } as React.CSSProperties
      }
    >
      <canvas ref={canvas} style={{ width: props.width, height: props.height }} />
      <div className="pdf-heat-layer" aria-hidden>
        {boxes.map(({ mark, box }) => (
          <span
            key={`${mark.item}:${mark.start}:${box.x}:${box.y}`}
            className={mark.exact ? 'heat exact pdf-heat' : 'heat pdf-heat'}
            data-step={mark.step}
            data-w={mark.words.join(' ')}
            data-passage={mark.passage}
            data-at={mark.at}
            style={{ left: box.x - 1, top: box.y, width: box.width + 2, height: box.height }}
          />
        ))}
      </div>
      <div ref={text} className="textLayer" />
    </div>
  );
});
