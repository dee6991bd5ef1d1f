import { readFileSync } from 'node:fs';
import { packageFile } from './package-file.ts';

function readVersion(): string {
  const file = packageFile('package.json');
  if (file === null) return '0.0.0';
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const ours =
    typeof manifest === 'object' &&
    manifest !== null &&
    'version' in manifest &&
    'name' in manifest &&
    manifest.name === 'passim';
  return ours ? String(manifest.version) : '0.0.0';
}

export const VERSION = readVersion();
