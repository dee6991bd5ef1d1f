import { useCallback, useEffect, useState } from 'react';
import type { Quality } from '../../app/contract/quality.ts';
import { api } from '../api/api.ts';
import { session } from '../search/session.ts';
import { showError, tell } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Compare } from './compare.tsx';
import { keeping } from './judge.ts';
import './quality.css';
import { Days, RankerTable, WorstQueries } from './tables.tsx';
import { texts } from './texts.ts';
import { Trend } from './trend.tsx';

/** How good the person's own search is, measured on what they searched for and used. */
export function QualityPage() {
  const [quality, setQuality] = useState<Quality | null>(null);
  const [recency, setRecency] = useState<boolean | null>(null);
  const [measuring, setMeasuring] = useState(false);
  const [asking, setAsking] = useState(false);
  const kept = useStore(keeping);
  const load = useCallback(async () => {
    const { settings } = await api.shell('getSettings', {});
    keeping.set(settings.judgements);
    setRecency(settings.recency);
    setQuality(await api.call('quality', {}));
  }, []);
  useEffect(() => {
    load().catch(showError);
  }, [load]);
  const agree = async (wanted: boolean) => {
    keeping.set(wanted);
    await api.shell('setSettings', { judgements: wanted });
  };
  const preferNewer = async (wanted: boolean) => {
    setRecency(wanted);
    await api.shell('setSettings', { recency: wanted });
  };
  const measure = async () => {
    setMeasuring(true);
    try {
      await api.call('measureQuality', {});
      await load();
    } finally {
      setMeasuring(false);
    }
  };
  const forget = async () => {
    await api.call('forgetQuality', {});
    await load();
    tell(texts.forgotten);
  };
  const last = quality?.measurements.at(-1);
  const answers = quality?.golden.reduce(
    (sum, { relevant }) => sum + Object.values(relevant).filter((gain) => gain > 0).length,
    0,
  );
  const hasGolden = quality !== null && quality.golden.length > 0;
  const hasAny = quality !== null && (hasGolden || quality.days.length + quality.measurements.length > 0);
  return (
    <div className="sheet">
      <header className="sheet-header">
        <div>
          <h1>{texts.title}</h1>
          <p className="muted">{texts.intro}</p>
        </div>
      </header>
      <section className="group" aria-labelledby="quality-golden">
        <h2 id="quality-golden">{texts.golden}</h2>
        <label className="check">
          <input
            type="checkbox"
            checked={kept}
            disabled={quality === null}
            onChange={(event) => void agree(event.target.checked).catch(showError)}
          />
          {texts.consent}
        </label>
        <p className="help">{texts.consentHelp}</p>
        <label className="check">
          <input
            type="checkbox"
            checked={recency ?? false}
            disabled={recency === null}
            onChange={(event) => void preferNewer(event.target.checked).catch(showError)}
          />
          {texts.recency}
        </label>
        {quality !== null && (
          <p>{hasGolden ? texts.goldenCount(quality.golden.length, answers ?? 0) : texts.goldenNone}</p>
        )}
        <div className="row-buttons">
          {hasGolden && (
            <button
              type="button"
              className="button"
              disabled={measuring}
              onClick={() => measure().catch(showError)}
            >
              {measuring ? texts.measuring : texts.measure}
            </button>
          )}
          {hasAny && (
            <button type="button" className="button button-danger" onClick={() => setAsking(true)}>
              {texts.forget}
            </button>
          )}
        </div>
      </section>
      {quality !== null && <Trend measurements={quality.measurements} />}
      {last !== undefined && <RankerTable measurement={last} />}
      {last !== undefined && <WorstQueries worst={last.worst} />}
      {quality !== null && <Days days={quality.days} />}
      <Compare initial={session.get().text.trim()} />
      <Confirm
        open={asking}
        title={texts.forget}
        text={texts.forgetConfirm}
        action={texts.forget}
        danger
        onClose={() => setAsking(false)}
        onConfirm={() => forget().catch(showError)}
      />
    </div>
  );
}
