import { useEffect, useMemo, useRef, useState } from 'react';
import { ActionsMenu } from '../actions/actions-menu.tsx';
import { onShown } from '../api/api.ts';
import { Welcome } from '../folders/welcome.tsx';
import { Preview } from '../preview/preview.tsx';
import { useSettled } from '../preview/use-settled.ts';
import { preferences } from '../state/preferences.ts';
import { indexedRounds, status } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { Chips } from './chips.tsx';
import { FilterBar } from './filters.tsx';
import { type FocusPlace, Footer } from './footer.tsx';
import { NoResults } from './no-results.tsx';
import { Coverage, Notices } from './notices.tsx';
import { QueryField } from './query-field.tsx';
import { Recent } from './recent.tsx';
import { ResultList } from './result-list.tsx';
import { isFileHit, rowsOf } from './rows.ts';
import {
  activeAmong,
  activeId,
  controller,
  expanded,
  refresh,
  session,
  similar,
  takeInGrown,
  wantMoreFiles,
} from './session.ts';
import { SimilarBar } from './similar-bar.tsx';
import { useSearchKeys } from './use-search-keys.ts';

/** The bar, and from the first key the results beside their preview. */
export function SearchPage() {
  // Only what is drawn here: this page must not be drawn anew with every key.
  const isBar = useStore(session, (now) => now.text.trim() === '');
  const sort = useStore(session, (now) => now.sort);
  const response = useStore(controller.state, (now) => now.response);
  const request = useStore(controller.state, (now) => now.request);
  const complete = useStore(controller.state, (now) => now.complete);
  const error = useStore(controller.state, (now) => now.error);
  const more = useStore(expanded);
  const alike = useStore(similar);
  useStore(activeId);
  const unused = useStore(status, (now) => now?.folders.length === 0);
  const rounds = useStore(indexedRounds);
  const [place, setPlace] = useState<FocusPlace>('field');
  const field = useRef<HTMLInputElement>(null);
  const root = useRef<HTMLDivElement>(null);

  const shown = alike === null ? response : alike.response;
  const rows = useMemo(() => rowsOf(shown, sort, alike === null ? more : {}), [shown, sort, more, alike]);
  const ids = useMemo(() => rows.passages.map(({ passage }) => passage.id), [rows]);
  // Known as soon as the list is drawn: one drawn with the passage of the list before would scroll to it.
  const active = activeAmong(ids);
  const current = rows.passages.find(({ passage }) => passage.id === active) ?? null;
  const viewed = useSettled(current);
  const menu = useSearchKeys({ rows, current, field, root });

  useEffect(() => activeId.set(active), [active]);
  useEffect(() => field.current?.focus(), []);
  // Called up anew, the desktop window offers what was typed last to be typed over.
  useEffect(() => onShown(() => field.current?.select()), []);
  useEffect(() => {
    const follow = (event: FocusEvent) => {
      if (event.target instanceof Element) setPlace(placeOf(event.target));
    };
    window.addEventListener('focusin', follow);
    return () => window.removeEventListener('focusin', follow);
  }, []);
  // What was indexed meanwhile takes part.
  useEffect(() => {
    if (rounds > 0) refresh();
  }, [rounds]);
  const searchable = useStore(status, (now) => now?.searchable ?? 0);
  const seen = useRef(searchable);
  useEffect(() => {
    if (searchable > seen.current) takeInGrown();
    seen.current = searchable;
  }, [searchable]);
  const perFile = useStore(preferences, (now) => now.passagesPerFile);
  useEffect(() => {
    if (perFile !== (controller.state.get().request?.passagesPerFile ?? perFile)) refresh();
  }, [perFile]);

  if (unused && isBar) return <Welcome />;
  const note =
    shown === null
      ? ''
      : `${strings.search.files(rows.files.length, rows.passages.length)} · ${strings.search.took(shown.tookMs)}`;
  return (
    <div ref={root} className={isBar ? 'search bar' : 'search full'}>
      <h1 className="visually-hidden">{strings.app}</h1>
      <QueryField ref={field} />
      {isBar ? (
        <Recent />
      ) : (
        <>
          <div className="query-line">
            <Chips
              passage={
                alike === null && current !== null && !isFileHit(current.passage) ? current.passage : null
              }
            />
            <FilterBar />
          </div>
          {alike !== null && <SimilarBar similar={alike} />}
          <div className="split">
            <section className="list" aria-label={strings.search.results}>
              <Notices response={shown} error={error} similar={alike !== null} />
              {shown !== null && rows.files.length === 0 && error === null ? (
                <NoResults query={request?.query ?? ''} />
              ) : (
                <ResultList
                  rows={rows}
                  active={active}
                  label={strings.search.results}
                  onMore={
                    alike === null && complete && rows.files.length >= (request?.k ?? 0) / 2
                      ? wantMoreFiles
                      : null
                  }
                />
              )}
              <Coverage />
            </section>
            <ErrorBoundary what={strings.preview.failed} key={viewed?.file.path ?? ''}>
              <Preview hit={viewed} similar={alike !== null} />
            </ErrorBoundary>
          </div>
          <Footer place={place} note={note} />
          <ActionsMenu open={menu.open} onClose={menu.close} hit={current} />
        </>
      )}
    </div>
  );
}

function placeOf(target: Element): FocusPlace {
  if (target.closest('.chips')) return 'chips';
  if (target.closest('.results')) return 'list';
  if (target.closest('.preview')) return 'preview';
  return 'field';
}
