import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { HeatText } from '../search/heat-text.tsx';
import { PassagesView } from './passages-view.tsx';
import type { ViewProps } from './preview-body.tsx';
import { columnName, type SheetTable, tablesOf } from './table.ts';
import { useFilePassages } from './use-passages.ts';

const ROW_PX = 29;
const MAX_COLUMNS = 60;
const CHAR_PX = 7.6;

/** Columns as wide as their longest cell; the last takes what is left. */
const templateOf = (sheet: SheetTable): string =>
  [
    '48px',
    ...sheet.widths.slice(0, MAX_COLUMNS).map((chars) => `${Math.round(chars * CHAR_PX + 20)}px`),
    '1fr',
  ].join(' ');

type Line =
  | { readonly kind: 'sheet'; readonly sheet: SheetTable }
  | { readonly kind: 'row'; readonly sheet: SheetTable; readonly row: SheetTable['rows'][number] };

/** Sheets as tables, with the matched words shaded in their cells. Only the rows in view are drawn. */
export function TableView(props: ViewProps) {
  const { hit, matches, stops, at, onPositions } = props;
  const passages = useFilePassages(hit.file.path, hit.file.modified);
  const scroller = useRef<HTMLDivElement>(null);
  const results = useMemo(
    () => new Map((matches?.passages ?? [hit.passage]).map((passage) => [passage.id, passage])),
    [matches, hit.passage],
  );
  const lines = useMemo<Line[]>(
    () =>
      tablesOf(passages, results).flatMap((sheet) => [
        { kind: 'sheet' as const, sheet },
        ...sheet.rows.map((row) => ({ kind: 'row' as const, sheet, row })),
      ]),
    [passages, results],
  );
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const stopLines = useMemo(
    () =>
      stops.map((stop) => {
        const inPassage = (line: Line) => line.kind === 'row' && line.row.passage === stop.passage.id;
        const hot = lines.findIndex(
          (line) =>
            inPassage(line) &&
            line.kind === 'row' &&
            [...line.row.cells.values()].some((cell) =>
              cell.highlights.some((each) => each.heat >= stop.heat && each.heat > 0),
            ),
        );
        return hot >= 0 ? hot : lines.findIndex(inPassage);
      }),
    [stops, lines],
  );
  const target = stopLines[at] ?? -1;
  useEffect(() => {
    if (target >= 0) virtual.scrollToIndex(target, { align: 'center' });
  }, [target, virtual]);
  useEffect(() => {
    onPositions(stopLines.map((line) => Math.max(0, line) / Math.max(1, lines.length)));
  }, [stopLines, lines, onPositions]);

  if (passages.length > 0 && lines.length === 0) return <PassagesView {...props} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the body scrolls by keys
    <div ref={scroller} className="preview-body table-view" tabIndex={0}>
      <table aria-label={hit.file.name} className="virtual" style={{ height: virtual.getTotalSize() }}>
        <tbody>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            const columns = Array.from({ length: Math.min(MAX_COLUMNS, line.sheet.columns) }, (_, at) => at);
            return (
              <tr
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                data-current={item.index === target || undefined}
                className={
                  line.kind === 'sheet' ? 'virtual-row table-row table-head' : 'virtual-row table-row'
                }
                style={{
                  transform: `translateY(${item.start}px)`,
                  gridTemplateColumns: templateOf(line.sheet),
                }}
              >
                {line.kind === 'sheet' ? (
                  <SheetCells sheet={line.sheet} columns={columns} />
                ) : (
                  <RowCells row={line.row} columns={columns} />
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function SheetCells({ sheet, columns }: { sheet: SheetTable; columns: readonly number[] }) {
  return (
    <>
      <th className="table-number" scope="row">
        {sheet.name !== '' && <span className="table-name">{sheet.name}</span>}
      </th>
      {columns.map((column) => (
        <th key={column} scope="col" className="table-cell">
          {columnName(column)}
        </th>
      ))}
    </>
  );
}

function RowCells({ row, columns }: { row: SheetTable['rows'][number]; columns: readonly number[] }) {
  return (
    <>
      <th className="table-number" scope="row">
        {row.number}
      </th>
      {columns.map((column) => {
        const cell = row.cells.get(column);
        return (
          <td key={column} className="table-cell" title={cell?.text}>
            {cell !== undefined && <HeatText text={cell.text} highlights={cell.highlights} />}
          </td>
        );
      })}
    </>
  );
}
