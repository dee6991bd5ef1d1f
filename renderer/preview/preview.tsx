import { memo, useEffect, useMemo, useState } from 'react';
import type { Hit } from '../search/use-search-keys.ts';
import { strings } from '../strings.ts';
import { kindOf, type PreviewKind } from './kind.ts';
import { PreviewBody } from './preview-body.tsx';
import { PreviewHeader } from './preview-header.tsx';
import { Rail } from './rail.tsx';
import { stopOfPassage, stopsOf } from './stops.ts';
import { useMatches } from './use-matches.ts';

/** Where a stop lies in its view, 0 … 1 from top to bottom; reported by the view when it knows. */
export type StopPositions = readonly number[];

/** The file beside the list, opened at the passage. */
export const Preview = memo(function Preview({ hit, similar }: { hit: Hit | null; similar: boolean }) {
  const matches = useMatches(hit, similar);
  const found = matches?.passages ?? null;
  // Once the file's matches are known, a newer answer to the same search leaves the stops as they are.
  const only = found === null ? (hit?.passage ?? null) : null;
  const stops = useMemo(() => stopsOf(found ?? (only === null ? [] : [only])), [found, only]);
  const [at, setAt] = useState(0);
  const [positions, setPositions] = useState<StopPositions>([]);
  const [asText, setAsText] = useState(false);
  const id = hit?.passage.id ?? '';

  useEffect(() => {
    setAt(Math.max(0, stopOfPassage(stops, id)));
  }, [stops, id]);

  useEffect(() => {
    const step = (event: Event) => {
      const direction = (event as CustomEvent<number>).detail;
      setAt((now) => (stops.length === 0 ? 0 : (now + direction + stops.length) % stops.length));
    };
    window.addEventListener('passim-step', step);
    return () => window.removeEventListener('passim-step', step);
  }, [stops]);

  if (hit === null) {
    return <section className="preview" aria-label={strings.preview.label} />;
  }
  const kind: PreviewKind = asText ? 'passages' : kindOf(hit.file);
  return (
    <section className="preview" aria-label={strings.preview.label}>
      <PreviewHeader
        hit={hit}
        at={at}
        stops={stops.length}
        canSwitch={kindOf(hit.file) !== 'passages'}
        asText={asText}
        onSwitch={() => setAsText(!asText)}
      />
      <div className="preview-frame">
        <PreviewBody
          kind={kind}
          hit={hit}
          matches={matches}
          stops={stops}
          at={at}
          onPositions={setPositions}
        />
        <Rail stops={stops} positions={positions} at={at} onGo={setAt} />
      </div>
    </section>
  );
});
