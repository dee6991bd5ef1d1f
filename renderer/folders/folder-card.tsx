import { Menu, MenuButton, MenuItem, MenuProvider, MenuSeparator } from '@ariakit/react';
import { Ellipsis, Folder, FolderX } from 'lucide-react';
import { useState } from 'react';
import type { FolderStatus } from '../../app/contract/engine.ts';
import { api } from '../api/api.ts';
import { baseName, shorten } from '../state/format.ts';
import { refreshStatus, shellInfo } from '../state/status.ts';
import { showError } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { Confirm } from '../ui/confirm.tsx';
import { RulesForm } from './rules-form.tsx';

/** One watched folder. */
export function FolderCard({ folder }: { folder: FolderStatus }) {
  const home = useStore(shellInfo)?.userHome ?? '';
  const [editing, setEditing] = useState(false);
  const [asking, setAsking] = useState<'remove' | 'reindex' | null>(null);
  const { folders } = strings;
  const run = (call: Promise<unknown>) => void call.then(refreshStatus).catch(showError);
  const Icon = folder.state === 'missing' ? FolderX : Folder;
  return (
    <li className="card">
      <div className="card-line">
        <Icon size={20} strokeWidth={1.6} aria-hidden className="card-icon" />
        <div className="card-main">
          <h2>{baseName(folder.path)}</h2>
          <p className="muted">{shorten(folder.path, home)}</p>
        </div>
        <div className="card-numbers">
          <p>{folders.searchable(folder.searchable, folder.files)}</p>
          <p className={`state state-${folder.state}`} title={folders.watching[folder.watching]}>
            <i className="state-dot" aria-hidden /> {folders.states[folder.state]}
          </p>
        </div>
        <MenuProvider placement="bottom-end">
          <MenuButton
            className="icon-button"
            aria-label={`${strings.preview.actions}: ${baseName(folder.path)}`}
          >
            <Ellipsis size={17} aria-hidden />
          </MenuButton>
          <Menu className="menu" gutter={4}>
            <MenuItem className="menu-item" onClick={() => setEditing(true)}>
              {folders.rules}
            </MenuItem>
            <MenuItem className="menu-item" onClick={() => run(api.call('sync', { paths: [folder.path] }))}>
              {folders.check}
            </MenuItem>
            <MenuItem
              className="menu-item"
              onClick={() => void api.shell('revealPath', { path: folder.path }).catch(showError)}
            >
              {folders.showInFolder}
            </MenuItem>
            <MenuItem className="menu-item" onClick={() => setAsking('reindex')}>
              {folders.reindex}
            </MenuItem>
            <MenuSeparator className="menu-separator" />
            <MenuItem className="menu-item menu-danger" onClick={() => setAsking('remove')}>
              {folders.remove}
            </MenuItem>
          </Menu>
        </MenuProvider>
      </div>
      {folder.state === 'missing' && <p className="card-problems">{folders.missingAdvice}</p>}
      {folder.problems > 0 && <p className="card-problems">{folders.problems(folder.problems)}</p>}
      {editing && <RulesForm folder={folder} onClose={() => setEditing(false)} />}
      <Confirm
        open={asking === 'remove'}
        title={folders.remove}
        text={folders.removeConfirm(shorten(folder.path, home))}
        action={folders.remove}
        danger
        onClose={() => setAsking(null)}
        onConfirm={() => run(api.call('removeFolder', { path: folder.path }))}
      />
      <Confirm
        open={asking === 'reindex'}
        title={folders.reindex}
        text={folders.reindexConfirm}
        action={folders.reindex}
        onClose={() => setAsking(null)}
        onConfirm={() => run(api.call('reindex', { path: folder.path }))}
      />
    </li>
  );
}
