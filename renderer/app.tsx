import { useEffect, useState } from 'react';
import { api, connected, tokenMissing } from './api/api.ts';
import { FoldersPage } from './folders/folders-page.tsx';
import { ProgramsPage } from './programs/programs-page.tsx';
import { loadKeeping } from './quality/judge.ts';
import { QualityPage } from './quality/quality-page.tsx';
import { SearchPage } from './search/search-page.tsx';
import { session } from './search/session.ts';
import { SettingsPage } from './settings/settings-page.tsx';
import { useExtent } from './state/extent.ts';
import { loadPreferences } from './state/preferences.ts';
import { go, type Page, page } from './state/route.ts';
import { engineTrouble, followEngine, refreshStatus, shellInfo } from './state/status.ts';
import { showError } from './state/toasts.ts';
import { useStore } from './state/use-store.ts';
import { strings } from './strings.ts';
import { TrayPage } from './tray/tray-page.tsx';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import { modified } from './ui/keys.ts';
import { Notice } from './ui/notice.tsx';
import { Rail } from './ui/rail.tsx';
import { Toasts } from './ui/toasts.tsx';

const PAGE_VIEWS: Record<Page, () => React.ReactNode> = {
  search: SearchPage,
  folders: FoldersPage,
  tray: TrayPage,
  programs: ProgramsPage,
  quality: QualityPage,
  settings: SettingsPage,
};

/** Loads what every page needs, once. */
function useStart(): boolean {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (tokenMissing) return;
    const stop = followEngine();
    const load = async () => {
      shellInfo.set(await api.shell('shellInfo', {}));
      await Promise.all([loadPreferences(), loadKeeping(), refreshStatus()]);
    };
    load()
      .catch(showError)
      .finally(() => setReady(true));
    return stop;
  }, []);
  return ready;
}

/** Esc on a page goes back to the search; Ctrl+, leads to the settings from everywhere. */
function usePageKeys(current: Page): void {
  useEffect(() => {
    const settings = (event: KeyboardEvent) => {
      if (event.key !== ',' || !modified(event)) return;
      event.preventDefault();
      go('settings');
    };
    window.addEventListener('keydown', settings);
    return () => window.removeEventListener('keydown', settings);
  }, []);
  useEffect(() => {
    if (current === 'search') return;
    const back = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) go('search');
    };
    window.addEventListener('keydown', back);
    return () => window.removeEventListener('keydown', back);
  }, [current]);
}

export function App() {
  const ready = useStart();
  const current = useStore(page);
  const online = useStore(connected);
  const trouble = useStore(engineTrouble);
  const isEmpty = useStore(session, (now) => now.text.trim() === '');
  usePageKeys(current);
  useExtent(ready);
  useEffect(() => {
    document.title = current === 'search' ? strings.app : `${strings.nav[current]} – ${strings.app}`;
  }, [current]);
  if (tokenMissing) {
    return (
      <main className="lonely">
        <Notice kind="error" title={strings.errors.title}>
          {strings.errors.noToken}
        </Notice>
      </main>
    );
  }
  const View = PAGE_VIEWS[current];
  return (
    <div className="window" data-page={current} data-state={current === 'search' && isEmpty ? 'bar' : 'full'}>
      <Rail />
      <main className="page">
        {!online && <Notice kind="warn">{strings.errors.disconnected}</Notice>}
        {online && trouble !== null && (
          <Notice kind="error" title={strings.errors.engineDown}>
            {trouble} <a href="#/settings">{strings.nav.settings}</a>
          </Notice>
        )}
        <ErrorBoundary key={current}>{ready ? <View /> : null}</ErrorBoundary>
      </main>
      <Toasts />
    </div>
  );
}
