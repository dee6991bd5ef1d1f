import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { colourRuns } from './code-colours.ts';
import { type RowRun, rowAt, rowRuns, sourceRows } from './lines.ts';
import type { ViewProps } from './preview-body.tsx';
import { type SourceHighlight, sourceOffset } from './source-map.ts';

const ROW_PX = 20;

function Run({ run }: { run: RowRun }) {
  const pieces = run.pieces.map((piece) =>
    piece.className === '' ? (
      piece.text
    ) : (
      <span key={piece.start} className={piece.className}>
        {piece.text}
      </span>
    ),
  );
  if (run.heat.step === 0 && !run.heat.exact) return pieces;
  return (
    <mark
      className={run.heat.exact ? 'heat exact' : 'heat'}
      data-step={run.heat.step}
      data-w={run.heat.words.join(' ')}
    >
      {pieces}
    </mark>
  );
}

/** Code and plain text, line by line, with line numbers and syntax colours. Only the lines in view are drawn. */
export default function SourceView(
  props: ViewProps & { readonly source: string; readonly highlights: readonly SourceHighlight[] },
) {
  const { source, highlights, hit, matches, stops, at, onPositions } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => sourceRows(source), [source]);
  const colours = useMemo(() => colourRuns(source, hit.file.format), [source, hit.file.format]);
  const isProse = hit.file.family === 'text';
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => {
      const row = rows[index];
      return row === undefined ? ROW_PX : ROW_PX * Math.max(1, Math.ceil((row.end - row.start) / 80));
    },
    overscan: 12,
  });
  const stopRows = useMemo(
    () =>
      stops.map((stop) => {
        const detail = matches?.details.get(stop.passage.id);
        const offset = detail === undefined ? null : sourceOffset(detail, stop.start);
        return offset === null ? null : rowAt(rows, offset);
      }),
    [stops, matches, rows],
  );
  const target = stopRows[at] ?? null;
  useEffect(() => {
    if (target !== null) virtual.scrollToIndex(target, { align: 'center' });
  }, [target, virtual]);
  useEffect(() => {
    onPositions(stopRows.map((row) => (row ?? 0) / Math.max(1, rows.length)));
  }, [stopRows, rows, onPositions]);

  const digits = String(rows.at(-1)?.line ?? rows.length).length;
  return (
    <div
      ref={scroller}
      className={isProse ? 'preview-body source-view prose' : 'preview-body source-view'}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the body scrolls by keys
      tabIndex={0}
    >
      <div className="virtual" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              data-current={item.index === target || undefined}
              className="virtual-row source-row"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <span className="line-number" style={{ minWidth: `${digits + 1}ch` }} aria-hidden>
                {row.line}
              </span>
              <span className="line-text">
                {rowRuns(source, row, highlights, colours).map((run) => (
                  <Run key={run.heat.start} run={run} />
                ))}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
