/** Whether an Electron still gets security fixes when another is the newest. */
export function isSupported(version: string, newest: string): boolean;
