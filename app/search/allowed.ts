import type { FileRecord } from '../contract/file.ts';
import { filterMatcher, type ParsedQuery } from '../text/query.ts';
import type { SearchParts } from './parts.ts';

/**
 * Passages that the operators and exact-word filters let through.
 * @returns pids ascending, or undefined when nothing is filtered
 */
export async function allowedPassages(
  parsed: ParsedQuery,
  roots: readonly string[] | undefined,
  parts: SearchParts,
  among?: (file: FileRecord) => boolean,
): Promise<Uint32Array | undefined> {
  const needed = [...new Set([...parsed.phrases, ...parsed.required])];
  const accept = fileFilter(parsed, roots, parts.scheduler.now(), among);
  if (accept === null && needed.length === 0 && parsed.excluded.length === 0) return undefined;

  const { store } = parts;
  const [with_, without] = await Promise.all([
    Promise.all(needed.map((words) => store.containing(words))),
    Promise.all(parsed.excluded.map((words) => store.containing(words))),
  ]);
  let allowed =
    accept === null && with_.length > 0
      ? (with_.shift() ?? new Uint32Array(0))
      : store.ledger.pidsWhere(accept ?? (() => true));
  for (const pids of with_) allowed = intersect(allowed, pids);
  for (const pids of without) allowed = subtract(allowed, pids);
  return allowed;
}

/** What the operators say of a file; null when they let every file through. */
export function fileFilter(
  parsed: ParsedQuery,
  roots: readonly string[] | undefined,
  now: number,
  among?: (file: FileRecord) => boolean,
): ((file: FileRecord) => boolean) | null {
  if (parsed.filters.length === 0 && roots === undefined) return among ?? null;
  const rootSet = roots === undefined ? null : new Set(roots);
  const matches = filterMatcher(parsed.filters, now);
  return (file) => (rootSet === null || rootSet.has(file.root)) && matches(file) && (among?.(file) ?? true);
}

/** Numbers in both of two ascending lists. */
export function intersect(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(Math.min(a.length, b.length));
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const x = a[i] ?? 0;
    const y = b[j] ?? 0;
    if (x === y) {
      out[count] = x;
      count += 1;
    }
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  return out.slice(0, count);
}

/** Numbers of the first of two ascending lists that are not in the second. */
export function subtract(a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(a.length);
  let count = 0;
  let j = 0;
  for (const x of a) {
    while (j < b.length && (b[j] ?? 0) < x) j += 1;
    if (j < b.length && b[j] === x) continue;
    out[count] = x;
    count += 1;
  }
  return out.slice(0, count);
}
