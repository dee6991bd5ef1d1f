import { preferences, setPreferences } from '../state/preferences.ts';
import { shellInfo } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { Select } from '../ui/select.tsx';
import { TextSetting } from './text-setting.tsx';

const PER_FILE = { 1: '1', 2: '2', 3: '3', 5: '5', 10: '10' };

/** Theme, what the list shows, and, in the desktop window, the shortcut and start at login. */
export function Appearance() {
  const { theme, passagesPerFile, hotkey, startAtLogin, hideOnBlur } = useStore(preferences);
  const info = useStore(shellInfo);
  const { settings } = strings;
  return (
    <section className="group" aria-labelledby="set-appearance">
      <h2 id="set-appearance">{settings.appearance}</h2>
      <div className="form-grid">
        <Select
          label={settings.theme}
          value={theme}
          options={settings.themes}
          onChange={(value) => setPreferences({ theme: value })}
        />
        <Select
          label={settings.passagesPerFile}
          value={passagesPerFile as keyof typeof PER_FILE}
          options={PER_FILE}
          onChange={(value) => setPreferences({ passagesPerFile: value })}
        />
      </div>
      {info?.hotkey && (
        <div className="form-grid">
          <TextSetting
            label={settings.hotkey}
            help={settings.hotkeyHelp}
            value={hotkey ?? ''}
            onSave={(value) => {
              setPreferences({ hotkey: value === '' ? null : value });
              return true;
            }}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={startAtLogin}
              onChange={(event) => setPreferences({ startAtLogin: event.target.checked })}
            />
            {settings.startAtLogin}
          </label>
          <label className="check">
            <input
              type="checkbox"
              checked={hideOnBlur}
              onChange={(event) => setPreferences({ hideOnBlur: event.target.checked })}
            />
            {settings.hideOnBlur}
          </label>
        </div>
      )}
    </section>
  );
}
