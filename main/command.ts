import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { HIDDEN } from './login.ts';

/** What a start of the program asks for; a second start hands it to the first. */
export const commandSchema = z.object({
  action: z.enum(['show', 'toggle', 'hide']),
  /** Folders to watch, as full paths. */
  folders: z.array(z.string().min(1).max(32_768)).max(1000),
});
export type Command = z.infer<typeof commandSchema>;

/**
 * Reads the arguments of a start: `toggle`, `--hidden`, and folders. Everything else (switches of Chromium among it)
 * means nothing here.
 * @param words without the program, and without the application's folder where Electron runs one
 */
export function parseCommand(words: readonly string[], workingFolder: string): Command {
  const plain = words.filter((word) => !word.startsWith('-'));
  const toggles = plain[0] === 'toggle' || words.includes('--toggle');
  const folders = (plain[0] === 'toggle' ? plain.slice(1) : plain)
    .filter((word) => word !== '')
    .map((word) => (isAbsolute(word) ? word : resolve(workingFolder, word)));
  return { action: toggles ? 'toggle' : words.includes(HIDDEN) ? 'hide' : 'show', folders };
}
