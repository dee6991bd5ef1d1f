import pdfWorkerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import richWorkerUrl from './rich-worker.ts?worker&url';

interface ScriptPolicy {
  createScriptURL(url: string): string;
}
interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptPolicy;
}

const addressOf = (url: string) => new URL(url, document.baseURI).href;
/** The only scripts that are started by their address: the window's own workers. */
const ADDRESSES = { pdf: addressOf(pdfWorkerUrl), rich: addressOf(richWorkerUrl) };

/** The page's security policy knows one name, under which a policy can be made once. */
let policy: ScriptPolicy | undefined;

/** Starts one of the window's own workers. */
export function startOwnWorker(name: keyof typeof ADDRESSES): Worker {
  const factory = (globalThis as { trustedTypes?: TrustedTypesFactory }).trustedTypes;
  policy ??= factory?.createPolicy('passim-worker', {
    createScriptURL: (url) => {
      if (!Object.values(ADDRESSES).includes(url))
        throw new TypeError('Only the window’s own workers may be started.');
      return url;
    },
  });
  const address = ADDRESSES[name];
  return new Worker(policy?.createScriptURL(address) ?? address, { type: 'module' });
}
