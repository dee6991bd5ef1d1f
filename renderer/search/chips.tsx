import { useRef, useState } from 'react';
import type { PassageResult } from '../../app/contract/search.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { Chip } from './chip.tsx';
import { ChipMenu } from './chip-menu.tsx';
import { type ChipState, chipStates } from './chip-state.ts';
import { linkedWords } from './link.ts';
import { excludeWord, setRequired, stepWeight, weightKey, wordsOf } from './query.ts';
import { change, session } from './session.ts';

/** Share of the score from which on the part of special tokens is told. */
const CONTEXT_FLOOR = 0.01;

/** Query words with their share of the score of the passage in view. One stop for Tab; arrow keys move inside. */
export function Chips({ passage }: { passage: PassageResult | null }) {
  const text = useStore(session, (now) => now.text);
  const weights = useStore(session, (now) => now.weights);
  const [opened, setOpened] = useState<{ index: number; chip: HTMLElement } | null>(null);
  const linked = useStore(linkedWords);
  const bar = useRef<HTMLDivElement>(null);
  const words = wordsOf(text);
  const states = chipStates(words, weights, passage);
  const openedState = states.find((state) => state.index === opened?.index);
  if (states.length === 0) return null;

  const setWeight = (index: number, weight: number) => {
    change({ weights: { ...weights, [weightKey(words, index)]: weight } });
  };
  const move = (index: number, step: number) => {
    const chips = bar.current?.querySelectorAll<HTMLElement>('.chip') ?? [];
    chips[(index + step + chips.length) % chips.length]?.focus();
  };
  const press = (event: React.KeyboardEvent, state: ChipState) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = new Map<string, () => void>([
      ['ArrowLeft', () => move(state.index, -1)],
      ['ArrowRight', () => move(state.index, 1)],
      ['ArrowUp', () => setWeight(state.index, stepWeight(state.weight, 1))],
      ['ArrowDown', () => setWeight(state.index, stepWeight(state.weight, -1))],
      ['m', () => setWeight(state.index, state.weight === 0 ? 1 : 0)],
      ['-', () => setWeight(state.index, state.weight < 0 ? 1 : -1)],
      ['+', () => change({ text: setRequired(text, state.index, !state.required) })],
    ]);
    const action = actions.get(event.key);
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  return (
    <div ref={bar} className="chips" role="toolbar" aria-label={strings.chips.label}>
      {states.map((state) => (
        <Chip
          key={state.index}
          state={state}
          tabbable={state.index === 0}
          linked={linked.includes(state.index)}
          open={opened?.index === state.index}
          onOpen={(chip) =>
            setOpened((now) => (now?.index === state.index ? null : { index: state.index, chip }))
          }
          onKey={(event) => press(event, state)}
          onWeight={(weight) => setWeight(state.index, weight)}
        />
      ))}
      {openedState !== undefined && opened !== null && (
        <ChipMenu
          key={opened.index}
          chip={opened.chip}
          state={openedState}
          onClose={() => setOpened(null)}
          onWeight={(weight) => setWeight(opened.index, weight)}
          onRequire={(required) => change({ text: setRequired(text, opened.index, required) })}
          onExclude={() => change({ text: excludeWord(text, opened.index) })}
        />
      )}
      {passage !== null && passage.contextShare >= CONTEXT_FLOOR && (
        <span className="chip-context" title={strings.chips.contextShare(passage.contextShare)}>
          {strings.chips.context} {Math.round(passage.contextShare * 100)} %
        </span>
      )}
    </div>
  );
}
