/** Electron's program, when it is on this machine. */
export function installedElectron(folder?: string): string | null;
/** Why Electron could not show a window here; null when it could. */
export function whyNoWindow(world: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
}): string | null;
