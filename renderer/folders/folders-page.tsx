import { FolderPlus, Pause, Play } from 'lucide-react';
import { useEffect, useState } from 'react';
import { api } from '../api/api.ts';
import { formatBytes } from '../state/format.ts';
import { refreshStatus, status } from '../state/status.ts';
import { showError } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { AddFolder } from './add-folder.tsx';
import { FolderCard } from './folder-card.tsx';
import { Problems } from './problems.tsx';
import { ProgressLine } from './progress-line.tsx';

/** Watched folders: what is read, how far it is, and what could not be read. */
export function FoldersPage() {
  const now = useStore(status);
  const [adding, setAdding] = useState(false);
  useEffect(() => void refreshStatus(), []);
  if (now === null) return null;
  const paused = now.progress.state === 'paused';
  const toggle = () => {
    api
      .call(paused ? 'resume' : 'pause', {})
      .then(refreshStatus)
      .catch(showError);
  };
  return (
    <div className="sheet">
      <header className="sheet-header">
        <div>
          <h1>{strings.folders.title}</h1>
          <p className="muted">{strings.folders.intro}</p>
        </div>
        <div className="sheet-actions">
          {now.folders.length > 0 && (
            <button type="button" className="button" onClick={toggle}>
              {paused ? <Play size={15} aria-hidden /> : <Pause size={15} aria-hidden />}
              {paused ? strings.folders.resume : strings.folders.pause}
            </button>
          )}
          <button type="button" className="button button-primary" onClick={() => setAdding(true)}>
            <FolderPlus size={16} aria-hidden /> {strings.folders.add}
          </button>
        </div>
      </header>
      {now.notices.map((notice) => (
        <Notice key={notice} kind="warn">
          {notice}
        </Notice>
      ))}
      {now.folders.length > 0 && (
        <p className="totals">
          <b>{strings.folders.searchable(now.searchable, now.files)}</b> ·{' '}
          {strings.folders.passages(now.passages)} · {strings.folders.onDisk(formatBytes(now.diskBytes))}
        </p>
      )}
      <ProgressLine progress={now.progress} />
      {now.folders.length === 0 && (
        <div className="empty">
          <FolderPlus size={28} strokeWidth={1.5} aria-hidden />
          <p className="empty-title">{strings.folders.empty}</p>
          <p>{strings.folders.emptyAdvice}</p>
        </div>
      )}
      <ul className="cards">
        {now.folders.map((folder) => (
          <FolderCard key={folder.path} folder={folder} />
        ))}
      </ul>
      {now.folders.length > 0 && <Problems status={now} />}
      <AddFolder open={adding} onClose={() => setAdding(false)} />
    </div>
  );
}
