import { useCallback, useEffect, useState } from 'react';
import type { SearchTrace } from '../../app/contract/trace.ts';
import { toOtlp } from '../../app/trace/otlp.ts';
import { api } from '../api/api.ts';
import { saveAs } from '../state/save-as.ts';
import { shellInfo } from '../state/status.ts';
import { showError } from '../state/toasts.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';

const SHOWN = 20;
const SAVED = 10_000;

/** Past searches with their stages, where the person keeps them. */
export function Traces() {
  const { programs } = strings;
  const version = useStore(shellInfo)?.version ?? '';
  const [kept, setKept] = useState<boolean | null>(null);
  const [traces, setTraces] = useState<readonly SearchTrace[]>([]);
  const load = useCallback(async () => {
    // The settings say what will be kept; the engine takes them up a moment later.
    setKept((await api.shell('getSettings', {})).settings.traces);
    setTraces((await api.call('traces', { limit: SHOWN })).traces);
  }, []);
  useEffect(() => {
    load().catch(showError);
  }, [load]);
  const keep = async (wanted: boolean) => {
    setKept(wanted);
    await api.shell('setSettings', { traces: wanted });
  };
  const save = async () => {
    const all = await api.call('traces', { limit: SAVED });
    const spans = JSON.stringify(toOtlp(all.traces, { version, queries: true }));
    saveAs('passim-traces.json', spans, 'application/json');
  };
  const forget = () => api.call('forget', { what: 'traces' }).then(load);
  return (
    <section className="group" aria-labelledby="programs-traces">
      <h2 id="programs-traces">{programs.traces}</h2>
      <p className="help">{programs.tracesHelp}</p>
      <label className="check">
        <input
          type="checkbox"
          checked={kept ?? false}
          disabled={kept === null}
          onChange={(event) => void keep(event.target.checked).catch(showError)}
        />
        {programs.keepTraces}
      </label>
      <h3>{traces.length === 0 ? programs.tracesNone : programs.tracesShown(traces.length)}</h3>
      {traces.length > 0 && (
        <ol className="traces">
          {traces.map((trace) => (
            <Trace key={trace.id} trace={trace} />
          ))}
        </ol>
      )}
      <div className="row-buttons">
        <button type="button" className="button" onClick={() => load().catch(showError)}>
          {programs.tracesRefresh}
        </button>
        {traces.length > 0 && (
          <>
            <button type="button" className="button" onClick={() => save().catch(showError)}>
              {programs.tracesSave}
            </button>
            <button type="button" className="button" onClick={() => forget().catch(showError)}>
              {programs.tracesForget}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

/** One search: its stages as bars in time. */
function Trace({ trace }: { trace: SearchTrace }) {
  const { programs } = strings;
  const whole = Math.max(trace.tookMs, ...trace.stages.map((stage) => stage.start + stage.ms), 0.001);
  return (
    <li className="trace">
      <p>
        <b>{trace.query}</b>{' '}
        <span className="muted">
          {new Date(trace.time).toLocaleTimeString()} ·{' '}
          {programs.trace(trace.tookMs, trace.found.files, trace.choices.ranker)}
        </span>
      </p>
      <svg viewBox={`0 0 100 ${trace.stages.length * 4}`} preserveAspectRatio="none" aria-hidden="true">
        {trace.stages.map((stage, i) => (
          <rect
            key={stage.name}
            x={(stage.start / whole) * 100}
            y={i * 4 + 0.5}
            width={Math.max(0.4, (stage.ms / whole) * 100)}
            height={3}
          />
        ))}
      </svg>
      <p className="muted">{trace.stages.map((stage) => programs.stage(stage.name, stage.ms)).join(' · ')}</p>
    </li>
  );
}
