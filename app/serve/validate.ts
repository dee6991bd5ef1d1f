import type { z } from 'zod';
import { PassimError } from '../contract/errors.ts';

/**
 * Checks the input of a call against its schema.
 * @throws PassimError 'bad-request' naming the field that is wrong
 */
export function parseRequest(call: string, schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new PassimError(
    'bad-request',
    `${call}: ${field === '' ? 'the request' : `"${field}"`} is wrong: ${issue?.message ?? 'not valid'}`,
    {
      subject: field === '' ? call : field,
    },
  );
}
