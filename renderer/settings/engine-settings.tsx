import type { Status } from '../../app/contract/engine.ts';
import type { Settings } from '../../app/contract/settings.ts';
import type { SettingsPatch } from '../../app/contract/shell.ts';
import { shellInfo, status } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { Select } from '../ui/select.tsx';
import { IndexSizeSetting } from './index-size.tsx';
import { TextSetting } from './text-setting.tsx';

const MB = 1024 * 1024;

/** A whole number not below a least one; null for anything else. */
function wholeNumber(text: string, least: number): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value >= least ? value : null;
}

/** Whether a provider exists for the system; what is part of another one is no news. */
function couldBe({ provider }: Status['providers'][number]): boolean {
  const platform = shellInfo.get()?.platform;
  return provider === 'dml' ? platform === 'windows' : provider === 'coreml' ? platform === 'macos' : true;
}

/** Model, hardware, size of the index and limits, with what each choice costs. */
export function EngineSettings({
  settings,
  onChange,
}: {
  settings: Settings;
  onChange: (patch: SettingsPatch) => void;
}) {
  const now = useStore(status);
  const text = strings.settings;
  const { limits } = settings;
  const setNumber = (typed: string, least: number, patch: (value: number) => SettingsPatch): boolean => {
    const value = wholeNumber(typed, least);
    if (value !== null) onChange(patch(value));
    return value !== null;
  };
  return (
    <section className="group" aria-labelledby="set-engine">
      <h2 id="set-engine">{text.engine}</h2>
      <div className="form-grid">
        <Select
          label={text.provider}
          value={settings.executionProvider}
          options={text.providers}
          help={text.providerHelp}
          onChange={(executionProvider) => onChange({ executionProvider })}
        />
        <IndexSizeSetting settings={settings} now={now} onChange={onChange} />
        <TextSetting
          label={text.threads}
          type="number"
          min={0}
          value={String(settings.threads)}
          help={text.threadsHelp}
          onSave={(typed) => setNumber(typed, 0, (threads) => ({ threads }))}
        />
        <Select
          label={text.gentle}
          value={settings.gentle}
          options={text.gentleOptions}
          help={text.gentleHelp}
          onChange={(gentle) => onChange({ gentle })}
        />
        <TextSetting
          label={text.reconcile}
          type="number"
          min={1}
          value={String(settings.reconcileMinutes)}
          onSave={(typed) => setNumber(typed, 1, (reconcileMinutes) => ({ reconcileMinutes }))}
        />
      </div>
      {now !== null && (
        <ul className="providers">
          {now.providers.filter(couldBe).map((choice) => (
            <li key={choice.provider} data-chosen={choice.chosen || undefined}>
              <b>{text.providers[choice.provider]}</b>{' '}
              <span className="tag">{choice.chosen ? text.providerChosen : text.providerRefused}</span>{' '}
              <span className="muted">{choice.reason}</span>
            </li>
          ))}
        </ul>
      )}
      <TextSetting
        label={text.model}
        placeholder={now?.model.name ?? ''}
        value={settings.model ?? ''}
        help={text.modelHelp(now?.files ?? 0)}
        onSave={(typed) => {
          onChange({ model: typed === '' ? null : typed });
          return true;
        }}
      />
      <h3>{text.limits}</h3>
      <div className="form-grid">
        <TextSetting
          label={text.fileMb}
          type="number"
          min={1}
          value={String(Math.round(limits.fileBytes / MB))}
          onSave={(typed) =>
            setNumber(typed, 1, (value) => ({ limits: { ...limits, fileBytes: value * MB } }))
          }
        />
        <TextSetting
          label={text.seconds}
          type="number"
          min={1}
          value={String(limits.seconds)}
          onSave={(typed) => setNumber(typed, 1, (seconds) => ({ limits: { ...limits, seconds } }))}
        />
        <TextSetting
          label={text.memoryMb}
          type="number"
          min={64}
          value={String(Math.round(limits.memoryBytes / MB))}
          onSave={(typed) =>
            setNumber(typed, 64, (value) => ({ limits: { ...limits, memoryBytes: value * MB } }))
          }
        />
      </div>
    </section>
  );
}
