import { useState } from 'react';
import type { ProgramAccess } from '../../app/contract/shell.ts';
import { strings } from '../strings.ts';
import { Select } from '../ui/select.tsx';
import { CopyBlock } from './copy-block.tsx';

/** How each of the usual assistants is told of Passim. */
export function Assistants({ clients }: { clients: ProgramAccess['clients'] }) {
  const { programs } = strings;
  const [name, setName] = useState(clients[0]?.name ?? '');
  const [way, setWay] = useState<keyof typeof programs.ways>('command');
  const client = clients.find((each) => each.name === name);
  if (client === undefined) return null;
  const text = way === 'http' && client.http !== null ? client.http : client.command;
  return (
    <section className="group" aria-labelledby="programs-assistants">
      <h2 id="programs-assistants">{programs.assistants}</h2>
      <div className="form-grid">
        <Select
          label={programs.assistant}
          value={name}
          options={Object.fromEntries(clients.map((each) => [each.name, each.title]))}
          onChange={setName}
        />
        {client.http !== null && (
          <Select label={programs.way} value={way} options={programs.ways} onChange={setWay} />
        )}
      </div>
      <CopyBlock label={`${programs.where} ${client.where}`} text={text} />
    </section>
  );
}
