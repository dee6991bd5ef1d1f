import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, useEffect, useRef } from 'react';
import { shellInfo } from '../state/status.ts';
import { showError } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { tray } from '../tray/tray.ts';
import { openPassage, toggleSelected } from './act.ts';
import { FileGroup } from './file-group.tsx';
import { optionId } from './passage-row.tsx';
import type { Rows } from './rows.ts';
import { choose, controller, toggleMore } from './session.ts';

const LINE_PX = 34;
const PASSAGE_PX = 68;

/** Results grouped by file. Only the files in view are drawn. */
export function ResultList({
  rows,
  active,
  label,
  onMore,
}: {
  rows: Rows;
  /** Id of the passage that keys act on. */
  active: string | null;
  label: string;
  onMore: (() => void) | null;
}) {
  const complete = useStore(controller.state, (now) => now.complete);
  const selected = useStore(tray);
  const home = useStore(shellInfo, (now) => now?.userHome ?? '');
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.files.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => LINE_PX + (rows.files[index]?.passages.length ?? 1) * PASSAGE_PX,
    getItemKey: (index) => rows.files[index]?.file.path ?? index,
    overscan: 3,
  });

  // The active passage is kept in view, with its file's line when it is the first, without moving anything else.
  useEffect(() => {
    if (active === null || scroller.current === null) return;
    const at = rows.passages.findIndex(({ passage }) => passage.id === active);
    const hit = rows.passages[at];
    if (hit === undefined) return;
    if (at === 0) {
      // Asking the element where it is would lay the page out once more.
      if (virtual.scrollOffset !== 0) scroller.current.scrollTop = 0;
      return;
    }
    const element = document.getElementById(optionId(active));
    if (element === null) {
      virtual.scrollToIndex(hit.row);
      return;
    }
    if (rows.passages[at - 1]?.row !== hit.row)
      element.parentElement?.firstElementChild?.scrollIntoView({ block: 'nearest' });
    element.scrollIntoView({ block: 'nearest' });
  }, [active, rows, virtual]);

  const click = (event: MouseEvent) => {
    const target = event.target as Element;
    const more = target.closest('[data-more]')?.getAttribute('data-more');
    if (more) {
      toggleMore(more).catch(showError);
      return;
    }
    const id = target.closest('[data-passage]')?.getAttribute('data-passage');
    if (!id) return;
    choose(id);
    const hit = rows.passages.find(({ passage }) => passage.id === id);
    if (hit === undefined) return;
    if (target.closest('[data-check]')) toggleSelected(hit.file, hit.passage);
    else if (event.detail === 2) openPassage(hit.passage.id);
  };

  return (
    <div ref={scroller} className="results-scroll">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the page handles the keys of the list */}
      <div
        id="results"
        role="listbox"
        tabIndex={0}
        aria-label={label}
        aria-activedescendant={active === null ? undefined : optionId(active)}
        className="results"
        aria-busy={!complete}
        style={{ height: virtual.getTotalSize() }}
        onClick={click}
        onMouseDown={(event) => {
          if (event.detail > 1) event.preventDefault();
        }}
      >
        {virtual.getVirtualItems().map((item) => {
          const row = rows.files[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              role="presentation"
              className="virtual-row"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <FileGroup
                row={row}
                activeId={row.passages.some((passage) => passage.id === active) ? active : null}
                selected={selected}
                total={rows.passages.length}
                home={home}
              />
            </div>
          );
        })}
      </div>
      {onMore !== null && (
        <button type="button" className="button more-files" onClick={onMore}>
          {strings.search.moreFiles}
        </button>
      )}
    </div>
  );
}
