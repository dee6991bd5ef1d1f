import { Menu, MenuButton, MenuItem, MenuProvider, MenuSeparator } from '@ariakit/react';
import { strings } from '../strings.ts';
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

/** A query word: a bar for its share, its weight, and a menu. Required words are squares with a +, weighed ones stay round. */
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
        <span className="chip-text">{state.text}</span>
        {state.weight > 0 && state.weight !== 1 && (
          <span className="chip-weight" aria-hidden>
            ×{state.weight}
          </span>
        )}
        <svg
          className="chip-bar"
          width="100%"
          height="3"
          preserveAspectRatio="none"
          viewBox="0 0 100 3"
          aria-hidden="true"
        >
          <rect width={100 * state.bar} height="3" />
        </svg>
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
