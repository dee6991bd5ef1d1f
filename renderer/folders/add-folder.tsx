import { Dialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import { CornerLeftUp, Folder } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { PassimError } from '../../app/contract/errors.ts';
import type { ShellResponse } from '../../app/contract/shell.ts';
import { api } from '../api/api.ts';
import { baseName } from '../state/format.ts';
import { refreshStatus, shellInfo } from '../state/status.ts';
import { showError, tell } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';

async function add(path: string): Promise<void> {
  await api.call('addFolder', { path });
  await refreshStatus();
  tell(strings.folders.added(baseName(path)));
}

/** Chooses a folder: with the system's dialog where there is one, else by walking through the folders here. */
export function AddFolder({ open, onClose }: { open: boolean; onClose: () => void }) {
  const system = useStore(shellInfo)?.folderDialog ?? false;
  useEffect(() => {
    if (!open || !system) return;
    onClose();
    api
      .shell('pickFolder', {})
      .then(({ path }) => (path === null ? undefined : add(path)))
      .catch(showError);
  }, [open, system, onClose]);
  if (system) return null;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      className="dialog folder-dialog"
      backdrop={<div className="backdrop" />}
      unmountOnHide
    >
      <DialogHeading className="dialog-title">{strings.folders.choose}</DialogHeading>
      <FolderBrowser onClose={onClose} />
    </Dialog>
  );
}

function FolderBrowser({ onClose }: { onClose: () => void }) {
  const [listing, setListing] = useState<ShellResponse<'listFolder'> | null>(null);
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const show = (path?: string) => {
    api.shell('listFolder', path === undefined ? {} : { path }).then(
      (answer) => {
        setListing(answer);
        setTyped(answer.path);
        setError(null);
      },
      (reason: PassimError) => setError(reason.message),
    );
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it opens
  useEffect(() => show(), []);

  const choose = () => {
    setBusy(true);
    add(typed.trim())
      .then(onClose, (reason: PassimError) => setError(reason.message))
      .finally(() => setBusy(false));
  };
  return (
    <>
      <form
        className="path-line"
        onSubmit={(event) => {
          event.preventDefault();
          show(typed.trim());
        }}
      >
        <button
          type="button"
          className="icon-button"
          aria-label={strings.folders.up}
          title={strings.folders.up}
          disabled={listing?.parent === null}
          onClick={() => listing?.parent && show(listing.parent)}
        >
          <CornerLeftUp size={16} aria-hidden />
        </button>
        <input
          className="input"
          aria-label={strings.folders.path}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          spellCheck={false}
        />
        <button type="submit" className="button">
          {strings.folders.go}
        </button>
      </form>
      {error !== null && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
      <ul className="folder-list">
        {listing?.folders.map((folder) => (
          <li key={folder.path}>
            <button type="button" className="folder-item" onClick={() => show(folder.path)}>
              <Folder size={15} aria-hidden /> {folder.name}
            </button>
          </li>
        ))}
        {listing?.folders.length === 0 && <li className="muted">{strings.folders.noSubfolders}</li>}
      </ul>
      <div className="dialog-buttons">
        {listing !== null && <span className="dialog-note">{strings.folders.filesHere(listing.files)}</span>}
        <DialogDismiss className="button">{strings.dialog.cancel}</DialogDismiss>
        <button
          type="button"
          className="button button-primary"
          disabled={busy || typed.trim() === ''}
          onClick={choose}
        >
          {strings.folders.chooseThis}
        </button>
      </div>
    </>
  );
}
