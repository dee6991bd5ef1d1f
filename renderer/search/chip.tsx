import { EyeOff } from 'lucide-react';
import { ChipGrip } from './chip-grip.tsx';
import type { ChipState } from './chip-state.ts';

export interface ChipProps {
  readonly state: ChipState;
  readonly tabbable: boolean;
  readonly linked: boolean;
  /** Whether the menu of this chip is open. */
  readonly open: boolean;
  readonly onOpen: (chip: HTMLElement) => void;
  readonly onKey: (event: React.KeyboardEvent) => void;
  readonly onWeight: (weight: number) => void;
}

/**
 * A query word: a bar for its share that is dragged to weigh it, and a menu. Weights keep it round and only shift the
 * ranking; a required word is a filter, and a square with a +.
 */
export function Chip(props: ChipProps) {
  const { state } = props;
  const kind =
    state.weight === 0 ? 'muted' : state.weight < 0 ? 'negative' : state.found ? 'found' : 'missing';
  return (
    <button
      type="button"
      className="chip"
      data-chip={state.index}
      data-kind={kind}
      data-required={state.required || undefined}
      data-linked={props.linked || undefined}
      aria-haspopup="menu"
      aria-expanded={props.open}
      aria-label={state.label}
      title={state.label}
      tabIndex={props.tabbable ? 0 : -1}
      onKeyDown={props.onKey}
      onClick={(event) => props.onOpen(event.currentTarget)}
    >
      {/* Signs are drawn by the style sheet: the label says the same in words. */}
      {state.required && <span className="chip-sign" data-sign="+" />}
      {state.weight < 0 && <span className="chip-sign" data-sign="−" />}
      {state.weight === 0 && <EyeOff size={12} aria-hidden className="chip-sign" />}
      <span className="chip-text">{state.text}</span>
      {state.weight !== 0 && state.weight !== 1 && state.weight !== -1 && (
        <span className="chip-weight" data-weight={Math.abs(state.weight)} />
      )}
      <ChipGrip weight={state.weight} share={state.bar} onWeight={props.onWeight} />
    </button>
  );
}
