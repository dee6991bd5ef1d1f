import type { Bits } from './codebook.ts';

/*
 * One byte of a stored vector says how long its residual is (high four bits) and how to bring the reconstruction
 * back to length 1 (low four bits). How far vectors lie from their centroids differs between kinds of text by a
 * factor of three and more, so that one scale for all would fit only text like that which the codebook was fitted to.
 *
 * A residual code is an odd integer, −3 … 3 at 2 bits, −7 … 7 at 3 and −15 … 15 at 4; it is worth the scale, half a
 * step of the uniform quantiser. Native code gets these tables from here, so that no two machines round differently.
 */

const STEPS = 16;
/** Scale in units of the residual's root mean square that has the least error for normal values (Max 1960). */
const BEST_SCALE: Readonly<Record<Bits, number>> = { 2: 0.4978, 3: 0.293, 4: 0.1676 };
/** Quarters of an octave from a residual of length 1.69 downwards, at 2 bits. */
const SCALES_PER_OCTAVE = 4;
const NORMS_PER_OCTAVE = 32;
const NORM_ONE = 8;

export interface ScaleTables {
  /** What a residual code is worth, by byte. */
  readonly scales: Float32Array;
  /** Inverse norm of the reconstruction, by byte: 2^((low four bits − 8) / 32), that is 0.84 … 1.16. */
  readonly inverseNorms: Float32Array;
  /** Root mean squares of residuals at which the best scale goes up by one, ascending, 15 values. */
  readonly scaleBorders: Float64Array;
  /** Squared norms at which the inverse norm goes up by one, descending, 15 values. */
  readonly normBorders: Float64Array;
}

const known = new Map<string, ScaleTables>();

export function scaleTables(dimension: number, bits: Bits): ScaleTables {
  const key = `${dimension}/${bits}`;
  let tables = known.get(key);
  if (tables === undefined) {
    tables = makeTables(dimension, bits);
    known.set(key, tables);
  }
  return tables;
}

function makeTables(dimension: number, bits: Bits): ScaleTables {
  const unit = BEST_SCALE[bits] / BEST_SCALE[2] / Math.sqrt(dimension);
  const scaleAt = (step: number): number => unit * 2 ** ((step - STEPS) / SCALES_PER_OCTAVE);
  return {
    scales: Float32Array.from({ length: 256 }, (_, byte) => scaleAt(byte >> 4)),
    inverseNorms: Float32Array.from(
      { length: 256 },
      (_, byte) => 2 ** (((byte & 15) - NORM_ONE) / NORMS_PER_OCTAVE),
    ),
    scaleBorders: Float64Array.from(
      { length: STEPS - 1 },
      (_, step) => scaleAt(step + 0.5) / BEST_SCALE[bits],
    ),
    normBorders: Float64Array.from(
      { length: STEPS - 1 },
      (_, step) => 2 ** ((-2 * (step + 0.5 - NORM_ONE)) / NORMS_PER_OCTAVE),
    ),
  };
}
