import { type FormEvent, useId, useState } from 'react';
import type { FolderStatus } from '../../app/contract/engine.ts';
import type { WatchedFolder } from '../../app/contract/settings.ts';
import type { RulesPreview } from '../../app/contract/shell.ts';
import { api } from '../api/api.ts';
import { refreshStatus, shellInfo } from '../state/status.ts';
import { showError, tell } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';

const patterns = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Which files of a folder are read, with a preview of what the rules take and leave out. */
export function RulesForm({ folder, onClose }: { folder: FolderStatus; onClose: () => void }) {
  const { folders } = strings;
  const [include, setInclude] = useState(folder.include.join('\n'));
  const [exclude, setExclude] = useState(folder.exclude.join('\n'));
  const [hidden, setHidden] = useState(folder.hidden);
  const [ignoreFiles, setIgnoreFiles] = useState(folder.ignoreFiles);
  const [preview, setPreview] = useState<RulesPreview | null>(null);
  const canPreview = useStore(shellInfo)?.rulesPreview ?? false;
  const rules: WatchedFolder = {
    path: folder.path,
    include: patterns(include),
    exclude: patterns(exclude),
    hidden,
    ignoreFiles,
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    api
      .call('addFolder', rules)
      .then(async () => {
        await refreshStatus();
        tell(strings.settings.saved);
        onClose();
      })
      .catch(showError);
  };
  return (
    <form className="rules" onSubmit={save}>
      <div className="rules-columns">
        <Patterns label={folders.include} help={folders.includeHelp} value={include} onChange={setInclude} />
        <Patterns label={folders.exclude} help={folders.excludeHelp} value={exclude} onChange={setExclude} />
      </div>
      <label className="check">
        <input type="checkbox" checked={hidden} onChange={(event) => setHidden(event.target.checked)} />
        {folders.hidden}
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={ignoreFiles}
          onChange={(event) => setIgnoreFiles(event.target.checked)}
        />
        {folders.ignoreFiles}
      </label>
      {preview !== null && (
        <div className="rules-preview" role="status">
          <p>{folders.previewResult(preview.indexed, preview.ignored, preview.partial)}</p>
          <ul>
            {preview.examples.map((example) => (
              <li key={example.path} data-indexed={example.indexed}>
                <span>{example.path}</span> <span className="muted">{example.reason}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="dialog-buttons">
        {canPreview && (
          <button
            type="button"
            className="button"
            onClick={() => void api.shell('previewRules', rules).then(setPreview, showError)}
          >
            {folders.preview}
          </button>
        )}
        <button type="button" className="button" onClick={onClose}>
          {folders.cancel}
        </button>
        <button type="submit" className="button button-primary">
          {folders.save}
        </button>
      </div>
    </form>
  );
}

function Patterns(props: { label: string; help: string; value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div className="patterns">
      <label htmlFor={id}>{props.label}</label>
      <textarea
        id={id}
        className="input"
        rows={4}
        spellCheck={false}
        value={props.value}
        aria-describedby={`${id}-help`}
        onChange={(event) => props.onChange(event.target.value)}
      />
      <p id={`${id}-help`} className="help">
        {props.help}
      </p>
    </div>
  );
}
