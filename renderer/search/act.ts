import type { FileResult, PassageResult } from '../../app/contract/search.ts';
import { citationOf, exportItemOf } from '../../app/export/index.ts';
import { api } from '../api/api.ts';
import { judge } from '../quality/judge.ts';
import { writeClipboard } from '../state/clipboard.ts';
import { showError, tell } from '../state/toasts.ts';
import { strings } from '../strings.ts';
import { toggleTray } from '../tray/tray.ts';
import { rememberSearch, session } from './session.ts';

/** What can be done with a passage. Each tells what it did or why it failed. */
export function openPassage(id: string, openWith = false): void {
  rememberSearch();
  void judge('open', id);
  api
    .shell('openPassage', { id, openWith })
    .then((answer) => tell(answer.reason ?? strings.actions.opened, answer.reason ? 'notice' : 'done'))
    .catch(showError);
}

export function revealPassage(id: string): void {
  rememberSearch();
  void judge('reveal', id);
  api.shell('revealPassage', { id }).catch(showError);
}

export function copyText(text: string, message: string = strings.actions.copied): void {
  rememberSearch();
  writeClipboard(text).then(() => tell(message), showError);
}

/** The passage with a line that says where it is from. */
export function copyCitation(file: FileResult, passage: PassageResult): void {
  void judge('copy', passage.id);
  copyText(
    `${passage.text.trim()}\n— ${citationOf({ name: file.name, placeLabel: passage.placeLabel })} (${file.path})`,
  );
}

export function toggleSelected(file: FileResult, passage: PassageResult): void {
  rememberSearch();
  void judge('collect', passage.id);
  toggleTray(exportItemOf(file, passage, session.get().text.trim()));
}
