export const LAUNCH_ARGS: string[];
/** Path of a Chromium; installs one on Debian as root. */
export function findChromium(): string;
