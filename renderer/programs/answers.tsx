import { useCallback, useEffect, useState } from 'react';
import type { Settings } from '../../app/contract/settings.ts';
import type { SentPrompt } from '../../app/contract/trace.ts';
import { api } from '../api/api.ts';
import { showError } from '../state/toasts.ts';
import { strings } from '../strings.ts';

/** Where prompts go, if anywhere, and every prompt that was sent. */
export function Answers() {
  const { programs } = strings;
  const [answers, setAnswers] = useState<Settings['answers'] | null>(null);
  const [sent, setSent] = useState<readonly SentPrompt[]>([]);
  const load = useCallback(async () => {
    setAnswers((await api.shell('getSettings', {})).settings.answers);
    setSent((await api.call('sentPrompts', { limit: 50 })).prompts);
  }, []);
  useEffect(() => {
    load().catch(showError);
  }, [load]);
  if (answers === null) return null;
  const turnOff = () => api.shell('setSettings', { answers: { ...answers, url: null } }).then(load);
  const forget = () => api.call('forget', { what: 'prompts' }).then(load);
  return (
    <section className="group" aria-labelledby="programs-answers">
      <h2 id="programs-answers">{programs.answers}</h2>
      <p>{answers.url === null ? programs.answersNone : programs.answersBy(answers.url, answers.model)}</p>
      {answers.url !== null && (
        <div className="row-buttons">
          <button type="button" className="button" onClick={() => turnOff().catch(showError)}>
            {programs.answersOff}
          </button>
        </div>
      )}
      <h3>{programs.sent}</h3>
      {sent.length === 0 && <p className="muted">{programs.sentNone}</p>}
      {sent.map((each) => (
        <details key={`${each.time} ${each.question}`} className="sent-prompt">
          <summary>
            {each.question}{' '}
            <span className="muted">
              {new Date(each.time).toLocaleString()} {programs.sentTo(each.server, each.model)}
            </span>
          </summary>
          <pre>{each.prompt}</pre>
        </details>
      ))}
      {sent.length > 0 && (
        <div className="row-buttons">
          <button type="button" className="button" onClick={() => forget().catch(showError)}>
            {programs.forgetPrompts}
          </button>
        </div>
      )}
    </section>
  );
}
