/** A title worth showing: programs leave file names and placeholders in the field. */
export function usableTitle(title: string | undefined): string | undefined {
  const clean = title?.replace(/\s+/g, ' ').trim() ?? '';
  if (clean === '' || clean.length > 300) return undefined;
  if (
    /^(untitled|document\d*|microsoft (word|powerpoint|excel)\b.*|powerpoint presentation|presentation\d*|word document)$/i.test(
      clean,
    )
  )
    return undefined;
  if (/\.(docx?|pptx?|xlsx?|odt|odp|rtf|indd|pdf)$/i.test(clean)) return undefined;
  return clean;
}

/**
 * The first heading where it can stand for the whole document: no other is of its level or above. Of several
 * chapters the first is no title of the others.
 */
export function soleHeading(
  headings: readonly { readonly level: number; readonly text: string }[],
): string | undefined {
  const real = headings.filter((entry) => entry.level > 0);
  const first = real[0];
  if (first === undefined || real.slice(1).some((entry) => entry.level <= first.level)) return undefined;
  return first.text;
}
