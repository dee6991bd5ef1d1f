import { Combobox, ComboboxItem, ComboboxList, ComboboxProvider, Dialog } from '@ariakit/react';
import { useState } from 'react';
import { judge, keeping } from '../quality/judge.ts';
import { texts } from '../quality/texts.ts';
import { copyCitation, copyText, openPassage, revealPassage, toggleSelected } from '../search/act.ts';
import { isFileHit } from '../search/rows.ts';
import { change, findSimilar, session, toggleMore } from '../search/session.ts';
import type { Hit } from '../search/use-search-keys.ts';
import { shellInfo } from '../state/status.ts';
import { showError, tell } from '../state/toasts.ts';
import { strings } from '../strings.ts';
import { inTray, tray } from '../tray/tray.ts';
import { modifierName } from '../ui/keys.ts';

interface Action {
  readonly name: string;
  /** Where it leads, told beside the name. */
  readonly note?: string;
  readonly keys?: string;
  readonly run: () => void;
}

/** Everything that can be done with a result. */
function actionsOf({ file, passage }: Hit): Action[] {
  const { actions } = strings;
  const folder = file.path.slice(0, Math.max(file.path.lastIndexOf('/'), file.path.lastIndexOf('\\')));
  return [
    { name: actions.open, note: passage.placeLabel, keys: '↵', run: () => openPassage(passage.id) },
    ...(shellInfo.get()?.openWith
      ? [{ name: actions.openWith, run: () => openPassage(passage.id, true) }]
      : []),
    { name: actions.reveal, keys: `${modifierName()}↵`, run: () => revealPassage(passage.id) },
    ...(isFileHit(passage) ? [] : passageActions({ file, passage })),
    { name: actions.copyPath, run: () => copyText(file.path) },
    ...(file.morePassages > 0
      ? [{ name: strings.search.more(file.morePassages), run: () => toggleMore(file.path).catch(showError) }]
      : []),
    { name: actions.onlyFolder, run: () => change({ filters: { ...session.get().filters, folder } }) },
  ];
}

/** What needs a passage with a text. */
function passageActions({ file, passage }: Hit): Action[] {
  const { actions } = strings;
  return [
    {
      name: inTray(tray.get(), passage.id) ? actions.unselect : actions.select,
      keys: '⇧↵',
      run: () => toggleSelected(file, passage),
    },
    { name: actions.similar, run: () => findSimilar(file, passage).catch(showError) },
    { name: actions.copyPassage, run: () => copyPassage(passage) },
    { name: actions.copyCitation, run: () => copyCitation(file, passage) },
    ...(keeping.get() ? marks(passage.id) : []),
  ];
}

/** Said outright, where the person agreed that it is kept. */
function marks(id: string): Action[] {
  const mark = (kind: 'right' | 'wrong') => () =>
    void judge(kind, id).then((kept) => {
      if (kept) tell(texts.marked);
    });
  return [
    { name: texts.right, run: mark('right') },
    { name: texts.wrong, run: mark('wrong') },
  ];
}

function copyPassage(passage: Hit['passage']): void {
  void judge('copy', passage.id);
  copyText(passage.text);
}

/** The menu behind Ctrl/⌘ K: type to narrow, ↵ to do. */
export function ActionsMenu({ open, onClose, hit }: { open: boolean; onClose: () => void; hit: Hit | null }) {
  const [typed, setTyped] = useState('');
  const all = hit === null ? [] : actionsOf(hit);
  const shown = all.filter((action) => action.name.toLowerCase().includes(typed.trim().toLowerCase()));
  const close = () => {
    setTyped('');
    onClose();
  };
  return (
    <Dialog
      open={open && hit !== null}
      onClose={close}
      className="palette"
      aria-label={strings.actions.label}
      backdrop={<div className="backdrop" />}
      unmountOnHide
    >
      <ComboboxProvider open value={typed} setValue={setTyped} resetValueOnHide>
        <Combobox
          autoFocus
          autoSelect="always"
          className="palette-input"
          placeholder={strings.actions.placeholder}
          aria-label={strings.actions.placeholder}
        />
        <ComboboxList className="palette-list" aria-label={strings.actions.label}>
          {shown.map((action) => (
            <ComboboxItem
              key={action.name}
              value={action.name}
              setValueOnClick={false}
              className="menu-item"
              onClick={() => {
                close();
                action.run();
              }}
            >
              <span>
                {action.name} {action.note !== undefined && <span className="menu-note">{action.note}</span>}
              </span>
              {action.keys !== undefined && <kbd>{action.keys}</kbd>}
            </ComboboxItem>
          ))}
        </ComboboxList>
        {shown.length === 0 && <p className="muted palette-none">{strings.actions.none}</p>}
      </ComboboxProvider>
    </Dialog>
  );
}
