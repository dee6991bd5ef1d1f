import { strings } from '../strings.ts';
import { modifierName } from '../ui/keys.ts';

export type FocusPlace = 'field' | 'chips' | 'list' | 'preview';

/** What the keys do where the focus is. */
function hintsOf(place: FocusPlace): readonly (readonly [keys: string, what: string])[] {
  const mod = modifierName();
  const { hints } = strings;
  if (place === 'chips') {
    return [
      ['← →', hints.words],
      ['↑ ↓', hints.weight],
      ['m', hints.mute],
      ['+', hints.require],
      ['−', hints.negate],
      ['Esc', hints.back],
    ];
  }
  if (place === 'preview') {
    return [
      ['n', hints.nextMatch],
      ['p', hints.previousMatch],
      ['↵', hints.open],
      [`${mod}K`, hints.actions],
      ['Esc', hints.back],
    ];
  }
  return [
    ['↑ ↓', hints.move],
    ['↵', hints.open],
    [`${mod}↵`, hints.reveal],
    [`${mod}K`, hints.actions],
    [place === 'list' ? 'space' : '⇧↵', hints.select],
    ['⇥', hints.preview],
  ];
}

/** One line at the foot: what the keys do, and how long the search took. */
export function Footer({ place, note }: { place: FocusPlace; note: string }) {
  return (
    <footer className="footer">
      <div className="hints">
        {hintsOf(place).map(([keys, what]) => (
          <span key={keys} className="hint">
            <kbd>{keys}</kbd> {what}
          </span>
        ))}
      </div>
      <span className="footer-note">{note}</span>
    </footer>
  );
}
