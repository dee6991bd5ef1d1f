import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { PassimError } from '../contract/errors.ts';

/** Largest request body, in bytes; a query is at most 10,000 characters. */
export const BODY_LIMIT = 256 * 1024;

/** Refuses bodies that are larger than any request. */
export const smallBody: MiddlewareHandler = bodyLimit({
  maxSize: BODY_LIMIT,
  onError: () => {
    throw new PassimError('bad-request', `The request is larger than ${BODY_LIMIT / 1024} KB.`, {
      subject: 'Content-Length',
    });
  },
});

/**
 * The body as JSON. Other types are refused, so that no form of another page can speak to the server.
 * @throws PassimError 'bad-request'
 */
export async function jsonBody(context: Context): Promise<unknown> {
  if (!context.req.header('content-type')?.startsWith('application/json'))
    throw new PassimError('bad-request', 'The request must be JSON.', { subject: 'Content-Type' });
  try {
    return await context.req.json();
  } catch (error) {
    if (error instanceof PassimError) throw error;
    throw new PassimError('bad-request', 'The request is not valid JSON.');
  }
}
