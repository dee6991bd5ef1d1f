import { Folder, Gauge, Inbox, Plug, Search, Settings } from 'lucide-react';
import { PAGES, page } from '../state/route.ts';
import { status } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { tray } from '../tray/tray.ts';

const ICONS = {
  search: Search,
  folders: Folder,
  tray: Inbox,
  programs: Plug,
  quality: Gauge,
  settings: Settings,
};

/** The icons at the left edge that lead to the pages. */
export function Rail() {
  const current = useStore(page);
  const selected = useStore(tray).length;
  const unread = useStore(status)?.folders.some((folder) => folder.state === 'missing') ?? false;
  return (
    <nav className="rail" aria-label={strings.nav.label}>
      {PAGES.map((name) => {
        const Icon = ICONS[name];
        const badge =
          name === 'tray' && selected > 0 ? String(selected) : name === 'folders' && unread ? '!' : null;
        return (
          <a
            key={name}
            href={name === 'search' ? '#/' : `#/${name}`}
            className="rail-link"
            aria-current={current === name ? 'page' : undefined}
            aria-label={badge === null ? strings.nav[name] : `${strings.nav[name]} (${badge})`}
            title={strings.nav[name]}
          >
            <Icon size={19} strokeWidth={1.75} aria-hidden />
            {badge !== null && <i className="badge" data-badge={badge} />}
          </a>
        );
      })}
    </nav>
  );
}
