export { ownCommand, programAccess } from './programs/access.ts';
export { type RunningServer, startServer } from './server.ts';
export {
  noPrograms,
  type SystemQueries,
  systemPrograms,
} from './shell/default-programs.ts';
export { isDeceptivePath, isDocument, isInside } from './shell/documents.ts';
export { createHomeShell, windowFolder } from './shell/home-shell.ts';
export { type Launcher, openCommand, revealCommand, systemLauncher } from './shell/launcher.ts';
export { filePreferences } from './shell/preferences.ts';
export { createShell, type ShellOptions } from './shell/shell.ts';
export { programToken } from './token.ts';
