import { Copy, Download, Inbox, Trash2, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import {
  citationOf,
  DEFAULT_PROMPT_TEMPLATE,
  EXPORT_FILES,
  mergeDuplicates,
  preparePassages,
  writePassages,
} from '../../app/export/index.ts';
import { writeClipboard } from '../state/clipboard.ts';
import { preferences, setPreferences } from '../state/preferences.ts';
import { saveAs } from '../state/save-as.ts';
import { showError, tell } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { Select } from '../ui/select.tsx';
import { removeFromTray, tray } from './tray.ts';

const LONGEST_SHOWN = 60_000;

/** Passages chosen over several searches, and how they are exported. */
export function TrayPage() {
  const items = useStore(tray);
  const { exportFormat, exportOrder, exportBudget, promptTemplate } = useStore(preferences);
  const [question, setQuestion] = useState<string | null>(null);
  const passages = useMemo(
    () => preparePassages(items, { order: exportOrder, budget: exportBudget }),
    [items, exportOrder, exportBudget],
  );
  const searches = [...new Set(items.flatMap((item) => item.queries))].join(' ');
  const output = useMemo(
    () => writePassages(passages, exportFormat, { template: promptTemplate, question: question ?? searches }),
    [passages, exportFormat, promptTemplate, question, searches],
  );
  const merged = useMemo(() => mergeDuplicates(items).length, [items]);
  const { tray: text } = strings;
  if (items.length === 0) {
    return (
      <div className="sheet">
        <h1>{text.title}</h1>
        <div className="empty">
          <Inbox size={28} strokeWidth={1.5} aria-hidden />
          <p className="empty-title">{text.empty}</p>
          <p>{text.emptyAdvice}</p>
          <a className="button" href="#/">
            {text.toSearch}
          </a>
        </div>
      </div>
    );
  }
  const { extension, mediaType } = EXPORT_FILES[exportFormat];
  const notes = [
    text.passages(passages.length),
    text.tokens(passages.reduce((sum, passage) => sum + passage.tokens, 0)),
    ...(merged < items.length ? [text.merged(items.length - merged)] : []),
    ...(passages.length < merged ? [text.dropped(merged - passages.length)] : []),
  ];
  return (
    <div className="sheet sheet-wide">
      <header className="sheet-header">
        <div>
          <h1>{text.title}</h1>
          <p className="muted">{notes.join(' · ')}</p>
        </div>
        <div className="sheet-actions">
          <button type="button" className="button" onClick={() => tray.set([])}>
            <Trash2 size={15} aria-hidden /> {text.clear}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => saveAs(`passages.${extension}`, output, mediaType)}
          >
            <Download size={15} aria-hidden /> {text.save}
          </button>
          <button
            type="button"
            className="button button-primary"
            onClick={() => void writeClipboard(output).then(() => tell(text.copied), showError)}
          >
            <Copy size={15} aria-hidden /> {text.copy}
          </button>
        </div>
      </header>
      <div className="tray-columns">
        <section className="tray-list" aria-label={text.list}>
          <ol>
            {passages.map((passage) => (
              <li key={passage.id} className="tray-item">
                <div className="tray-item-line">
                  <b>
                    [{passage.citation}] {citationOf(passage)}
                  </b>
                  {passage.trimmed && <span className="tag">{text.trimmed}</span>}
                  <button
                    type="button"
                    className="icon-button"
                    aria-label={text.remove(citationOf(passage))}
                    onClick={() => removeFromTray(passage.id)}
                  >
                    <X size={14} aria-hidden />
                  </button>
                </div>
                <p>{passage.text}</p>
                <p className="muted">{passage.queries.join(' · ')}</p>
              </li>
            ))}
          </ol>
        </section>
        <section className="tray-export">
          <div className="form-grid form-grid-narrow">
            <Select
              label={text.format}
              value={exportFormat}
              options={text.formats}
              onChange={(value) => setPreferences({ exportFormat: value })}
            />
            <Select
              label={text.order}
              value={exportOrder}
              options={text.orders}
              onChange={(value) => setPreferences({ exportOrder: value })}
            />
            <label className="form-field">
              <span>{text.budget}</span>
              <input
                className="input"
                type="number"
                min={0}
                step={100}
                value={exportBudget}
                onChange={(event) =>
                  setPreferences({ exportBudget: Math.max(0, Math.floor(Number(event.target.value) || 0)) })
                }
              />
            </label>
          </div>
          <p className="help">{text.budgetHelp}</p>
          {exportFormat === 'prompt' && (
            <>
              <label className="form-field">
                <span>{text.question}</span>
                <input
                  className="input"
                  value={question ?? searches}
                  onChange={(event) => setQuestion(event.target.value)}
                />
              </label>
              <label className="form-field">
                <span>{text.template}</span>
                <textarea
                  className="input"
                  rows={9}
                  value={promptTemplate ?? DEFAULT_PROMPT_TEMPLATE}
                  onChange={(event) => setPreferences({ promptTemplate: event.target.value })}
                />
              </label>
              <p className="help">
                {text.templateHelp}{' '}
                {promptTemplate !== null && (
                  <button
                    type="button"
                    className="link-button"
                    onClick={() => setPreferences({ promptTemplate: null })}
                  >
                    {text.templateReset}
                  </button>
                )}
              </p>
            </>
          )}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the text scrolls by keys */}
          <section className="tray-output" aria-label={text.output} tabIndex={0}>
            <pre>{output.slice(0, LONGEST_SHOWN)}</pre>
          </section>
        </section>
      </div>
    </div>
  );
}
