import { z } from 'zod';

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Where the window stood, told by its size and by the share of the free room left and above it: it means the same on
 * every screen, so a window is found again after a screen was taken away or changed its size.
 */
export const placeMemorySchema = z.object({
  width: z.number().int().min(1).max(100_000),
  height: z.number().int().min(1).max(100_000),
  left: z.number().min(0).max(1),
  top: z.number().min(0).max(1),
});
export type PlaceMemory = z.infer<typeof placeMemorySchema>;

/** In the middle, and higher than the middle: where the eye looks first. */
export const FIRST_PLACE: PlaceMemory = { width: 1120, height: 720, left: 0.5, top: 0.35 };
export const SMALLEST = { width: 560, height: 360 } as const;

/** The bar alone: its size before the page tells how high it is, and the most that it may be. */
export const BAR = { width: 760, height: 64, tallest: 352 } as const;

/** Bounds on a screen's free area (without task bars), always wholly inside it. */
export function placeOn(area: Area, memory: PlaceMemory): Area {
  const width = Math.min(area.width, Math.max(SMALLEST.width, memory.width));
  const height = Math.min(area.height, Math.max(SMALLEST.height, memory.height));
  return {
    x: area.x + Math.round((area.width - width) * memory.left),
    y: area.y + Math.round((area.height - height) * memory.top),
    width,
    height,
  };
}

/** The bar of a window with these bounds: at its upper edge, in its middle, so that the field stays as it grows. */
export function barOf(full: Area, height: number): Area {
  const width = Math.min(full.width, BAR.width);
  return {
    x: full.x + Math.round((full.width - width) / 2),
    y: full.y,
    width,
    height: Math.min(BAR.tallest, Math.max(BAR.height, height)),
  };
}

/** The window that a bar grows into: around it, of the remembered size, and wholly on the screen's free area. */
export function grownFrom(area: Area, bar: Area, memory: PlaceMemory): Area {
  const { width, height } = placeOn(area, memory);
  const within = (start: number, from: number, room: number) =>
    Math.min(from + room, Math.max(from, Math.round(start)));
  return {
    x: within(bar.x + (bar.width - width) / 2, area.x, area.width - width),
    y: within(bar.y, area.y, area.height - height),
    width,
    height,
  };
}

/** What is to be remembered of a window that stands on a screen. */
export function rememberPlace(area: Area, bounds: Area): PlaceMemory {
  const share = (offset: number, room: number) => (room <= 0 ? 0 : Math.min(1, Math.max(0, offset / room)));
  return {
    width: bounds.width,
    height: bounds.height,
    left: share(bounds.x - area.x, area.width - bounds.width),
    top: share(bounds.y - area.y, area.height - bounds.height),
  };
}
