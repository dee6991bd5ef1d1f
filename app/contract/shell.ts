import { z } from 'zod';
import type { EngineApi } from './engine.ts';
import { settingsSchema, watchedFolderSchema } from './settings.ts';

/** What the window remembers between runs; kept beside the settings, never part of the index. */
export const preferencesSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Global shortcut in Electron's accelerator syntax; null for none. */
  hotkey: z.string().max(100).nullable().default('Alt+Space'),
  startAtLogin: z.boolean().default(false),
  /** Whether the desktop window goes away when another one is chosen, as launchers do. */
  hideOnBlur: z.boolean().default(true),
  /** Whether the desktop app answers programs over HTTP; the server in a browser's place always does. */
  serveHttp: z.boolean().default(false),
  /** Newest first. */
  history: z.array(z.string().max(10_000)).max(200).default([]),
  keepHistory: z.boolean().default(true),
  /** Passages shown for each file before "more". */
  passagesPerFile: z.number().int().min(1).max(10).default(3),
  exportFormat: z
    .enum(['text', 'markdown', 'prompt', 'json', 'jsonl', 'langchain', 'llamaindex'])
    .default('markdown'),
  exportOrder: z.enum(['document', 'score']).default('document'),
  /** Tokens an export may take in all; 0 for no limit. */
  exportBudget: z.number().int().min(0).max(10_000_000).default(0),
  /** Null takes the default template. */
  promptTemplate: z.string().max(100_000).nullable().default(null),
});
export type Preferences = z.infer<typeof preferencesSchema>;

/** Fields of the preferences that change; the others stay as they are. */
export const preferencesPatchSchema = z
  .object(
    Object.fromEntries(
      Object.entries(preferencesSchema.shape).map(([name, schema]) => [
        name,
        (schema as unknown as z.ZodDefault<z.ZodType>).unwrap().optional(),
      ]),
    ),
  )
  .strict() as unknown as z.ZodType<Partial<Preferences>>;

/** Settings that a window may change; folders go through the engine's addFolder and removeFolder. */
export const settingsPatchSchema = z
  .object({
    model: z.string().max(4096).nullable().optional(),
    bits: settingsSchema.shape.bits.unwrap().optional(),
    pooling: settingsSchema.shape.pooling.unwrap().optional(),
    leastWins: settingsSchema.shape.leastWins.unwrap().optional(),
    executionProvider: settingsSchema.shape.executionProvider.unwrap().optional(),
    threads: settingsSchema.shape.threads.unwrap().optional(),
    gentle: settingsSchema.shape.gentle.unwrap().optional(),
    readers: settingsSchema.shape.readers.unwrap().optional(),
    reconcileMinutes: settingsSchema.shape.reconcileMinutes.unwrap().optional(),
    limits: settingsSchema.shape.limits.unwrap().optional(),
    answers: settingsSchema.shape.answers.unwrap().optional(),
    traces: settingsSchema.shape.traces.unwrap().optional(),
    recency: settingsSchema.shape.recency.unwrap().optional(),
    judgements: settingsSchema.shape.judgements.unwrap().optional(),
  })
  .strict();
export type SettingsPatch = z.infer<typeof settingsPatchSchema>;

/** What the shell at hand can do; the window hides what it can't. */
export const shellInfoSchema = z.object({
  surface: z.enum(['browser', 'desktop']),
  platform: z.enum(['windows', 'macos', 'linux']),
  version: z.string(),
  /** The person's home folder, where browsing starts. */
  userHome: z.string(),
  /** Whether `pickFolder` opens the system's own dialog; else the window browses with `listFolder`. */
  folderDialog: z.boolean(),
  /** Whether a global shortcut, start at login and "open with" exist. */
  hotkey: z.boolean(),
  openWith: z.boolean(),
  /** Whether settings that need a new start of the engine can be applied at once. */
  restart: z.boolean(),
  eraseAll: z.boolean(),
  rulesPreview: z.boolean(),
});
export type ShellInfo = z.infer<typeof shellInfoSchema>;

const nothing = z.object({}).optional();
const done = z.object({});
/** Id of a passage; or, for a file that only its name brought, `file:` and its path as the engine told it. */
export const passageIdSchema = z.string().min(1).max(33_000);

export const rulesPreviewSchema = z.object({
  indexed: z.number().int(),
  ignored: z.number().int(),
  /** True when the folder holds more than was looked at. */
  partial: z.boolean(),
  examples: z.array(z.object({ path: z.string(), indexed: z.boolean(), reason: z.string() })),
});
export type RulesPreview = z.infer<typeof rulesPreviewSchema>;

/** How programs on this machine reach Passim. */
export const programAccessSchema = z.object({
  /** Address and token of the loopback server; null when this window has none. */
  server: z.object({ origin: z.string(), token: z.string(), kept: z.boolean() }).nullable(),
  /** How assistants are set up: what to put where. */
  clients: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      where: z.string(),
      command: z.string(),
      http: z.string().nullable(),
    }),
  ),
});
export type ProgramAccess = z.infer<typeof programAccessSchema>;

/**
 * Calls that whatever hosts the window answers (Electron's main process, or the loopback server), beside the
 * engine's own. Files are named by a passage's id and resolved by the engine, so that a window can only reach
 * what is indexed.
 */
export const SHELL_CALLS = {
  shellInfo: { request: nothing, response: shellInfoSchema },
  programAccess: { request: nothing, response: programAccessSchema },
  getPreferences: { request: nothing, response: preferencesSchema },
  setPreferences: { request: preferencesPatchSchema, response: preferencesSchema },
  getSettings: {
    request: nothing,
    response: z.object({ settings: settingsSchema, file: z.string() }),
  },
  /** Writes the settings file; `restartNeeded` when they hold only from the engine's next start. */
  setSettings: {
    request: settingsPatchSchema,
    response: z.object({ settings: settingsSchema, restartNeeded: z.boolean() }),
  },
  /** Opens a document in the system's program; anything else is shown in its folder instead. */
  openPassage: {
    request: z.object({ id: passageIdSchema, openWith: z.boolean().default(false) }),
    response: z.object({ done: z.enum(['opened', 'revealed']), reason: z.string().optional() }),
  },
  revealPassage: { request: z.object({ id: passageIdSchema }), response: done },
  /** Shows a file (or the folder itself) of a watched folder in the file manager. */
  revealPath: { request: z.object({ path: z.string().min(1).max(32_768) }), response: done },
  pickFolder: { request: nothing, response: z.object({ path: z.string().nullable() }) },
  /** Puts a text on the clipboard, where the window itself may not. */
  copyText: { request: z.object({ text: z.string().max(20_000_000) }), response: done },
  /** Puts the desktop window away until it is called again. */
  hideWindow: { request: nothing, response: done },
  /** Sub-folders of a folder, for choosing one where there is no system dialog. Names only, no files. */
  listFolder: {
    request: z.object({ path: z.string().max(32_768).optional(), hidden: z.boolean().default(false) }),
    response: z.object({
      path: z.string(),
      parent: z.string().nullable(),
      folders: z.array(z.object({ name: z.string(), path: z.string() })),
      files: z.number().int(),
    }),
  },
  /** What include and exclude rules would take and leave out. */
  previewRules: { request: watchedFolderSchema, response: rulesPreviewSchema },
  /** Deletes the index and the window's history; the person's own files are not touched. */
  eraseAll: { request: z.object({ confirm: z.literal('erase') }), response: done },
} as const;

export type ShellCall = keyof typeof SHELL_CALLS;
export type ShellInput<C extends ShellCall> = z.input<(typeof SHELL_CALLS)[C]['request']>;
export type ShellRequest<C extends ShellCall> = z.output<(typeof SHELL_CALLS)[C]['request']>;
export type ShellResponse<C extends ShellCall> = z.output<(typeof SHELL_CALLS)[C]['response']>;

/** Bytes of an indexed file, for the preview. */
export interface FileBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly path: string;
}

/** The shell as the window sees it. */
export interface ShellApi {
  shell<C extends ShellCall>(name: C, input: ShellInput<C>): Promise<ShellResponse<C>>;
  /**
   * Reads the file that a passage comes from.
   * @throws PassimError 'not-found' for an unknown id or a file outside the watched folders, 'io-error' when it
   *   can't be read, 'bad-request' when it is larger than a preview may be
   */
  readFile(passageId: string, signal?: AbortSignal): Promise<FileBytes>;
}

/**
 * The one object the window talks to: `window.passim`, put there by the preload script under Electron, or the
 * client of the loopback server in a browser.
 */
export interface PassimApi extends Pick<EngineApi, 'call' | 'onEvent'>, ShellApi {}
