import type { FuseV1Config } from '@electron/fuses';
/** Every fuse of Electron with its value. */
export const FUSES: FuseV1Config & { readonly strictlyRequireAllFuses: true };
/** Path of the program inside what electron-builder packed. */
export function programPath(context: {
  readonly appOutDir: string;
  readonly electronPlatformName: string;
  readonly packager: {
    readonly appInfo: { readonly productFilename: string };
    readonly executableName?: string;
  };
}): string;
