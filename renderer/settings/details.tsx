import { formatBytes } from '../state/format.ts';
import { status } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';

/** The machinery's numbers, one click away. */
export function Details() {
  const now = useStore(status);
  if (now === null) return null;
  const { settings, folders } = strings;
  const rows: [string, string][] = [
    [settings.version, now.version],
    [
      settings.model,
      `${now.model.name} ${now.model.version} (${now.model.dimension} × ${now.model.bits} bit)`,
    ],
    [settings.license, now.model.license],
    [
      settings.index,
      [
        folders.passages(now.passages),
        settings.vectors(now.vectors),
        folders.onDisk(formatBytes(now.diskBytes)),
        settings.memory(formatBytes(now.memoryBytes)),
      ].join(', '),
    ],
    [
      settings.kernel,
      `${now.index.kind}, ${now.index.kernel}${now.index.reason ? ` (${now.index.reason})` : ''}`,
    ],
  ];
  return (
    <details className="group">
      <summary>
        <h2>{settings.about}</h2>
      </summary>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
