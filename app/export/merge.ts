import type { ExportItem, ExportOrder } from './item.ts';

const normalise = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase();
const union = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])];

function mergeHighlights(a: ExportItem['highlights'], b: ExportItem['highlights']): ExportItem['highlights'] {
  const best = new Map<string, ExportItem['highlights'][number]>();
  for (const highlight of [...a, ...b]) {
    const key = `${highlight.start}:${highlight.end}`;
    const known = best.get(key);
    if (known === undefined || known.heat < highlight.heat) best.set(key, highlight);
  }
  return [...best.values()].sort((x, y) => x.start - y.start || x.end - y.end);
}

/** Joins two passages of one document whose ranges touch or overlap; `a` begins first. */
function joinOverlapping(a: ExportItem, b: ExportItem): ExportItem {
  const shift = b.start - a.start;
  const text = b.end > a.end ? a.text + b.text.slice(a.end - b.start) : a.text;
  const better = b.score > a.score ? b : a;
  return {
    ...a,
    id: better.id,
    text,
    end: Math.max(a.end, b.end),
    score: Math.max(a.score, b.score),
    queries: union(a.queries, b.queries),
    highlights: mergeHighlights(
      a.highlights,
      b.highlights.map((highlight) => ({
        ...highlight,
        start: highlight.start + shift,
        end: highlight.end + shift,
      })),
    ),
    alsoIn: [...a.alsoIn, ...b.alsoIn],
  };
}

/**
 * Merges passages that are the same: one passage found by several searches, passages of one file that overlap,
 * and equal text in several files (the best-scored file stays, the others become `alsoIn`).
 */
export function mergeDuplicates(items: readonly ExportItem[]): ExportItem[] {
  const byFile = new Map<string, ExportItem[]>();
  for (const item of items) {
    const list = byFile.get(item.path);
    if (list) list.push(item);
    else byFile.set(item.path, [item]);
  }
  const merged: ExportItem[] = [];
  for (const list of byFile.values()) {
    list.sort((a, b) => a.start - b.start || b.end - a.end);
    let current: ExportItem | null = null;
    for (const item of list) {
      if (current !== null && item.start < current.end) current = joinOverlapping(current, item);
      else {
        if (current !== null) merged.push(current);
        current = item;
      }
    }
    if (current !== null) merged.push(current);
  }
  const byText = new Map<string, ExportItem>();
  for (const item of [...merged].sort((a, b) => b.score - a.score)) {
    const key = normalise(item.text);
    const known = byText.get(key);
    if (known === undefined) byText.set(key, item);
    else {
      byText.set(key, {
        ...known,
        queries: union(known.queries, item.queries),
        alsoIn: [...known.alsoIn, { path: item.path, placeLabel: item.placeLabel }, ...item.alsoIn],
      });
    }
  }
  return [...byText.values()];
}

/** By document: files in the order of their best score, passages as they stand in the file. By score: best first. */
export function orderItems(items: readonly ExportItem[], order: ExportOrder): ExportItem[] {
  const byScore = [...items].sort(
    (a, b) => b.score - a.score || a.path.localeCompare(b.path) || a.start - b.start,
  );
  if (order === 'score') return byScore;
  const rank = new Map<string, number>();
  for (const item of byScore) if (!rank.has(item.path)) rank.set(item.path, rank.size);
  return byScore.sort((a, b) => (rank.get(a.path) ?? 0) - (rank.get(b.path) ?? 0) || a.start - b.start);
}
