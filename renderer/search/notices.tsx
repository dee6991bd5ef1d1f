import type { FileResult, SearchResponse } from '../../app/contract/search.ts';
import { strings } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import type { SearchState } from './controller.ts';
import { refresh } from './session.ts';

/** Share of the query's words below which the best result is called no good match. */
const WEAK_STRENGTH = 0.34;

export interface NoticesProps {
  readonly response: SearchResponse | null;
  readonly error: SearchState['error'];
  readonly best: FileResult | null;
  readonly similar: boolean;
}

/** What has to be said above the results. */
export function Notices({ response, error, best, similar }: NoticesProps) {
  const lines: React.ReactNode[] = [];
  if (error !== null) {
    const syntax = error.code === 'query-syntax';
    lines.push(
      <Notice
        key="error"
        kind={syntax ? 'info' : 'error'}
        title={syntax ? strings.errors.querySyntax : strings.errors.title}
      >
        {error.message}{' '}
        {!syntax && (
          <button type="button" className="link-button" onClick={refresh}>
            {strings.errors.retry}
          </button>
        )}
      </Notice>,
    );
  }
  if (response !== null && response.coverage.searchable < response.coverage.known) {
    lines.push(
      <Notice key="partial" kind="info">
        {strings.search.partial(response.coverage.searchable, response.coverage.known)}
      </Notice>,
    );
  }
  const words = response?.words.filter((word) => word.weight > 0).length ?? 0;
  if (!similar && best !== null && words > 0 && best.strength < WEAK_STRENGTH) {
    lines.push(
      <Notice key="weak" kind="warn" title={strings.search.weak}>
        {strings.search.weakDetail(Math.round(best.strength * words), words)}
      </Notice>,
    );
  }
  return lines.length === 0 ? null : <div className="notices">{lines}</div>;
}
