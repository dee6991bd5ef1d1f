import { Search, Settings, X } from 'lucide-react';
import { forwardRef } from 'react';
import { status } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { modifierName } from '../ui/keys.ts';
import { ProgressRing } from '../ui/progress-ring.tsx';
import { optionId } from './passage-row.tsx';
import { activeId, change, controller, session } from './session.ts';

/** The one field. Arrow keys move through the results while it keeps the focus. */
export const QueryField = forwardRef<HTMLInputElement>(function QueryField(_, ref) {
  const text = useStore(session, (now) => now.text);
  const searching = useStore(controller.state, (now) => now.searching);
  const answered = useStore(controller.state, (now) => now.response !== null);
  const active = useStore(activeId);
  const progress = useStore(status, (now) => now?.progress ?? null);
  const hasResults = answered && text.trim() !== '';
  return (
    <div className="field" data-searching={searching || undefined}>
      <Search className="field-icon" size={20} strokeWidth={1.75} aria-hidden />
      <input
        ref={ref}
        type="text"
        role="combobox"
        className="field-input"
        value={text}
        onChange={(event) => change({ text: event.target.value }, 'typing')}
        placeholder={strings.search.placeholder}
        aria-label={strings.search.label}
        aria-expanded={hasResults}
        aria-controls="results"
        aria-autocomplete="list"
        aria-activedescendant={hasResults && active !== null ? optionId(active) : undefined}
        autoComplete="off"
        autoCorrect="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={10_000}
      />
      {text !== '' && (
        <button
          type="button"
          className="icon-button"
          aria-label={strings.search.clear}
          title={strings.search.clear}
          onClick={() => change({ text: '' })}
        >
          <X size={16} aria-hidden />
        </button>
      )}
      {progress !== null && <ProgressRing progress={progress} />}
      <a
        className="icon-button bar-settings"
        href="#/settings"
        aria-label={strings.nav.settings}
        title={`${strings.nav.settings} (${modifierName()},)`}
      >
        <Settings size={17} strokeWidth={1.75} aria-hidden />
      </a>
    </div>
  );
});
