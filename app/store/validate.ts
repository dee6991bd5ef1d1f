import { PassimError, type StoredPassage, type VectorShape } from '../contract/index.ts';
import { residualBytes } from './multivector-codec.ts';

/**
 * Everything about a passage's vectors that must hold before it is written: LanceDB itself pads and cuts vectors of
 * the wrong width and stores NaN without a word.
 * @throws PassimError 'bad-vector', its subject naming the field
 */
export function validatePassage(passage: StoredPassage, shape: VectorShape, path: string): void {
  const fail = (field: string, what: string): never => {
    throw new PassimError('bad-vector', `${path}, passage ${passage.ordinal}: ${field} ${what}`, {
      subject: field,
    });
  };
  const { multivector: m, spans, dense } = passage;
  if (!Number.isInteger(m.count) || m.count < 1)
    fail('multivector.count', `is ${m.count}; it must be 1 or more`);
  if (m.centroids.length !== m.count)
    fail('multivector.centroids', `has ${m.centroids.length} entries for ${m.count} vectors`);
  const wanted = m.count * residualBytes(shape);
  if (m.residuals.length !== wanted)
    fail('multivector.residuals', `has ${m.residuals.length} bytes; ${wanted} are needed`);
  if (m.scales.length !== m.count)
    fail('multivector.scales', `has ${m.scales.length} entries for ${m.count} vectors`);
  // The types say Uint16Array, yet a caller from JavaScript or a message port may hold plain numbers.
  const wrong = Array.from(m.centroids).findIndex((id) => !Number.isInteger(id) || id < 0 || id > 0xffff);
  if (wrong >= 0) fail('multivector.centroids', `entry ${wrong} is ${m.centroids[wrong]}`);

  if (dense.length !== shape.dimension)
    fail('dense', `has ${dense.length} dimensions; the index has ${shape.dimension}`);
  let square = 0;
  for (const value of dense) square += value * value;
  if (!Number.isFinite(square)) fail('dense', 'holds a value that is not finite');
  if (square < 0.9 || square > 1.1) fail('dense', `has length ${Math.sqrt(square).toFixed(3)}; it must be 1`);

  if (spans.offsets.length !== m.count + 1)
    fail('spans.offsets', `has ${spans.offsets.length} entries for ${m.count} vectors`);
  if (spans.offsets[0] !== 0) fail('spans.offsets', 'does not begin at 0');
  for (let i = 0; i < m.count; i += 1)
    if ((spans.offsets[i + 1] ?? 0) < (spans.offsets[i] ?? 0)) fail('spans.offsets', `goes back at ${i + 1}`);
  if (spans.spans.length !== 2 * (spans.offsets[m.count] ?? 0))
    fail('spans.spans', `has ${spans.spans.length} entries; offsets name ${spans.offsets[m.count]} pairs`);
  const length = passage.context.length + passage.text.length;
  for (let i = 0; i + 1 < spans.spans.length; i += 2) {
    const start = spans.spans[i] ?? 0;
    const end = spans.spans[i + 1] ?? 0;
    if (start > end || end > length)
      fail('spans.spans', `pair ${i / 2} is ${start}…${end} in a text of ${length}`);
  }
  if (!Number.isInteger(passage.tokenCount) || passage.tokenCount < 0)
    fail('tokenCount', `is ${passage.tokenCount}`);
  if (!/^[\x21-\x7e]{1,200}$/.test(passage.contentKey) || /['\\]/.test(passage.contentKey))
    fail('contentKey', 'must be 1 to 200 printable ASCII characters without quotes');
  if (passage.end - passage.start !== passage.text.length)
    fail('end', `${passage.end} − start ${passage.start} is not the text's length ${passage.text.length}`);
}
