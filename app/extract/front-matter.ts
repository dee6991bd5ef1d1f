import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import type { DocumentBuilder } from './builder.ts';
import { appendAligned, type LineIndex } from './lines.ts';

/** Fields of a front matter, as text; lists are joined by commas. */
export type FrontMatter = Readonly<Record<string, string>>;

/** Fields that say something about the subject and so are searched with the text. */
const SEARCHED = ['description', 'summary', 'abstract', 'subtitle', 'tags', 'keywords', 'categories'];
const MAX_FIELDS = 50;
const MAX_FIELD_CHARS = 2000;

function asText(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value))
    return value
      .map(asText)
      .filter((item) => item !== '')
      .join(', ');
  return '';
}

/** Parses a front matter; null when it is none. */
export function readFrontMatter(text: string, syntax: 'yaml' | 'toml'): FrontMatter | null {
  const source = text.replace(/\r\n?/g, '\n');
  let parsed: unknown;
  try {
    // Aliases could make a small text unfold without end.
    parsed =
      syntax === 'yaml' ? parseYaml(source, { maxAliasCount: 20, logLevel: 'error' }) : parseToml(source);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const fields: Record<string, string> = {};
  for (const [key, value] of Object.entries(parsed).slice(0, MAX_FIELDS)) {
    const text = asText(value).slice(0, MAX_FIELD_CHARS);
    if (text !== '' && key !== '__proto__') fields[key.toLowerCase()] = text;
  }
  return fields;
}

/** Takes title and metadata from a front matter that stands in source[from, to), and its telling fields as text. */
export function appendFrontMatter(
  builder: DocumentBuilder,
  lines: LineIndex,
  matter: FrontMatter,
  from: number,
  to: number,
): void {
  const { title, ...rest } = matter;
  if (title !== undefined) builder.title = title;
  Object.assign(builder.metadata, rest);
  for (const field of SEARCHED) {
    const text = rest[field];
    if (text === undefined) continue;
    const key = lines.source.slice(from, to).search(new RegExp(`^${field}\\b`, 'im'));
    builder.begin('paragraph');
    appendAligned(builder, lines, key === -1 ? from : from + key + field.length, to, text);
    builder.end();
  }
}
