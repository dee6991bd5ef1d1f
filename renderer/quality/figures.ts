/** Place among the results, from 1, and path of the file that a passage shown now is of; null when it is none of them. */
export function placeOfPassage(
  results: readonly { readonly path: string; readonly passages: readonly { readonly id: string }[] }[],
  more: Readonly<Record<string, readonly { readonly id: string }[]>>,
  id: string,
): { readonly path: string; readonly rank: number } | null {
  const at = results.findIndex((file) =>
    [...file.passages, ...(more[file.path] ?? [])].some((passage) => passage.id === id),
  );
  const path = results[at]?.path;
  return path === undefined ? null : { path, rank: at + 1 };
}

/** Points of a line through values of 0 … 1, the first at the left edge and the last at the right. */
export function linePoints(values: readonly number[], width: number, height: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map(
      (value, i) => `${(i * step).toFixed(1)},${((1 - Math.max(0, Math.min(1, value))) * height).toFixed(1)}`,
    )
    .join(' ');
}
