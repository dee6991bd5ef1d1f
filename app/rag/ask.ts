import type { EngineApi } from '../contract/engine.ts';
import type { Clock } from '../contract/ports.ts';
import type { SentPrompt } from '../contract/trace.ts';
import type { JsonLog } from '../trace/log.ts';
import { type ChatOptions, type ChatServer, streamAnswer } from './chat.ts';
import { type ContextPassage, retrieveContext } from './context.ts';
import { promptOf } from './prompt.ts';

export interface Question {
  readonly question: string;
  /** Passages at most. */
  readonly k: number;
  /** Tokens the context may take, as estimated; 0 for no limit. */
  readonly budget: number;
  /** With {context} and {question}; null takes the default. */
  readonly template: string | null;
}

export interface PreparedQuestion {
  readonly question: string;
  readonly prompt: string;
  readonly passages: readonly ContextPassage[];
}

/** Passages of one file that a question's context holds at most. */
const PASSAGES_PER_FILE = 4;

/** Retrieves the context of a question and fills the template. Nothing is sent. */
export async function prepareQuestion(
  engine: EngineApi,
  { question, k, budget, template }: Question,
  signal?: AbortSignal,
): Promise<PreparedQuestion> {
  const { passages } = await retrieveContext(
    engine,
    { query: question, k, passagesPerFile: PASSAGES_PER_FILE, budget },
    signal,
  );
  return { question, prompt: promptOf(question, passages, template), passages };
}

/**
 * Sends a prepared question and gives the answer piece by piece. The prompt is written to the log first, so that
 * whatever has been sent can be seen.
 * @throws PassimError 'answer-failed', 'cancelled'; the system's error when the log cannot be written, and then
 *   nothing is sent
 */
export async function* sendQuestion(
  prepared: PreparedQuestion,
  server: ChatServer,
  log: JsonLog,
  clock: Pick<Clock, 'now'>,
  options: ChatOptions = {},
): AsyncGenerator<string, void, undefined> {
  const sent: SentPrompt = {
    time: clock.now(),
    server: server.url,
    model: server.model,
    question: prepared.question,
    prompt: prepared.prompt,
  };
  await log.append(sent);
  yield* streamAnswer(server, prepared.prompt, options);
}

/** Numbers in brackets that an answer cites, in the order of their first mention: [1], [2, 3], [4][5]. */
export function citedNumbers(answer: string): number[] {
  const numbers: number[] = [];
  for (const [, list = ''] of answer.matchAll(/\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]/g))
    numbers.push(...list.split(/[,;]/).map(Number));
  return [...new Set(numbers)];
}
