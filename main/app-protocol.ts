import { APP_ORIGIN } from '../app/contract/ipc.ts';
import type { Asset } from '../app/serve/assets.ts';
import { SECURITY_HEADERS } from '../app/serve/policy.ts';

const { protocol, host } = new URL(APP_ORIGIN);

/** Scheme that the window's files are asked for with. */
export const APP_SCHEME = protocol.slice(0, -1);

/**
 * Answers the window's own scheme out of a map of bundled files. An address is a key of the map or nothing: no path
 * is built from it, so none leads out.
 * @param assets from `loadAssets`, by address with a leading slash
 */
export function appProtocol(assets: ReadonlyMap<string, Asset>): (request: Request) => Response {
  return ({ method, url }) => {
    const asked = URL.canParse(url) ? new URL(url) : null;
    const own = asked !== null && asked.protocol === protocol && asked.host === host;
    const asset = own && (method === 'GET' || method === 'HEAD') ? assets.get(asked.pathname) : undefined;
    const headers: Record<string, string> = { ...SECURITY_HEADERS };
    if (asset === undefined) return new Response(null, { status: 404, headers });
    headers['Content-Type'] = asset.contentType;
    headers['Cache-Control'] = asset.immutable ? 'public, max-age=31536000, immutable' : 'no-store';
    return new Response(method === 'HEAD' ? null : asset.bytes, { status: 200, headers });
  };
}
