import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ProviderChoice } from '../contract/index.ts';

export type ProviderName = ProviderChoice['provider'];

/** In the order in which they are tried. */
export const PROVIDERS: readonly ProviderName[] = ['cuda', 'dml', 'coreml', 'cpu'];

export const PROVIDER_LABELS: Readonly<Record<ProviderName, string>> = {
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'CoreML',
  cpu: 'the processor',
};

/** The machine as far as providers go; handed in so that every platform can be reasoned about on any other. */
export interface ProviderHost {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Folder of ONNX Runtime's libraries for this platform. */
  readonly libraries: string;
  readonly exists: (file: string) => boolean;
}

export function thisHost(): ProviderHost {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  return {
    platform: process.platform,
    arch: process.arch,
    libraries: join(root, 'bin', 'napi-v6', process.platform, process.arch),
    exists: existsSync,
  };
}

/** Version of onnxruntime-node that runs here: libraries of providers go with one version alone. */
export function runtimeVersion(): string {
  const require = createRequire(import.meta.url);
  const file = require.resolve('onnxruntime-node/package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}

/** Files that a provider needs beside ONNX Runtime itself. */
function neededFiles(provider: ProviderName): string[] {
  if (provider === 'cuda') return ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
  return provider === 'dml' ? ['DirectML.dll'] : [];
}

/**
 * What ONNX Runtime says of a provider that it could not open, as a person can act on it.
 * @param message its own message, with the places in its source and the colours of its log
 */
export function providerFault(message: string): string {
  if (message.includes('Failed to load shared library'))
    return 'Libraries of CUDA that it needs are not on this machine, or not where the system looks for them.';
  const [, failure] = /CUDA failure (\d+: .+?) ?;/.exec(message) ?? [];
  return failure === undefined ? message : `CUDA failure ${failure}.`;
}

/**
 * Why a provider can't run here, as far as that can be told without trying; null when it is worth a try.
 */
export function obstacle(provider: ProviderName, host: ProviderHost): string | null {
  const { platform, arch } = host;
  if (provider === 'cuda' && !(arch === 'x64' && platform === 'linux'))
    return `ONNX Runtime's package for Node is built with CUDA for Linux on x64 alone; this is ${platform} ${arch}.`;
  if (provider === 'dml' && platform !== 'win32') return `DirectML is part of Windows; this is ${platform}.`;
  if (provider === 'coreml' && platform !== 'darwin') return `CoreML is part of macOS; this is ${platform}.`;
  const missing = neededFiles(provider).find((name) => !host.exists(join(host.libraries, name)));
  if (missing !== undefined)
    return provider === 'cuda'
      ? `${missing} is missing. On a machine with an NVIDIA GPU, "passim gpu install" fetches it.`
      : `${missing} is not in the package of ONNX Runtime (${host.libraries}).`;
  return null;
}
