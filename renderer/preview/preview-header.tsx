import {
  ArrowDown,
  ArrowUp,
  Ellipsis,
  ExternalLink,
  FileText,
  FolderOpen,
  Inbox,
  ScanText,
} from 'lucide-react';
import { openPassage, revealPassage, toggleSelected } from '../search/act.ts';
import { FileIcon } from '../search/file-icon.tsx';
import { inPart } from '../search/heat.ts';
import { HeatText } from '../search/heat-text.tsx';
import { isFileHit } from '../search/rows.ts';
import { type Hit, stepMatch } from '../search/use-search-keys.ts';
import { folderOf } from '../state/format.ts';
import { shellInfo } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { inTray, tray } from '../tray/tray.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { kindOf } from './kind.ts';

export interface PreviewHeaderProps {
  readonly hit: Hit;
  readonly at: number;
  readonly stops: number;
  readonly canSwitch: boolean;
  readonly asText: boolean;
  readonly onSwitch: () => void;
}

/** Name and place of what is shown, and what can be done with it. */
export function PreviewHeader({ hit, at, stops, canSwitch, asText, onSwitch }: PreviewHeaderProps) {
  const { file, passage } = hit;
  const home = useStore(shellInfo, (now) => now?.userHome ?? '');
  const selected = inTray(useStore(tray), passage.id);
  const { preview } = strings;
  return (
    <header className="preview-header">
      <div className="preview-names">
        <h2 className="preview-name">
          <FileIcon family={kindOf(file) === 'image' ? 'image' : file.family} /> <span>{file.name}</span>
        </h2>
        <p className="preview-where" title={file.path}>
          {folderOf(file.path, home)}
          {passage.placeLabel === '' ? '' : ` · ${passage.placeLabel}`}
          {passage.headings.length > 0 && (
            <>
              {' · '}
              <HeatText text={passage.headings.join(' › ')} highlights={inPart(passage, 'heading')} />
            </>
          )}
        </p>
      </div>
      <div className="preview-tools">
        {!isFileHit(passage) && (
          <>
            <span className="preview-count" aria-live="polite">
              {stops === 0 ? '' : preview.matchOf(at + 1, stops)}
            </span>
            <IconButton icon={ArrowUp} label={preview.previous} onClick={() => stepMatch(-1)} />
            <IconButton icon={ArrowDown} label={preview.next} onClick={() => stepMatch(1)} />
            <i className="tool-gap" />
          </>
        )}
        {canSwitch && (
          <IconButton
            icon={asText ? FileText : ScanText}
            label={asText ? preview.original : preview.text}
            onClick={onSwitch}
          />
        )}
        {!isFileHit(passage) && (
          <IconButton
            icon={Inbox}
            label={selected ? preview.removeFromTray : preview.addToTray}
            pressed={selected}
            onClick={() => toggleSelected(file, passage)}
          />
        )}
        <IconButton icon={FolderOpen} label={preview.reveal} onClick={() => revealPassage(passage.id)} />
        <IconButton icon={ExternalLink} label={preview.open} onClick={() => openPassage(passage.id)} />
        <IconButton icon={Ellipsis} label={preview.actions} onClick={openActions} />
      </div>
    </header>
  );
}

/** The same as Ctrl/⌘ K. */
function openActions(): void {
  const mac = shellInfo.get()?.platform === 'macos';
  document.body.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'k', ctrlKey: !mac, metaKey: mac, bubbles: true, cancelable: true }),
  );
}
