import { Copy } from 'lucide-react';
import { writeClipboard } from '../state/clipboard.ts';
import { showError, tell } from '../state/toasts.ts';
import { strings } from '../strings.ts';

/** A text to be taken elsewhere, with a button that copies it. `shown` stands in for what should not be seen. */
export function CopyBlock({ label, text, shown }: { label: string; text: string; shown?: string }) {
  const { programs } = strings;
  return (
    <figure className="copy-block">
      <figcaption>
        <span>{label}</span>
        <button
          type="button"
          className="button"
          aria-label={`${programs.copy}: ${label}`}
          onClick={() => void writeClipboard(text).then(() => tell(programs.copied), showError)}
        >
          <Copy size={14} aria-hidden /> {programs.copy}
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the text scrolls by keys */}
      <section className="copy-text" aria-label={label} tabIndex={0}>
        <pre>{shown ?? text}</pre>
      </section>
    </figure>
  );
}
