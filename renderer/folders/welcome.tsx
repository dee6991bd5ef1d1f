import { FolderPlus, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { strings } from '../strings.ts';
import { AddFolder } from './add-folder.tsx';

/** The first run: what this is, and one thing to do. */
export function Welcome() {
  const [adding, setAdding] = useState(false);
  return (
    <div className="welcome">
      <h1>{strings.welcome.title}</h1>
      <p className="welcome-text">{strings.welcome.text}</p>
      <WelcomeExample />
      <p>{strings.welcome.step}</p>
      <button type="button" className="button button-primary button-large" onClick={() => setAdding(true)}>
        <FolderPlus size={18} aria-hidden /> {strings.welcome.add}
      </button>
      <p className="welcome-privacy">
        <ShieldCheck size={15} aria-hidden /> {strings.welcome.privacy}
      </p>
      <AddFolder open={adding} onClose={() => setAdding(false)} />
    </div>
  );
}

/** A drawn example of what a result looks like, with its chips. */
function WelcomeExample() {
  return (
    <div className="welcome-example" aria-hidden>
      <div className="chips">
        {['leave', 'flat', 'early'].map((word) => (
          <span key={word} className="chip" data-kind="found">
            <span className="chip-text">{word}</span>
          </span>
        ))}
      </div>
      <p>
        … the{' '}
        <mark className="heat" data-step="3">
          tenant
        </mark>{' '}
        may{' '}
        <mark className="heat" data-step="5">
          end the contract
        </mark>{' '}
        with{' '}
        <mark className="heat" data-step="4">
          three months’ notice
        </mark>
        , in writing, …
      </p>
    </div>
  );
}
