import { useState } from 'react';
import { api } from '../api/api.ts';
import { loadPreferences, preferences, setPreferences } from '../state/preferences.ts';
import { refreshStatus, shellInfo, status } from '../state/status.ts';
import { showError, tell } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { tray } from '../tray/tray.ts';
import { Confirm } from '../ui/confirm.tsx';

/** What is stored, where, and how to be rid of it. */
export function Privacy({ file }: { file: string }) {
  const { keepHistory, history } = useStore(preferences);
  const home = useStore(status)?.home ?? '';
  const canErase = useStore(shellInfo)?.eraseAll ?? false;
  const [asking, setAsking] = useState(false);
  const { settings } = strings;
  const erase = async () => {
    await api.shell('eraseAll', { confirm: 'erase' });
    tray.set([]);
    await Promise.all([loadPreferences(), refreshStatus()]);
    tell(settings.erased);
  };
  return (
    <section className="group" aria-labelledby="set-privacy">
      <h2 id="set-privacy">{settings.privacy}</h2>
      <p>{settings.network}</p>
      <p>
        {settings.stored} <code>{home}</code>
      </p>
      <p>
        {settings.settingsFile}: <code>{file}</code>
      </p>
      <label className="check">
        <input
          type="checkbox"
          checked={keepHistory}
          onChange={(event) =>
            setPreferences(event.target.checked ? { keepHistory: true } : { keepHistory: false, history: [] })
          }
        />
        {settings.keepHistory}
      </label>
      <div className="row-buttons">
        <button
          type="button"
          className="button"
          disabled={history.length === 0}
          onClick={() => setPreferences({ history: [] })}
        >
          {settings.clearHistory}
        </button>
        {canErase && (
          <button type="button" className="button button-danger" onClick={() => setAsking(true)}>
            {settings.erase}
          </button>
        )}
      </div>
      {canErase && <p className="help">{settings.eraseHelp}</p>}
      <Confirm
        open={asking}
        title={settings.erase}
        text={settings.eraseConfirm}
        action={settings.erase}
        danger
        onClose={() => setAsking(false)}
        onConfirm={() => erase().catch(showError)}
      />
    </section>
  );
}
