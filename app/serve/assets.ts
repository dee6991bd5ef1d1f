import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { PassimError } from '../contract/errors.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.pfb': 'application/octet-stream',
  '.bcmap': 'application/octet-stream',
  '.icc': 'application/octet-stream',
};

export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** True for files whose name carries their hash. */
  readonly immutable: boolean;
}

/**
 * The built window as a map from address to file. Only what stood in the folder when the server started can be
 * asked for, so that no address, however it is written, leads anywhere else. It is held in memory: a window that is
 * built anew meanwhile does not take parts of this one away.
 * @throws PassimError 'not-found' when the window has not been built
 */
export function loadAssets(folder: string): ReadonlyMap<string, Asset> {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new PassimError(
      'not-found',
      `The window is not built: ${join(folder, 'index.html')} is missing. Run "npm run build:renderer".`,
      { subject: folder },
    );
  }
  const assets = new Map<string, Asset>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const contentType = CONTENT_TYPES[extname(entry.name).toLowerCase()];
    if (contentType === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const address = `/${relative(folder, file).split(sep).join('/')}`;
    assets.set(address, {
      bytes: new Uint8Array(readFileSync(file)),
      contentType,
      immutable: address.startsWith('/assets/'),
    });
  }
  const index = assets.get('/index.html');
  if (index) assets.set('/', index);
  return assets;
}
