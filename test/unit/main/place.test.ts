import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Area,
  BAR,
  barOf,
  FIRST_PLACE,
  grownFrom,
  placeOn,
  rememberPlace,
  SMALLEST,
} from '../../../main/place.ts';
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
    fc.assert(
      fc.property(area, area, memory, (screen, bar, remembered) => {
        expect(within(placeOn(screen, remembered), screen)).toBe(true);
        expect(within(grownFrom(screen, bar, remembered), screen)).toBe(true);
      }),
    );
  });

  it('grows from its bar into where it was, and its field stays where it is', () => {
    fc.assert(
      fc.property(area, memory, fc.nat(500), (screen, remembered, height) => {
        const full = placeOn(screen, remembered);
        const bar = barOf(full, height);
        expect(bar.y).toBe(full.y);
        expect(bar.width).toBeLessThanOrEqual(full.width);
        expect(bar.height).toBeLessThanOrEqual(BAR.tallest);
        const grown = grownFrom(screen, bar, remembered);
        expect(grown).toEqual({ ...full, x: grown.x });
        // Half a pixel is lost where the difference of the widths is odd.
        expect(Math.abs(grown.x - full.x)).toBeLessThanOrEqual(1);
      }),
    );
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
    electron.send('passim:extent', { state: 'full', height: 64 });
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
    again.electron.window.emitter.emit('ready-to-show');
    expect(again.electron.window.bounds).toEqual({ x: 1020 + 70, y: 320, width: 760, height: 64 });
    again.electron.send('passim:extent', { state: 'full', height: 64 });
    expect(again.electron.window.bounds).toEqual({ x: 1020, y: 320, width: 900, height: 720 });
  });
});

describe('the bar', () => {
  const tick = () => new Promise<void>((resolve) => setImmediate(resolve));
  const opened = async () => {
    const desktop = await startDesktop();
    const { electron } = desktop;
    electron.window.emitter.emit('ready-to-show');
    return {
      ...desktop,
      want: (state: string, height = 64) => electron.send('passim:extent', { state, height }),
      size: () => [electron.window.bounds.width, electron.window.bounds.height],
    };
  };

  it('is what comes first, as high as the page says, and grows with the first key', async () => {
    const { electron, want, size } = await opened();
    expect(electron.window.options).toMatchObject({ width: 760, height: 64, minHeight: 64 });
    want('bar', 300);
    expect(size()).toEqual([760, 300]);
    want('bar', 9000);
    expect(size()).toEqual([760, BAR.tallest]);
    want('full');
    expect(electron.window.bounds).toEqual({ x: 400, y: 112, width: 1120, height: 720 });
    expect(electron.of('window.setMinimumSize').at(-1)).toEqual([SMALLEST.width, SMALLEST.height]);
  });

  it('does not come back while it is looked at, but when it is called up again', async () => {
    const { electron, app, want, size } = await opened();
    want('full');
    want('bar');
    expect(size()).toEqual([1120, 720]);
    app.window.hide();
    expect(size()).toEqual([760, 64]);
    app.window.show();
    expect(size()).toEqual([760, 64]);
    expect(electron.of('window.setMinimumSize').at(-1)).toEqual([SMALLEST.width, 64]);
    // With words in the field it comes up as it was left.
    want('full');
    app.window.hide();
    app.window.show();
    expect(size()).toEqual([1120, 720]);
  });

  it('is not what is remembered: its place is, the size of the whole window stays', async () => {
    const { electron, app, scheduler, want, size } = await opened();
    electron.window.emitter.emit('move');
    await scheduler.advance(400, tick);
    want('full');
    electron.window.bounds = { x: 300, y: 200, width: 1000, height: 700 };
    electron.window.emitter.emit('resize');
    await scheduler.advance(400, tick);
    want('bar');
    app.window.hide();
    app.window.show();
    expect(electron.window.bounds).toEqual({ x: 420, y: 200, width: 760, height: 64 });
    electron.window.bounds = { x: 520, y: 100, width: 760, height: 64 };
    electron.window.emitter.emit('move');
    await scheduler.advance(400, tick);
    app.window.hide();
    app.window.show();
    expect(electron.window.bounds).toEqual({ x: 520, y: 100, width: 760, height: 64 });
    want('full');
    expect(electron.window.bounds).toEqual({ x: 400, y: 100, width: 1000, height: 700 });
    expect(size()).toEqual([1000, 700]);
  });

  it('hears the page alone, and only what is an extent', async () => {
    const { electron, want, size } = await opened();
    want('huge');
    want('full', -1);
    want('full', 1.5);
    electron.send(
      'passim:extent',
      { state: 'full', height: 64 },
      {
        ...electron.ownEvent(),
        senderFrame: { origin: 'https://example.org', url: 'https://example.org/' },
      },
    );
    expect(size()).toEqual([760, 64]);
  });
});
