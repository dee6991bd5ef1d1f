import { z } from 'zod';
import { ERROR_CODES, type ErrorCode, toEnvelope } from '../../contract/errors.ts';
import { statusOf } from '../guards.ts';

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

/** Problem details (RFC 9457) of a failed request. */
export const problemSchema = z.object({
  /** Names the kind of problem; the same for one code. */
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  /** What went wrong this time and what to do. */
  detail: z.string(),
  code: z.enum(codes),
  /** The file or field concerned. */
  subject: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_TYPE = 'application/problem+json';

/** @param status overrides the one that the code stands for */
export function problemOf(error: unknown, status?: number): Problem {
  const { code, message, subject } = toEnvelope(error);
  return {
    type: `urn:passim:error:${code}`,
    title: ERROR_CODES[code],
    status: status ?? statusOf(code, subject),
    detail: message,
    code,
    ...(subject === undefined ? {} : { subject }),
  };
}

export function problemResponse(error: unknown, status?: number): Response {
  const problem = problemOf(error, status);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      'Content-Type': PROBLEM_TYPE,
      'Cache-Control': 'no-store',
      ...(problem.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="Passim"' } : {}),
    },
  });
}
