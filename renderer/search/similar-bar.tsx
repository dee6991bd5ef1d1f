import { ArrowLeft } from 'lucide-react';
import { strings } from '../strings.ts';
import { type SimilarSearch, similar } from './session.ts';

/** Says what the list shows when it is not the search's own results, and leads back. */
export function SimilarBar({ similar: { file, passage } }: { similar: SimilarSearch }) {
  return (
    <div className="similar-bar">
      <button type="button" className="button" onClick={() => similar.set(null)}>
        <ArrowLeft size={14} aria-hidden /> {strings.search.backToSearch}
      </button>
      <span>
        {strings.search.similarTo} <b>{file.name}</b>
        {passage.placeLabel === '' ? '' : `, ${passage.placeLabel}`}
      </span>
    </div>
  );
}
