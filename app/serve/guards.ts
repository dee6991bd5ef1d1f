import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { type ErrorCode, PassimError } from '../contract/errors.ts';
import { SECURITY_HEADERS } from './policy.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Puts the security headers on every answer, errors included. */
export const securityHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.res.headers.set(name, value);
};

/**
 * Refuses what does not come from the window itself. The Host check ends DNS rebinding (a page of another name
 * that resolves to 127.0.0.1 sends its own name), the Origin check and Sec-Fetch-Site end requests of other pages.
 * @param host what the Host header must be, e.g. "127.0.0.1:4123"
 */
export function sameOriginOnly(host: () => string): MiddlewareHandler {
  return async (context, next) => {
    const expected = host();
    if (context.req.header('host') !== expected) {
      throw new PassimError('not-allowed', 'The Host header is not the address that Passim listens on.', {
        subject: 'Host',
      });
    }
    const origin = context.req.header('origin');
    if (origin !== undefined && origin !== `http://${expected}`) {
      throw new PassimError('not-allowed', 'The request comes from another page.', { subject: 'Origin' });
    }
    const site = context.req.header('sec-fetch-site');
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      throw new PassimError('not-allowed', 'The request comes from another page.', {
        subject: 'Sec-Fetch-Site',
      });
    }
    await next();
  };
}

/** Asks for the token that the start page was opened with; compared in constant time. */
export function tokenRequired(token: string): MiddlewareHandler {
  const expected = digest(`Bearer ${token}`);
  return async (context, next) => {
    if (!timingSafeEqual(digest(context.req.header('authorization') ?? ''), expected)) {
      throw new PassimError(
        'not-allowed',
        'The access token is missing or old. Open the window again with the address that Passim printed.',
        { subject: 'Authorization' },
      );
    }
    await next();
  };
}

/** HTTP status of an error code. */
export function statusOf(code: ErrorCode, subject?: string): 400 | 401 | 403 | 404 | 409 | 500 | 503 {
  switch (code) {
    case 'bad-request':
    case 'query-syntax':
    case 'settings':
      return 400;
    case 'not-allowed':
      return subject === 'Authorization' ? 401 : 403;
    case 'not-found':
    case 'folder-missing':
      return 404;
    case 'index-locked':
      return 409;
    case 'engine-stopped':
      return 503;
    default:
      return 500;
  }
}
