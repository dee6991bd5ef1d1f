import { lazy, Suspense, useMemo } from 'react';
import type { Hit } from '../search/use-search-keys.ts';
import { strings } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { ImageView } from './image-view.tsx';
import { type PreviewKind, RICH_LIMIT } from './kind.ts';
import { PassagesView } from './passages-view.tsx';
import type { StopPositions } from './preview.tsx';
import { decodeText, toSource } from './source-map.ts';
import type { Stop } from './stops.ts';
import { TableView } from './table-view.tsx';
import { useFile } from './use-file.ts';
import type { FileMatches } from './use-matches.ts';

const PdfView = lazy(() => import('./pdf/pdf-view.tsx'));
const SourceView = lazy(() => import('./source-view.tsx'));
const RichView = lazy(() => import('./rich-view.tsx'));

/** What every view is given. A view scrolls to the stop `at` and reports where the stops lie. */
export interface ViewProps {
  readonly hit: Hit;
  readonly matches: FileMatches | null;
  readonly stops: readonly Stop[];
  readonly at: number;
  readonly onPositions: (positions: StopPositions) => void;
}

export interface PreviewBodyProps extends ViewProps {
  readonly kind: PreviewKind;
}

/** Chooses the view of a file; where the file cannot be shown as it looks, its text as indexed is. */
export function PreviewBody(props: PreviewBodyProps) {
  const { kind, hit } = props;
  const needsBytes =
    kind === 'pdf' || kind === 'markdown' || kind === 'html' || kind === 'source' || kind === 'image';
  const file = useFile(`${hit.file.path}\n${hit.file.modified}`, hit.passage.id, needsBytes);
  if (kind === 'passages') return <PassagesView {...props} />;
  if (kind === 'table') return <TableView {...props} />;
  if (file.state === 'loading') return <p className="preview-body muted">{strings.preview.loading}</p>;
  if (file.state === 'failed') {
    return <Fallback {...props} reason={`${strings.preview.failed} ${file.message}`} />;
  }
  return (
    <Suspense fallback={<p className="preview-body muted">{strings.preview.loading}</p>}>
      {kind === 'pdf' && <PdfView {...props} bytes={file.bytes} />}
      {kind === 'image' && <ImageView bytes={file.bytes} name={hit.file.name} />}
      {kind !== 'pdf' && kind !== 'image' && <TextFile {...props} bytes={file.bytes} />}
    </Suspense>
  );
}

/** A file whose text is its source: highlights are carried over by the source map. */
function TextFile(props: PreviewBodyProps & { bytes: Uint8Array }) {
  const { bytes, matches, kind } = props;
  const source = useMemo(() => decodeText(bytes), [bytes]);
  const highlights = useMemo(
    () => (source === null || matches === null ? [] : toSource(source, matches.passages, matches.details)),
    [source, matches],
  );
  if (source === null) return <PassagesView {...props} />;
  if (highlights === null) return <Fallback {...props} reason={strings.preview.changed} />;
  if ((kind === 'markdown' || kind === 'html') && source.length <= RICH_LIMIT) {
    return <RichView {...props} source={source} language={kind} highlights={highlights} />;
  }
  return <SourceView {...props} source={source} highlights={highlights} />;
}

function Fallback(props: ViewProps & { reason: string }) {
  return (
    <div className="preview-fallback">
      <Notice kind="info">{props.reason}</Notice>
      <PassagesView {...props} />
    </div>
  );
}
