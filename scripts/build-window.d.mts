/** Folder of the built window; builds it when its sources are newer. */
export function builtWindow(): Promise<string>;
