import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Area, FIRST_PLACE, placeOn, rememberPlace, SMALLEST } from '../../../main/place.ts';
import { startDesktop } from '../../fakes/desktop.ts';

const area = fc.record({
  x: fc.integer({ min: -5000, max: 5000 }),
  y: fc.integer({ min: -5000, max: 5000 }),
  width: fc.integer({ min: 300, max: 6000 }),
  height: fc.integer({ min: 200, max: 4000 }),
});
const share = fc.double({ min: 0, max: 1, noNaN: true });
const memory = fc.record({
  width: fc.integer({ min: 1, max: 10_000 }),
  height: fc.integer({ min: 1, max: 10_000 }),
  left: share,
  top: share,
});
const within = (inner: Area, outer: Area) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe('the place of the window', () => {
  it('is wholly on the screen, whatever is remembered', () => {
    fc.assert(fc.property(area, memory, (screen, remembered) => within(placeOn(screen, remembered), screen)));
  });

  it('is the same again on the same screen', () => {
    fc.assert(
      fc.property(area, memory, (screen, remembered) => {
        const bounds = placeOn(screen, remembered);
        expect(placeOn(screen, rememberPlace(screen, bounds))).toEqual(bounds);
      }),
    );
  });

  it('is at first in the middle, and above it', () => {
    expect(placeOn({ x: 100, y: 0, width: 1920, height: 1040 }, FIRST_PLACE)).toEqual({
      x: 500,
      y: 112,
      width: 1120,
      height: 720,
    });
  });

  it('follows the pointer to its screen, and is kept over a start', async () => {
    const desktop = await startDesktop({
      prepare: (electron) => {
        electron.displays = [
          { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } },
          { id: 2, workArea: { x: 1920, y: 0, width: 2560, height: 1400 } },
        ];
      },
    });
    const { electron, scheduler, base } = desktop;
    electron.window.emitter.emit('ready-to-show');
    const tick = () => new Promise<void>((resolve) => setImmediate(resolve));
    // Moved to the right edge of the first screen.
    electron.window.bounds = { x: 1020, y: 320, width: 900, height: 720 };
    electron.window.emitter.emit('move');
    await scheduler.advance(400, tick);
    electron.window.hide();
    electron.pointer = { x: 3000, y: 500 };
    electron.shortcuts.get('Alt+Space')?.();
    expect(electron.window.bounds).toEqual({ x: 1920 + 2560 - 900, y: 680, width: 900, height: 720 });

    // That screen is gone at the next start.
    const again = await startDesktop({ base, prepare: (next) => (next.pointer = { x: 3000, y: 500 }) });
    expect(again.electron.window.bounds).toEqual({ x: 1020, y: 320, width: 900, height: 720 });
    expect(again.electron.window.options).toMatchObject({
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
    });
  });
});
