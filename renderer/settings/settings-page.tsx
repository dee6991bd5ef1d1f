import { useCallback, useEffect, useState } from 'react';
import type { Settings } from '../../app/contract/settings.ts';
import type { SettingsPatch } from '../../app/contract/shell.ts';
import { api } from '../api/api.ts';
import { refreshStatus } from '../state/status.ts';
import { showError, tell } from '../state/toasts.ts';
import { strings } from '../strings.ts';
import { Appearance } from './appearance.tsx';
import { Details } from './details.tsx';
import { EngineSettings } from './engine-settings.tsx';
import { Privacy } from './privacy.tsx';

/** Everything that can be set, in four groups; each change is kept at once. */
export function SettingsPage() {
  const [state, setState] = useState<{ settings: Settings; file: string } | null>(null);
  useEffect(() => {
    api.shell('getSettings', {}).then(setState, showError);
    void refreshStatus();
  }, []);
  const change = useCallback((patch: SettingsPatch) => {
    // Shown at once: a second change must not be made to what was there before the first.
    setState((before) =>
      before === null ? before : { ...before, settings: { ...before.settings, ...patch } as Settings },
    );
    api
      .shell('setSettings', patch)
      .then(
        ({ settings, restartNeeded }) => {
          setState((before) => (before === null ? before : { ...before, settings }));
          tell(
            restartNeeded ? strings.settings.restart : strings.settings.saved,
            restartNeeded ? 'notice' : 'done',
          );
        },
        (error) => {
          showError(error);
          // What the file holds now, which may be what was just refused.
          return api.shell('getSettings', {}).then(setState);
        },
      )
      .then(refreshStatus, showError);
  }, []);
  return (
    <div className="sheet">
      <header className="sheet-header">
        <h1>{strings.settings.title}</h1>
      </header>
      <Appearance />
      {state !== null && <EngineSettings settings={state.settings} onChange={change} />}
      <Privacy file={state?.file ?? ''} />
      <Details />
    </div>
  );
}
