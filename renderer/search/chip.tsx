import { Menu, MenuButton, MenuItem, MenuProvider, MenuSeparator } from '@ariakit/react';
import { EyeOff } from 'lucide-react';
import { strings } from '../strings.ts';
import { ChipGrip } from './chip-grip.tsx';
import type { ChipState } from './chip-state.ts';
import { stepWeight } from './query.ts';

export interface ChipProps {
  readonly state: ChipState;
  readonly tabbable: boolean;
  readonly linked: boolean;
  readonly onKey: (event: React.KeyboardEvent) => void;
  readonly onWeight: (weight: number) => void;
  readonly onRequire: (required: boolean) => void;
  readonly onExclude: () => void;
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
    <MenuProvider>
      <MenuButton
        className="chip"
        data-chip={state.index}
        data-kind={kind}
        data-required={state.required || undefined}
        data-linked={props.linked || undefined}
        aria-label={state.label}
        title={state.label}
        tabIndex={props.tabbable ? 0 : -1}
        showOnHover={false}
        onKeyDown={props.onKey}
      >
        {state.required && (
          <span className="chip-sign" aria-hidden>
            +
          </span>
        )}
        {state.weight < 0 && (
          <span className="chip-sign" aria-hidden>
            −
          </span>
        )}
        {state.weight === 0 && <EyeOff size={12} aria-hidden className="chip-sign" />}
        <span className="chip-text">{state.text}</span>
        {state.weight !== 0 && state.weight !== 1 && state.weight !== -1 && (
          <span className="chip-weight" aria-hidden>
            ×{Math.abs(state.weight)}
          </span>
        )}
        <ChipGrip weight={state.weight} share={state.bar} onWeight={props.onWeight} />
      </MenuButton>
      <Menu className="menu" gutter={6}>
        <div className="menu-title">{state.label}</div>
        <MenuItem className="menu-item" onClick={() => props.onWeight(stepWeight(state.weight, 1))}>
          {strings.chips.up} <kbd>↑</kbd>
        </MenuItem>
        <MenuItem className="menu-item" onClick={() => props.onWeight(stepWeight(state.weight, -1))}>
          {strings.chips.down} <kbd>↓</kbd>
        </MenuItem>
        <MenuItem className="menu-item" onClick={() => props.onWeight(state.weight === 0 ? 1 : 0)}>
          {state.weight === 0 ? strings.chips.unmute : strings.chips.mute} <kbd>m</kbd>
        </MenuItem>
        <MenuItem className="menu-item" onClick={() => props.onWeight(state.weight < 0 ? 1 : -1)}>
          {state.weight < 0 ? strings.chips.reset : strings.chips.negate} <kbd>−</kbd>
        </MenuItem>
        {!state.phrase && (
          <>
            <MenuSeparator className="menu-separator" />
            <MenuItem className="menu-item" onClick={() => props.onRequire(!state.required)}>
              {state.required ? strings.chips.unrequire : strings.chips.require} <kbd>+</kbd>
            </MenuItem>
            <MenuItem className="menu-item" onClick={props.onExclude}>
              {strings.chips.exclude}
            </MenuItem>
          </>
        )}
      </Menu>
    </MenuProvider>
  );
}
