import { join } from 'node:path';
import { type SearchTrace, type SentPrompt, searchTraceSchema, sentPromptSchema } from '../contract/trace.ts';
import { JsonLog } from './log.ts';

/** The logs of a data directory: traces of searches, and prompts that were sent. */
export interface TraceLogs {
  readonly traces: JsonLog;
  readonly prompts: JsonLog;
}

export function traceLogs(home: string): TraceLogs {
  return {
    traces: new JsonLog(join(home, 'traces', 'searches.jsonl')),
    prompts: new JsonLog(join(home, 'prompts.jsonl')),
  };
}

/** Newest first; lines of another form are passed over. */
export async function readTraces(log: JsonLog, limit: number): Promise<SearchTrace[]> {
  return (await log.read(limit)).flatMap((value) => searchTraceSchema.safeParse(value).data ?? []);
}

/** Newest first; lines of another form are passed over. */
export async function readPrompts(log: JsonLog, limit: number): Promise<SentPrompt[]> {
  return (await log.read(limit)).flatMap((value) => sentPromptSchema.safeParse(value).data ?? []);
}
