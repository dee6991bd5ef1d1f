/** Folder of what Electron runs; built when a source is newer. */
export function builtApp(): Promise<string>;
/** Bundles the preload script into a folder; gives its path. */
export function buildPreload(folder: string): Promise<string>;
