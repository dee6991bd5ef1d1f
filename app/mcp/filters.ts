import { z } from 'zod';

const day = z
  .string()
  .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'a year, month or day such as 2024, 2024-03 or 2024-03-05');

/** Filters as a model fills them in; each becomes an operator of the query. */
export const filtersSchema = z.object({
  folder: z
    .string()
    .max(4_096)
    .optional()
    .describe(
      'Only files whose path holds this: a folder, a part of a path, or a pattern such as src/**/*.ts',
    ),
  extensions: z
    .array(z.string().max(30))
    .max(50)
    .optional()
    .describe('Only files with these endings, e.g. ["pdf", "docx"]'),
  types: z
    .array(z.string().max(30))
    .max(50)
    .optional()
    .describe(
      'Only these kinds: document, text, code, sheet, slides, mail, data, web, book, notebook, subtitles, or a format such as pdf',
    ),
  modified_from: day.optional().describe('Only files changed on or after this day, e.g. 2024-03-05'),
  modified_to: day.optional().describe('Only files changed on or before this day'),
});
export type Filters = z.infer<typeof filtersSchema>;

/** A value as the query language takes it. Quotes cannot stand in a quoted value; a wildcard stands in for them. */
const value = (text: string) => `"${text.replaceAll('"', '?')}"`;

/** The query with its filters written as operators. */
export function queryWith(query: string, filters: Filters | undefined): string {
  if (filters === undefined) return query;
  const operators: string[] = [];
  if (filters.folder !== undefined && filters.folder.trim() !== '')
    operators.push(`path:${value(filters.folder)}`);
  if (filters.extensions?.length) operators.push(`ext:${filters.extensions.map(value).join(',')}`);
  if (filters.types?.length) operators.push(`type:${filters.types.map(value).join(',')}`);
  if (filters.modified_from !== undefined) operators.push(`modified:>=${filters.modified_from}`);
  if (filters.modified_to !== undefined) operators.push(`modified:<=${filters.modified_to}`);
  return [query, ...operators].join(' ');
}
