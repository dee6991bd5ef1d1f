import { type PointerEvent, useRef } from 'react';
import { strings } from '../strings.ts';
import { DRAG_STEPS, HEAVIEST } from './query.ts';

/** Pixels of pointer movement for one step of the weight. */
const STEP_PX = 14;

export interface ChipGripProps {
  readonly weight: number;
  /** Length of the bar while nothing is dragged, 0 … 1. */
  readonly share: number;
  readonly onWeight: (weight: number) => void;
}

/**
 * The bar at a chip's foot: shows the word's share of the score, and weighs the word when it is dragged. Dragging is
 * for the pointer only; the keys ↑ and ↓ and the menu do the same.
 */
export function ChipGrip({ weight, share, onWeight }: ChipGripProps) {
  const drag = useRef<{ x: number; step: number; moved: boolean } | null>(null);
  const start = (event: PointerEvent<HTMLSpanElement>) => {
    if (event.button !== 0) return;
    // The chip is a button that would open its menu.
    event.preventDefault();
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    event.currentTarget.dataset.dragging = '';
    drag.current = { x: event.clientX, step: nearestStep(weight), moved: false };
  };
  const move = (event: PointerEvent<HTMLSpanElement>) => {
    const from = drag.current;
    if (from === null) return;
    const steps = Math.round((event.clientX - from.x) / STEP_PX);
    if (steps !== 0) from.moved = true;
    const next = DRAG_STEPS[Math.max(0, Math.min(DRAG_STEPS.length - 1, from.step + steps))];
    if (from.moved && next !== undefined && next !== weight) onWeight(next);
  };
  const end = (event: PointerEvent<HTMLSpanElement>) => {
    delete event.currentTarget.dataset.dragging;
    drag.current = null;
  };
  const length = weight === 1 ? share : Math.max(0, weight) / HEAVIEST;
  return (
    <span
      className="chip-grip"
      aria-hidden
      title={strings.chips.drag}
      onPointerDown={start}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={end}
      onMouseDown={(event) => event.stopPropagation()}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={() => onWeight(1)}
    >
      <svg
        className="chip-bar"
        width="100%"
        preserveAspectRatio="none"
        viewBox="0 0 100 4"
        aria-hidden="true"
      >
        <rect width={100 * length} height="4" />
      </svg>
    </span>
  );
}

/** Position among the steps of the one that is nearest to a weight. */
function nearestStep(weight: number): number {
  let best = 0;
  DRAG_STEPS.forEach((step, index) => {
    if (Math.abs(step - weight) < Math.abs((DRAG_STEPS[best] ?? 0) - weight)) best = index;
  });
  return best;
}
