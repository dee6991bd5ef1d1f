import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ChatRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly model?: string;
    readonly stream?: boolean;
    readonly messages: { content: string }[];
  };
}

export interface FakeChatServer {
  readonly url: string;
  readonly requests: readonly ChatRequest[];
  /** Requests whose client went away before the answer was whole. */
  readonly abandoned: () => number;
}

/** One chunk of a streamed chat completion. */
export const chunk = (content: string | null, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason: finish }] })}\n\n`;

/** A small OpenAI-compatible server on loopback whose answers the test writes. */
export async function startChatServer(
  answer: (response: ServerResponse, request: ChatRequest) => void,
): Promise<FakeChatServer> {
  const requests: ChatRequest[] = [];
  let abandoned = 0;
  const server = createServer(async (request: IncomingMessage, response) => {
    let text = '';
    for await (const part of request) text += part;
    const seen: ChatRequest = {
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body: JSON.parse(text) as ChatRequest['body'],
    };
    requests.push(seen);
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    answer(response, seen);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    abandoned: () => abandoned,
  };
}

/** Streams the pieces and ends as OpenAI does. */
export function streamPieces(response: ServerResponse, pieces: readonly string[]): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const piece of pieces) response.write(chunk(piece));
  response.end(`${chunk(null, 'stop')}data: [DONE]\n\n`);
}
