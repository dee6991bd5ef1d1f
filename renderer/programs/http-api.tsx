import { useState } from 'react';
import type { ProgramAccess } from '../../app/contract/shell.ts';
import { preferences, setPreferences } from '../state/preferences.ts';
import { shellInfo } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { CopyBlock } from './copy-block.tsx';

/** A search by curl. */
function curlLine(origin: string, token: string): string {
  return [
    `curl -s ${origin}/api/v1/search`,
    `  -H 'Authorization: Bearer ${token}'`,
    `  -H 'Content-Type: application/json'`,
    `  -d '{"query": "when does the lease end", "k": 3}'`,
  ].join(' \\\n');
}

/** The desktop app answers over HTTP when it is told to. */
function Switch({ onChange }: { onChange: () => void }) {
  const { programs } = strings;
  const isOn = useStore(preferences, (now) => now.serveHttp);
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => void setPreferences({ serveHttp: event.target.checked }).then(onChange)}
        />
        {programs.serveHttp}
      </label>
      <p className="help">{programs.serveHttpHelp}</p>
    </>
  );
}

/** Address, token and an example of the HTTP API. The token is shown only when it is asked for. */
export function HttpApi(props: { server: ProgramAccess['server']; onChange: () => void }) {
  const { server } = props;
  const isDesktop = useStore(shellInfo, (now) => now?.surface === 'desktop');
  const { programs } = strings;
  const [visible, setVisible] = useState(false);
  const hidden = '•'.repeat(12);
  return (
    <section className="group" aria-labelledby="programs-api">
      <h2 id="programs-api">{programs.api}</h2>
      {isDesktop && <Switch onChange={props.onChange} />}
      {server !== null && (
        <>
          <dl className="facts">
            <dt>{programs.address}</dt>
            <dd>
              <code>{server.origin}/api/v1</code>
            </dd>
            <dt>{programs.token}</dt>
            <dd>
              <code>{visible ? server.token : hidden}</code>{' '}
              <button type="button" className="button" onClick={() => setVisible(!visible)}>
                {visible ? programs.hide : programs.show}
              </button>
            </dd>
          </dl>
          <p className="help">
            {server.kept ? programs.tokenKept : programs.tokenNew} {programs.tokenWarning}
          </p>
          <CopyBlock
            label={programs.curl}
            text={curlLine(server.origin, server.token)}
            shown={curlLine(server.origin, visible ? server.token : hidden)}
          />
          <p className="help">
            {programs.description}
            <code>{server.origin}/api/v1/openapi.json</code>
          </p>
        </>
      )}
    </section>
  );
}
