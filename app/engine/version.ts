import { existsSync, readFileSync } from 'node:fs';

/** The package's manifest lies two folders up from the sources, three from dist/. */
function readVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    const file = new URL(up, import.meta.url);
    if (!existsSync(file)) continue;
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (
      typeof manifest === 'object' &&
      manifest !== null &&
      'version' in manifest &&
      'name' in manifest &&
      manifest.name === 'passim'
    ) {
      return String(manifest.version);
    }
  }
  return '0.0.0';
}

export const VERSION = readVersion();
