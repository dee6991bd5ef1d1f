import { createHash } from 'node:crypto';
import type { FileRecord, StoredPassage, VectorShape } from '../../../app/contract/index.ts';

export const SHAPE: VectorShape = { modelId: 'test-model@1#abcd', dimension: 16, bits: 4 };

/** A repeatable source of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function fileRecord(path: string, more: Partial<FileRecord> = {}): FileRecord {
  return {
    fileId: `id-of-${path}`,
    path,
    root: '/root',
    size: 1234,
    modified: 1_700_000_000_000,
    identity: '1:2',
    contentHash: 'hash',
    format: 'text',
    family: 'text',
    title: '',
    generation: 0,
    passages: 0,
    problem: null,
    detail: '',
    strikes: 0,
    indexedAt: 1_700_000_000_001,
    ...more,
  };
}

/** A passage with vectors that depend on its text alone, one for each word. */
export function passageOf(
  text: string,
  ordinal = 0,
  more: Partial<StoredPassage> = {},
  shape: VectorShape = SHAPE,
): StoredPassage {
  const context = more.context ?? '';
  const hash = createHash('sha256').update(context).update(text).digest('hex');
  const random = seeded(Number.parseInt(hash.slice(0, 8), 16));
  const spans: number[] = [];
  for (const match of (context + text).matchAll(/\S+/g))
    spans.push(match.index, match.index + match[0].length);
  const count = spans.length / 2 + 1;
  const offsets = Uint32Array.from({ length: count + 1 }, (_, i) => Math.max(0, i - 1));
  const dense = Float32Array.from({ length: shape.dimension }, () => random() - 0.5);
  const norm = Math.hypot(...dense);
  return {
    ordinal,
    text,
    start: 100 * ordinal,
    end: 100 * ordinal + text.length,
    title: '',
    headings: [],
    context,
    segments: [{ start: 0, end: text.length, place: { kind: 'line', line: ordinal + 1 } }],
    contentKey: hash,
    multivector: {
      count,
      centroids: Uint16Array.from({ length: count }, () => Math.floor(random() * 65_536)),
      residuals: Uint8Array.from({ length: (count * shape.dimension * shape.bits) / 8 }, () =>
        Math.floor(random() * 256),
      ),
      scales: Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
    },
    spans: { offsets, spans: Uint32Array.from(spans) },
    dense: dense.map((value) => value / norm),
    tokenCount: count,
    ...more,
  };
}

export function passagesOf(...texts: string[]): StoredPassage[] {
  return texts.map((text, i) => passageOf(text, i));
}
