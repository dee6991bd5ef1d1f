import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import type { EngineApi } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';
import { readFileRange } from '../rag/file-range.ts';
import type { EngineSource } from './define.ts';
import { RESOURCE_PAGE, RESOURCE_TOKENS } from './limits.ts';

const TEMPLATE = 'passim://file/{path}';

/** Address of a file, or of what follows `start` in it. */
export function fileUri(path: string, start = 0): string {
  return `passim://file/${encodeURIComponent(path)}${start > 0 ? `?start=${start}` : ''}`;
}

/** The file and offset that an address names. @throws PassimError 'bad-request' */
export function parseFileUri(uri: string): { path: string; start: number } {
  const [, encoded, start = '0'] = /^passim:\/\/file\/([^/?#]+)(?:\?start=(\d{1,9}))?$/.exec(uri) ?? [];
  try {
    if (encoded !== undefined) return { path: decodeURIComponent(encoded), start: Number(start) };
  } catch {}
  throw new PassimError('bad-request', `"${uri}" is no address of a file; see resources/list.`, {
    subject: 'uri',
  });
}

const baseName = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** Indexed files as resources: a paged list, and their text. */
export function registerResources(server: McpServer, engine: EngineSource): void {
  server.registerResource(
    'file',
    new ResourceTemplate(TEMPLATE, {
      list: undefined,
      complete: { path: async (typed) => completePath(await engine(), typed) },
    }),
    {
      title: 'Indexed file',
      description:
        'The text of an indexed file; path is percent-encoded. A long text ends with the address of what follows.',
      mimeType: 'text/plain',
    },
    async (uri, _variables, context) => {
      const { path, start } = parseFileUri(uri.href);
      return reading(async () => {
        const range = await readFileRange(
          await engine(),
          { path, start, tokens: RESOURCE_TOKENS },
          context.mcpReq.signal,
        );
        const more = range.next === null ? '' : `\n\n(goes on at ${fileUri(path, range.next)})`;
        return { contents: [{ uri: uri.href, mimeType: 'text/plain', text: range.text + more }] };
      }, uri.href);
    },
  );
  // The list that the template would give has no pages.
  server.server.setRequestHandler('resources/list', async (request, context) => {
    const from = offsetOf(request.params?.cursor);
    return reading(async () => {
      const { total, files } = await (await engine()).call(
        'listFiles',
        { from, count: RESOURCE_PAGE },
        context.mcpReq.signal,
      );
      const next = from + files.length;
      return {
        resources: files.map((file) => ({
          uri: fileUri(file.path),
          name: baseName(file.path),
          ...(file.title === '' ? {} : { title: file.title }),
          description: file.path,
          mimeType: 'text/plain',
          annotations: { lastModified: new Date(file.modified).toISOString() },
        })),
        ...(next < total && files.length > 0 ? { nextCursor: String(next) } : {}),
      };
    }, 'resources/list');
  });
}

function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^\d{1,9}$/.test(cursor))
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `"${cursor}" is no cursor.`);
  return Number(cursor);
}

/** Turns failures into those of the protocol. */
async function reading<T>(read: () => Promise<T>, subject: string): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof PassimError)) throw error;
    const code = error.code === 'not-found' || error.code === 'bad-request';
    throw new ProtocolError(
      code ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
      `${subject}: ${error.message}`,
    );
  }
}

async function completePath(engine: EngineApi, typed: string): Promise<string[]> {
  let wanted = typed;
  try {
    wanted = decodeURIComponent(typed);
  } catch {}
  const { files } = await engine.call('listFiles', { count: 1000 });
  return files
    .map((file) => file.path)
    .filter((path) => path.toLowerCase().includes(wanted.toLowerCase()))
    .slice(0, 100)
    .map(encodeURIComponent);
}
