// Electron's fuses, set in the packaged program before it is signed. electron-builder calls it after packing.
import { join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';

/** Every fuse has a value here; one that a later Electron adds fails the build until it is decided. */
export const FUSES = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  // The program is no Node for others to run.
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  // There are no cookies; should there ever be one, it is not kept in clear.
  [FuseV1Options.EnableCookieEncryption]: true,
  // Only the archive that was packed is run, and it is checked against its hash (macOS and Windows).
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  // Passim brings no snapshot of its own.
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  // Bounds of WebAssembly memory are kept by the processor, not by extra code.
  [FuseV1Options.WasmTrapHandlers]: true,
};

/** Path of the program inside what was packed. */
export function programPath({ appOutDir, electronPlatformName, packager }) {
  const name = packager.appInfo.productFilename;
  if (electronPlatformName === 'darwin') return join(appOutDir, `${name}.app`, 'Contents/MacOS', name);
  if (electronPlatformName === 'win32') return join(appOutDir, `${name}.exe`);
  return join(appOutDir, packager.executableName);
}

/** electron-builder's afterPack hook. */
export default async function setFuses(context) {
  // The two halves of a universal build are not programs yet; their union is.
  if (context.appOutDir.endsWith('-temp')) return;
  await flipFuses(programPath(context), {
    ...FUSES,
    // Changing the file breaks the ad-hoc signature that Apple's processors ask for.
    resetAdHocDarwinSignature: context.electronPlatformName === 'darwin',
  });
}
