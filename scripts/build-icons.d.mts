/** Writes every icon of the desktop app into a folder. */
export function buildIcons(folder: string): Promise<void>;
