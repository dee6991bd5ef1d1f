import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { WatchedFolder } from '../contract/settings.ts';
import { findDefaultRule, isProject } from './ignore-defaults.ts';

/** Why a path is indexed or not. */
export interface IgnoreDecision {
  readonly ignored: boolean;
  /** The pattern that decided, "" when no rule speaks of the path. */
  readonly rule: string;
  /** Where the pattern stands: a file, "settings", or one of Passim's own lists; "" without a rule. */
  readonly source: string;
}

export interface FolderRulesOptions {
  /** Folders below this one that are never entered: Passim's own data, folders watched by themselves. */
  readonly skip?: readonly string[];
  /** File systems of Windows and macOS do not tell cases apart. */
  readonly platform?: NodeJS.Platform;
}

/** Names of the files that rules are read from, in ascending precedence. */
export const IGNORE_FILES = ['.gitignore', '.ignore', '.passimignore'] as const;
const OWN_IGNORE_FILE = '.passimignore';
/** Left in a folder by what made it: the folder is a Python environment, or a cache by bford.info/cachedir. */
const ENVIRONMENT_MARKER = 'pyvenv.cfg';
const CACHE_MARKER = 'CACHEDIR.TAG';
const CACHE_SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';

const IGNORE_FILE_BYTES = 1024 * 1024;
/** Patterns of one file that count; every path is held against each, so a hostile file must not have a million. */
const PATTERNS_PER_FILE = 2000;
/** A pattern with more stars than this in one part could keep the matcher busy for minutes; it is left out. */
const STARS_PER_PART = 4;

const KEEP: IgnoreDecision = { ignored: false, rule: '', source: '' };

/** What a folder says about itself and what lies below it. */
interface Level {
  /** From .gitignore and .ignore. */
  readonly tools: Ignore | null;
  /** From .passimignore. */
  readonly own: Ignore | null;
  readonly isProject: boolean;
  /** Set when the whole folder is left out because of something in it. */
  readonly whole: IgnoreDecision | null;
}

const SILENT: Level = { tools: null, own: null, isProject: false, whole: null };

/**
 * The rules of one watched folder. Precedence, highest first: the folder's `exclude` (a pattern with `!` takes a
 * path in, whatever else says); private files; .passimignore; .gitignore and .ignore; what programs make for
 * themselves, and hidden files; `include`. Deeper ignore files come before shallower ones. As in git, nothing
 * below a folder that is left out can be taken in again.
 */
export class FolderRules {
  readonly root: string;
  readonly #folder: WatchedFolder;
  readonly #ignoreCase: boolean;
  readonly #skip: ReadonlySet<string>;
  readonly #exclude: Ignore;
  readonly #include: Ignore | null;
  readonly #rootParts: readonly string[];
  readonly #levels = new Map<string, Level>();

  constructor(folder: WatchedFolder, options: FolderRulesOptions = {}) {
    const platform = options.platform ?? process.platform;
    this.root = resolve(folder.path);
    this.#folder = folder;
    this.#ignoreCase = platform === 'win32' || platform === 'darwin';
    this.#skip = new Set((options.skip ?? []).map((path) => this.#relative(resolve(path))));
    this.#exclude = this.#matcher(folder.exclude, 'settings');
    this.#include = folder.include.length === 0 ? null : this.#matcher(folder.include, 'settings');
    this.#rootParts = splitPath(this.root.toLowerCase());
  }

  /** Forgets what a folder's ignore files said, all folders' without an argument. */
  forget(directory?: string): void {
    if (directory === undefined) this.#levels.clear();
    else this.#levels.delete(this.#relative(directory));
  }

  /** Whether a folder is left out by its name and place; it may still be by what lies in it, see {@link enter}. */
  refuses(directory: string): boolean {
    return this.#byName(directory, true)?.ignored === true;
  }

  /**
   * Takes the listing of a folder that was not refused, so that it need not be read again, and tells whether the
   * folder is left out because of what lies in it.
   */
  enter(directory: string, names: readonly string[]): IgnoreDecision {
    const inside = this.#relative(directory);
    const level = this.#makeLevel(inside, names);
    this.#levels.set(inside, level);
    return this.#byName(directory, true) ?? level.whole ?? KEEP;
  }

  /**
   * Decides about one path, its parent folders being known to be taken in.
   * @param path absolute, below the root
   */
  decide(path: string, isDirectory: boolean): IgnoreDecision {
    const decision = this.#byName(path, isDirectory);
    if (decision !== null) return decision;
    const inside = this.#relative(path);
    return isDirectory ? (this.#level(inside).whole ?? KEEP) : this.#included(inside);
  }

  /** What the rules say of a path without looking into it; null when none speaks of it. */
  #byName(path: string, isDirectory: boolean): IgnoreDecision | null {
    const inside = this.#relative(path);
    if (inside === '' || isOutside(inside)) return KEEP;
    if (this.#skip.has(inside)) return leaveOut(path, 'kept apart');
    const asked = this.#exclude.test(isDirectory ? `${inside}/` : inside);
    if (asked.ignored) return leaveOut(asked.rule?.pattern ?? '', 'settings');
    if (asked.unignored) return KEEP;

    const parts = inside.split('/');
    const { isProject } = this.#level(parts.slice(0, -1).join('/'));
    const lower = parts.map((part) => part.toLowerCase());
    const found = findDefaultRule([...this.#rootParts, ...lower], isDirectory, isProject);
    if (found?.private === true) return leaveOut(found.rule, 'private files');
    const own = this.#askIgnoreFiles(parts, isDirectory, 'own');
    if (own !== null) return own.ignored || isDirectory ? own : this.#included(inside);
    const tools = this.#askIgnoreFiles(parts, isDirectory, 'tools');
    if (tools?.ignored === true) return tools;
    if (found !== null) return leaveOut(found.rule, 'files that programs make');
    if (!this.#folder.hidden && parts.at(-1)?.startsWith('.') === true) return leaveOut('.*', 'hidden files');
    return null;
  }

  /** Decides about a path and says why, the folders above it looked at too. */
  explain(path: string, isDirectory: boolean): IgnoreDecision {
    const inside = this.#relative(path);
    if (inside === '') return KEEP;
    if (isOutside(inside)) return leaveOut(this.root, 'outside the folder');
    const parts = inside.split('/');
    for (let count = 1; count < parts.length; count += 1) {
      const decision = this.decide(join(this.root, ...parts.slice(0, count)), true);
      if (decision.ignored) return decision;
    }
    return this.decide(path, isDirectory);
  }

  #included(inside: string): IgnoreDecision {
    if (this.#include === null || this.#include.ignores(inside)) return KEEP;
    return leaveOut(this.#folder.include.join(', '), 'settings: not among what to include');
  }

  /** The answer of the deepest ignore file that speaks of the path; null when none does. */
  #askIgnoreFiles(
    parts: readonly string[],
    isDirectory: boolean,
    which: 'own' | 'tools',
  ): IgnoreDecision | null {
    for (let depth = parts.length - 1; depth >= 0; depth -= 1) {
      const matcher = this.#level(parts.slice(0, depth).join('/'))[which];
      if (matcher === null) continue;
      const result = matcher.test(parts.slice(depth).join('/') + (isDirectory ? '/' : ''));
      if (result.ignored) return leaveOut(result.rule?.pattern ?? '', result.rule?.mark ?? '');
      if (result.unignored) return KEEP;
    }
    return null;
  }

  /** What a folder says, read once. Reading is synchronous because the watcher's filter has to be. */
  #level(inside: string): Level {
    const known = this.#levels.get(inside);
    if (known !== undefined) return known;
    let names: string[];
    try {
      names = readdirSync(join(this.root, inside));
    } catch {
      // It is gone, or can't be read, which the scan reports; another day it may say something.
      return SILENT;
    }
    const level = this.#makeLevel(inside, names);
    this.#levels.set(inside, level);
    return level;
  }

  #makeLevel(inside: string, names: readonly string[]): Level {
    const directory = join(this.root, inside);
    const present = new Set(names);
    const tools: { pattern: string; mark: string }[] = [];
    const own: { pattern: string; mark: string }[] = [];
    for (const name of IGNORE_FILES) {
      if (!present.has(name) || (name !== OWN_IGNORE_FILE && !this.#folder.ignoreFiles)) continue;
      const source = join(directory, name);
      const rules = patternsOf(readSmall(source)).map((pattern) => ({ pattern, mark: source }));
      (name === OWN_IGNORE_FILE ? own : tools).push(...rules);
    }
    return {
      tools: tools.length === 0 ? null : this.#add(tools),
      own: own.length === 0 ? null : this.#add(own),
      isProject: isProject(names),
      whole: inside === '' ? null : wholeFolder(directory, present),
    };
  }

  #matcher(patterns: readonly string[], source: string): Ignore {
    return this.#add(
      patterns.flatMap((text) => patternsOf(text)).map((pattern) => ({ pattern, mark: source })),
    );
  }

  #add(rules: readonly { pattern: string; mark: string }[]): Ignore {
    const matcher = ignore({ ignorecase: this.#ignoreCase, allowRelativePaths: true });
    for (const rule of rules) matcher.add([rule]);
    return matcher;
  }

  #relative(path: string): string {
    const inside = relative(this.root, path);
    return sep === '/' ? inside : inside.split(sep).join('/');
  }
}

function isOutside(inside: string): boolean {
  return inside === '..' || inside.startsWith('../');
}

function leaveOut(rule: string, source: string): IgnoreDecision {
  return { ignored: true, rule, source };
}

function wholeFolder(directory: string, names: ReadonlySet<string>): IgnoreDecision | null {
  if (names.has(ENVIRONMENT_MARKER)) return leaveOut(ENVIRONMENT_MARKER, 'files that programs make');
  if (names.has(CACHE_MARKER) && readSmall(join(directory, CACHE_MARKER)).startsWith(CACHE_SIGNATURE)) {
    return leaveOut(CACHE_MARKER, 'files that programs make');
  }
  return null;
}

/** Patterns of an ignore file that can be matched in bounded time. */
function patternsOf(content: string): string[] {
  return content
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .filter((line) =>
      line.split('/').every((part) => part === '**' || (part.match(/\*+/g)?.length ?? 0) <= STARS_PER_PART),
    )
    .slice(0, PATTERNS_PER_FILE);
}

/** Text of a small ordinary file, "" for anything else. */
function readSmall(path: string): string {
  try {
    const stats = lstatSync(path);
    return stats.isFile() && stats.size <= IGNORE_FILE_BYTES
      ? readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
      : '';
  } catch {
    return '';
  }
}

function splitPath(path: string): string[] {
  return path.split(/[\\/]/).filter((part) => part !== '');
}
