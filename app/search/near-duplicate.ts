/** Words of a shingle. */
const SHINGLE = 4;
/** Share of shingles in common (Jaccard) from which two passages count as the same. */
const SAME_FROM = 0.8;

function shingles(text: string): Set<string> {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length <= SHINGLE) return new Set([words.join(' ')]);
  const set = new Set<string>();
  for (let i = 0; i + SHINGLE <= words.length; i += 1) set.add(words.slice(i, i + SHINGLE).join(' '));
  return set;
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (Math.min(a.size, b.size) < SAME_FROM * Math.max(a.size, b.size)) return 0;
  let common = 0;
  for (const shingle of a) if (b.has(shingle)) common += 1;
  return common / (a.size + b.size - common);
}

/** Finds texts that are nearly the same among those seen before, by the share of word sequences in common (Broder 1997). */
export class NearDuplicates<T> {
  readonly #seen: { readonly shingles: ReadonlySet<string>; readonly item: T }[] = [];

  /** What was added first with nearly the same text. */
  find(text: string): T | undefined {
    const own = shingles(text);
    return this.#seen.find((entry) => jaccard(own, entry.shingles) >= SAME_FROM)?.item;
  }

  add(text: string, item: T): void {
    this.#seen.push({ shingles: shingles(text), item });
  }
}
