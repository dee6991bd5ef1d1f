import { useCallback, useEffect, useState } from 'react';
import type { ProgramAccess } from '../../app/contract/shell.ts';
import { api } from '../api/api.ts';
import { showError } from '../state/toasts.ts';
import { strings } from '../strings.ts';
import { Answers } from './answers.tsx';
import { Assistants } from './assistants.tsx';
import { HttpApi } from './http-api.tsx';
import { Traces } from './traces.tsx';

/** How assistants and scripts reach Passim, what was sent for answers, and how searches went. */
export function ProgramsPage() {
  const [access, setAccess] = useState<ProgramAccess | null>(null);
  const load = useCallback(() => api.shell('programAccess', {}).then(setAccess, showError), []);
  useEffect(() => void load(), [load]);
  return (
    <div className="sheet">
      <header className="sheet-header">
        <div>
          <h1>{strings.programs.title}</h1>
          <p className="muted">{strings.programs.intro}</p>
        </div>
      </header>
      {access !== null && access.clients.length > 0 && <Assistants clients={access.clients} />}
      {access !== null && <HttpApi server={access.server} onChange={load} />}
      <Answers />
      <Traces />
    </div>
  );
}
