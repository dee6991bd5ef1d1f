import { memo } from 'react';
import type { ExportItem } from '../../app/export/index.ts';
import { kindOf } from '../preview/kind.ts';
import { folderOf } from '../state/format.ts';
import { strings } from '../strings.ts';
import { inTray } from '../tray/tray.ts';
import { FileIcon } from './file-icon.tsx';
import { inPart } from './heat.ts';
import { HeatText } from './heat-text.tsx';
import { matchStrength } from './match-strength.ts';
import { PassageRow } from './passage-row.tsx';
import type { FileRow } from './rows.ts';
import { Strength } from './strength.tsx';

/** The name with the parts that the query matches marked. */
function FileName({ name, matches }: { name: string; matches: readonly { start: number; end: number }[] }) {
  const pieces: React.ReactNode[] = [];
  let at = 0;
  for (const { start, end } of [...matches].sort((a, b) => a.start - b.start)) {
    if (start < at) continue;
    pieces.push(name.slice(at, start), <b key={start}>{name.slice(start, end)}</b>);
    at = end;
  }
  pieces.push(name.slice(at));
  return <span className="file-name">{pieces}</span>;
}

export interface FileGroupProps {
  readonly row: FileRow;
  readonly activeId: string | null;
  readonly selected: readonly ExportItem[];
  readonly total: number;
  readonly home: string;
}

/** A file in the list: its line, and its passages. */
export const FileGroup = memo(function FileGroup({ row, activeId, selected, total, home }: FileGroupProps) {
  const { file, passages } = row;
  const best = passages[0];
  const strength = matchStrength(file);
  const title = best?.title ?? file.title;
  const titleHeat = best === undefined ? [] : inPart(best, 'title');
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset may not stand in a listbox
    <div
      role="group"
      aria-label={row.isRated ? `${file.name}. ${strength.label}` : file.name}
      className="file-group"
    >
      <div className="file-line" role="presentation" title={file.path}>
        <FileIcon family={kindOf(file) === 'image' ? 'image' : file.family} />
        <FileName name={file.name} matches={file.nameMatches} />
        <span className="file-folder">{folderOf(file.path, home)}</span>
        {row.isRated && <Strength strength={strength} />}
      </div>
      {title !== '' && titleHeat.length > 0 && (
        <div className="file-title" role="presentation">
          <HeatText text={title} highlights={titleHeat} />
        </div>
      )}
      {passages.map((passage, index) => (
        <PassageRow
          key={passage.id}
          passage={passage}
          active={passage.id === activeId}
          selected={inTray(selected, passage.id)}
          position={row.first + index}
          setSize={total}
        />
      ))}
      {(row.more > 0 || row.isExpanded) && (
        <div className="file-more" role="presentation" data-more={file.path}>
          {row.isExpanded ? strings.search.fewer : strings.search.more(row.more)}
        </div>
      )}
    </div>
  );
});
