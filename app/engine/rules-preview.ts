import { readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import type { WatchedFolder } from '../contract/settings.ts';
import type { RulesPreview } from '../contract/shell.ts';
import { FolderRules } from '../watch/ignore.ts';

export interface RulesPreviewLimits {
  /** Files and folders that are looked at. */
  readonly entries: number;
  /** Examples of each kind. */
  readonly examples: number;
}

const LIMITS: RulesPreviewLimits = { entries: 20_000, examples: 20 };

/**
 * What a folder's rules would take and leave out, without changing anything. A folder that is left out counts as
 * one; the folders nearest to the root are looked at first.
 * @throws PassimError 'folder-missing'
 */
export async function previewRules(folder: WatchedFolder, limits = LIMITS): Promise<RulesPreview> {
  const root = resolve(folder.path);
  const rules = new FolderRules(folder);
  const taken: RulesPreview['examples'] = [];
  const left: RulesPreview['examples'] = [];
  let [indexed, ignored, seen, partial] = [0, 0, 0, false];
  const note = (
    path: string,
    isFolder: boolean,
    decision: { ignored: boolean; rule: string; source: string },
  ) => {
    const list = decision.ignored ? left : taken;
    if (decision.ignored) ignored += 1;
    else indexed += 1;
    if (list.length >= limits.examples) return;
    const shown = relative(root, path).split(sep).join('/');
    const reason = [decision.rule, decision.source].filter((part) => part !== '').join(', ');
    list.push({ path: isFolder ? `${shown}/` : shown, indexed: !decision.ignored, reason });
  };
  const waiting = [root];
  for (let directory = waiting.shift(); directory !== undefined && !partial; directory = waiting.shift()) {
    const at = directory;
    const entries = await readdir(at, { withFileTypes: true }).catch((error: Error) => {
      if (at !== root) return [];
      throw new PassimError('folder-missing', `${root} cannot be opened: ${error.message}`, {
        subject: root,
        cause: error,
      });
    });
    const whole = rules.enter(
      at,
      entries.map((entry) => entry.name),
    );
    if (whole.ignored) {
      note(at, true, whole);
      continue;
    }
    for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
      seen += 1;
      if (seen > limits.entries) {
        partial = true;
        break;
      }
      const path = join(at, entry.name);
      // Links are not followed, so they are neither.
      if (entry.isFile()) note(path, false, rules.decide(path, false));
      else if (entry.isDirectory() && rules.refuses(path)) note(path, true, rules.decide(path, true));
      else if (entry.isDirectory()) waiting.push(path);
    }
  }
  return { indexed, ignored, partial, examples: [...taken, ...left] };
}
