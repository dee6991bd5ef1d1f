import { Menu, MenuItem, MenuProvider, MenuSeparator } from '@ariakit/react';
import { useEffect, useRef } from 'react';
import { strings } from '../strings.ts';
import type { ChipState } from './chip-state.ts';
import { stepWeight } from './query.ts';

export interface ChipMenuProps {
  readonly chip: HTMLElement;
  readonly state: ChipState;
  readonly onClose: () => void;
  readonly onWeight: (weight: number) => void;
  readonly onRequire: (required: boolean) => void;
  readonly onExclude: () => void;
}

/** The menu of one chip. There is none until a chip is opened: typing draws chips anew with every key. */
export function ChipMenu({ chip, state, onClose, onWeight, onRequire, onExclude }: ChipMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  // It comes open, so there is no opening that would bring the focus here, nor a closing that takes it back.
  useEffect(() => {
    menu.current?.focus();
    return () => {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && chip.isConnected) chip.focus();
      });
    };
  }, [chip]);
  return (
    <MenuProvider
      open
      setOpen={(open) => {
        if (!open) onClose();
      }}
    >
      <Menu
        ref={menu}
        className="menu"
        gutter={6}
        getAnchorRect={() => chip.getBoundingClientRect()}
        getPersistentElements={() => [chip]}
        aria-label={state.label}
      >
        <div className="menu-title">{state.label}</div>
        <MenuItem className="menu-item" onClick={() => onWeight(stepWeight(state.weight, 1))}>
          {strings.chips.up} <kbd>↑</kbd>
        </MenuItem>
        <MenuItem className="menu-item" onClick={() => onWeight(stepWeight(state.weight, -1))}>
          {strings.chips.down} <kbd>↓</kbd>
        </MenuItem>
        <MenuItem className="menu-item" onClick={() => onWeight(state.weight === 0 ? 1 : 0)}>
          {state.weight === 0 ? strings.chips.unmute : strings.chips.mute} <kbd>m</kbd>
        </MenuItem>
        <MenuItem className="menu-item" onClick={() => onWeight(state.weight < 0 ? 1 : -1)}>
          {state.weight < 0 ? strings.chips.reset : strings.chips.negate} <kbd>−</kbd>
        </MenuItem>
        {!state.phrase && (
          <>
            <MenuSeparator className="menu-separator" />
            <MenuItem className="menu-item" onClick={() => onRequire(!state.required)}>
              {state.required ? strings.chips.unrequire : strings.chips.require} <kbd>+</kbd>
            </MenuItem>
            <MenuItem className="menu-item" onClick={onExclude}>
              {strings.chips.exclude}
            </MenuItem>
          </>
        )}
      </Menu>
    </MenuProvider>
  );
}
