import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { inPart } from '../search/heat.ts';
import { HeatText } from '../search/heat-text.tsx';
import type { ViewProps } from './preview-body.tsx';
import { bringIntoView } from './scroll.ts';
import { useFilePassages } from './use-passages.ts';

/** The text of a file as it was indexed, passage by passage under its headings: what every format has. */
export function PassagesView({ hit, matches, stops, at, onPositions }: ViewProps) {
  const passages = useFilePassages(hit.file.path, hit.file.modified);
  const scroller = useRef<HTMLDivElement>(null);
  const byId = useMemo(
    () => new Map((matches?.passages ?? [hit.passage]).map((passage) => [passage.id, passage])),
    [matches, hit.passage],
  );
  const virtual = useVirtualizer({
    count: passages.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => 40 + ((passages[index]?.text.length ?? 400) / 70) * 22,
    getItemKey: (index) => passages[index]?.id ?? index,
    overscan: 4,
  });

  const stop = stops[at];
  const target = stop === undefined ? -1 : passages.findIndex((passage) => passage.id === stop.passage.id);
  useEffect(() => {
    if (target < 0) return;
    virtual.scrollToIndex(target, { align: 'center' });
    // Once the rows are laid out, the very words are brought into view.
    const frame = requestAnimationFrame(() => {
      const element = scroller.current?.querySelector(`[data-stop="${at}"] .heat, [data-stop="${at}"]`);
      if (element && scroller.current) bringIntoView(scroller.current, element);
    });
    return () => cancelAnimationFrame(frame);
  }, [target, at, virtual]);
  useEffect(() => {
    const order = new Map(passages.map((passage, index) => [passage.id, index]));
    onPositions(stops.map((each) => (order.get(each.passage.id) ?? 0) / Math.max(1, passages.length)));
  }, [passages, stops, onPositions]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the body scrolls by keys
    <div ref={scroller} className="preview-body text-view" tabIndex={0}>
      <div className="virtual" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const passage = passages[item.index];
          if (passage === undefined) return null;
          const before = passages[item.index - 1];
          const result = byId.get(passage.id);
          const heading = passage.headings.join(' › ');
          const current = stop?.passage.id === passage.id;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="virtual-row text-row"
              data-match={result !== undefined || undefined}
              data-current={current || undefined}
              data-stop={current ? at : undefined}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {heading !== '' &&
                heading !== before?.headings.join(' › ') &&
                !passage.text.trimStart().startsWith(passage.headings.at(-1) ?? '') && (
                  <h3 className="text-heading">{heading}</h3>
                )}
              <p className="text-passage">
                <HeatText
                  text={passage.text}
                  highlights={result === undefined ? [] : inPart(result, 'text')}
                />
              </p>
              {passage.placeLabel !== before?.placeLabel && (
                <span className="text-place">{passage.placeLabel}</span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
