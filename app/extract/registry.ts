import type { FormatEntry } from './format.ts';
import { CODE_FORMATS } from './groups/code.ts';
import { DATA_FORMATS } from './groups/data.ts';
import { MAIL_FORMATS } from './groups/mail.ts';
import { OFFICE_FORMATS } from './groups/office.ts';
import { TEXT_FORMATS } from './groups/text.ts';
import { interpreterOf } from './sniff.ts';

/** Every format that can be read. Where two claim one extension, `accepts` decides, then the order here. */
export const FORMATS: readonly FormatEntry[] = [
  ...TEXT_FORMATS,
  ...OFFICE_FORMATS,
  ...MAIL_FORMATS,
  ...DATA_FORMATS,
  ...CODE_FORMATS,
];

function byFormat(format: string): FormatEntry {
  const entry = FORMATS.find((candidate) => candidate.format === format);
  if (entry === undefined) throw new Error(`no format is called ${format}`);
  return entry;
}

/** What reads a file that is text but of no known format. */
export const PLAIN_TEXT: FormatEntry = byFormat('text');

function tableOf(
  keys: (entry: FormatEntry) => readonly string[],
): ReadonlyMap<string, readonly FormatEntry[]> {
  const table = new Map<string, FormatEntry[]>();
  for (const entry of FORMATS) {
    for (const key of keys(entry)) {
      const entries = table.get(key);
      if (entries === undefined) table.set(key, [entry]);
      else entries.push(entry);
    }
  }
  return table;
}

const BY_EXTENSION = tableOf((entry) => entry.extensions);
const BY_NAME = tableOf((entry) => entry.names ?? []);
const BY_INTERPRETER = tableOf((entry) => entry.interpreters ?? []);

/** Extension in lower case without dot: what stands after the last dot that is not the first character. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** Entries that a file's name speaks for, best first: its whole name, then its longest known extension. */
function namedEntries(name: string): readonly FormatEntry[] {
  const lower = name.toLowerCase();
  const whole = BY_NAME.get(lower) ?? [];
  for (let dot = lower.indexOf('.', 1); dot !== -1; dot = lower.indexOf('.', dot + 1)) {
    const entries = BY_EXTENSION.get(lower.slice(dot + 1));
    if (entries !== undefined) return [...whole, ...entries];
  }
  return whole;
}

/**
 * The format of a file, by its name and its first bytes.
 * @param name file name without folder
 * @param head the file's first bytes, {@link HEAD_BYTES} at most
 * @returns null when neither tells; such a file may still be plain text
 */
export function formatOf(name: string, head: Uint8Array): FormatEntry | null {
  const named = namedEntries(name);
  const accepted = named.find((entry) => entry.accepts?.(head) ?? true);
  if (accepted !== undefined) return accepted;
  const interpreter = interpreterOf(head);
  const interpreted = interpreter === null ? undefined : BY_INTERPRETER.get(interpreter)?.[0];
  return interpreted ?? FORMATS.find((entry) => entry.sniff?.(head)) ?? named[0] ?? null;
}
