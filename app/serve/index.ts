export { CONTENT_SECURITY_POLICY, SECURITY_HEADERS } from './policy.ts';
export { type RunningServer, type ServeOptions, startServer } from './server.ts';
export {
  isDeceptivePath,
  isDocument,
  isInside,
  readIndexedFile,
  resolvePassage,
  resolveWatched,
} from './shell/documents.ts';
export { listFolder } from './shell/folders.ts';
export { type Launcher, openCommand, revealCommand, systemLauncher } from './shell/launcher.ts';
export { filePreferences, type PreferenceStore } from './shell/preferences.ts';
export { createShell, type ShellOptions } from './shell/shell.ts';
