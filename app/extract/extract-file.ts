import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ExtractedDocument } from '../contract/document.ts';
import { looksLikeText } from './encoding.ts';
import { type ExtractInput, ExtractProblem, type FormatEntry, HEAD_BYTES } from './format.ts';
import { type ExtractLimits, fitDocument, refuseBomb } from './limits.ts';
import { fileProblem, openFile } from './open-file.ts';
import type { FileOutcome } from './protocol.ts';
import { extensionOf, formatOf, PLAIN_TEXT } from './registry.ts';
import { faultToTravel } from './wire.ts';

const READ_BYTES = 4 * 1024 * 1024;

/** The file's bytes up to the size it had when it was opened; what is appended meanwhile is left for the next time. */
async function readFile(path: string, fileBytes: number): Promise<Uint8Array> {
  const { handle, stats } = await openFile(path, fileBytes);
  try {
    const bytes = new Uint8Array(stats.size);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(READ_BYTES, bytes.length - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } catch (error) {
    throw fileProblem(error);
  } finally {
    await handle.close();
  }
}

/**
 * Reads one file and makes a document of it. Runs in the worker; whatever goes wrong that JavaScript can catch
 * becomes a typed outcome. Writes nothing.
 */
export async function extractFile(path: string, limits: ExtractLimits): Promise<FileOutcome> {
  let known: { contentHash?: string; bytes?: number } = {};
  try {
    const bytes = await readFile(path, limits.fileBytes);
    known = { contentHash: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
    const document = await extractBytes(bytes, basename(path), limits);
    return { ok: true, document, ...known };
  } catch (error) {
    return { ok: false, ...problemOf(error), ...known };
  }
}

/**
 * Makes a document of a file's bytes, whose buffer may be taken over on the way.
 * @throws ExtractProblem, or whatever a parser throws
 */
export async function extractBytes(
  bytes: Uint8Array,
  name: string,
  limits: Pick<ExtractLimits, 'textChars'>,
): Promise<ExtractedDocument> {
  const size = bytes.length;
  const entry = entryFor(name, bytes);
  const { extractor } = await entry.load();
  const input: ExtractInput = {
    bytes,
    name,
    extension: extensionOf(name),
    format: entry.format,
    family: entry.family,
    limits: { textChars: limits.textChars },
  };
  const document = await extractor.extract(input);
  const fault = faultToTravel(document);
  if (fault !== null) throw new Error(`the source map of ${entry.format} is wrong: ${fault}`);
  refuseBomb(document.text.length, size);
  if (document.text.trim() === '') throw new ExtractProblem('empty', 'It holds no text.');
  return fitDocument(document, limits.textChars);
}

function entryFor(name: string, bytes: Uint8Array): FormatEntry {
  const head = bytes.subarray(0, HEAD_BYTES);
  const entry = formatOf(name, head);
  if (entry !== null) return entry;
  if (looksLikeText(head)) return PLAIN_TEXT;
  throw new ExtractProblem('unsupported', 'Its format is not one that can be read.');
}

function problemOf(error: unknown): { problem: ExtractProblem['problem']; detail: string } {
  if (error instanceof ExtractProblem) return { problem: error.problem, detail: error.message };
  const message = error instanceof Error ? error.message : String(error);
  if (
    error instanceof RangeError &&
    /allocation|Invalid (array|typed array|string) length|memory/i.test(message)
  )
    return { problem: 'out-of-memory', detail: `Its reader ran out of memory (${message.slice(0, 300)}).` };
  return { problem: 'corrupt', detail: `Its reader gave up: ${message.slice(0, 300)}` };
}
