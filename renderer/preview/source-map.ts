import type { PassageDetail } from '../../app/contract/engine.ts';
import type { Highlight, PassageResult } from '../../app/contract/search.ts';
import { inPart } from '../search/heat.ts';

/** A highlight in the file's own text, with the stop it belongs to. */
export interface SourceHighlight extends Pick<Highlight, 'start' | 'end' | 'heat' | 'words' | 'exact'> {
  readonly passage: string;
}

/**
 * Decodes a text file as the index did where that is certain: UTF-8, or UTF-16 with a byte order mark.
 * @returns null for other encodings; the text as extracted is shown then
 */
export function decodeText(bytes: Uint8Array): string | null {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Carries highlights of passages over to the source text by the passages' source maps.
 * @returns null when a passage's text is not where the map says: the file has changed since it was indexed
 */
export function toSource(
  source: string,
  passages: readonly PassageResult[],
  details: ReadonlyMap<string, PassageDetail>,
): SourceHighlight[] | null {
  const result: SourceHighlight[] = [];
  for (const passage of passages) {
    const detail = details.get(passage.id);
    if (detail === undefined) continue;
    const mapped = detail.segments.filter((segment) => segment.sourceStart !== undefined);
    for (const segment of mapped) {
      const text = detail.text.slice(segment.start, segment.end);
      const from = segment.sourceStart ?? 0;
      if (source.slice(from, from + text.length) !== text) return null;
    }
    for (const highlight of inPart(passage, 'text')) {
      for (const segment of mapped) {
        const start = Math.max(highlight.start, segment.start);
        const end = Math.min(highlight.end, segment.end);
        if (start >= end) continue;
        const shift = (segment.sourceStart ?? 0) - segment.start;
        result.push({
          start: start + shift,
          end: end + shift,
          heat: highlight.heat,
          words: highlight.words,
          exact: highlight.exact,
          passage: passage.id,
        });
      }
    }
  }
  return result.sort((a, b) => a.start - b.start);
}

/** Offset in the source of an offset in a passage's text; null where the map has none. */
export function sourceOffset(detail: PassageDetail, offset: number): number | null {
  let best: number | null = null;
  for (const segment of detail.segments) {
    if (segment.sourceStart === undefined) continue;
    if (segment.start > offset && best !== null) break;
    best = segment.sourceStart + Math.max(0, Math.min(offset, segment.end) - segment.start);
  }
  return best;
}
