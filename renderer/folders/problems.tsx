import { FolderOpen } from 'lucide-react';
import type { FileProblem } from '../../app/contract/document.ts';
import type { Status } from '../../app/contract/engine.ts';
import { api } from '../api/api.ts';
import { shorten } from '../state/format.ts';
import { shellInfo } from '../state/status.ts';
import { showError } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { IconButton } from '../ui/icon-button.tsx';

/** Files that gave nothing, grouped by the reason, each with what can be done. */
export function Problems({ status }: { status: Status }) {
  const home = useStore(shellInfo)?.userHome ?? '';
  const groups = Object.entries(Object.groupBy(status.problems, (entry) => entry.problem)) as [
    FileProblem,
    Status['problems'],
  ][];
  const all = Object.values(status.problemCounts).reduce((sum, count) => sum + count, 0);
  return (
    <section className="problems" aria-labelledby="problems-title">
      <h2 id="problems-title">{strings.folders.unread}</h2>
      {all === 0 && <p className="muted">{strings.folders.unreadNone}</p>}
      {groups.map(([problem, entries]) => {
        const count = status.problemCounts[problem] ?? entries.length;
        const advice = strings.problemAdvice[problem];
        return (
          <details key={problem} className="problem-group">
            <summary>
              <b>{count.toLocaleString('en')}</b> {strings.problems[problem]}
            </summary>
            {advice !== undefined && <p className="help">{advice}</p>}
            <ul>
              {entries.map((entry) => (
                <li key={entry.path} title={entry.detail}>
                  <span className="problem-path">{shorten(entry.path, home)}</span>
                  <IconButton
                    icon={FolderOpen}
                    label={`${strings.folders.showInFolder}: ${shorten(entry.path, home)}`}
                    onClick={() => void api.shell('revealPath', { path: entry.path }).catch(showError)}
                  />
                </li>
              ))}
            </ul>
            {count > entries.length && (
              <p className="muted">{strings.folders.unreadMore(count - entries.length)}</p>
            )}
          </details>
        );
      })}
    </section>
  );
}
