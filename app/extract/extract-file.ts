import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ExtractedDocument } from '../contract/document.ts';
import { systemScheduler } from '../contract/ports.ts';
import { looksLikeText } from './encoding.ts';
import { type ExtractInput, ExtractProblem, type FormatEntry, HEAD_BYTES } from './format.ts';
import { type ExtractLimits, fitDocument, refuseBomb } from './limits.ts';
import { fileProblem, openFile } from './open-file.ts';
import type { FileOutcome } from './protocol.ts';
import { extensionOf, formatOf, PLAIN_TEXT } from './registry.ts';
import { faultToTravel } from './wire.ts';

const READ_BYTES = 4 * 1024 * 1024;
/** Bytes held for each character that a format which reads the start may give: most text takes one to two. */
const CHAR_BYTES = 2;

interface FileContent {
  /** The bytes, or as many from the start as its format needs. */
  readonly bytes: Uint8Array;
  readonly size: number;
  /** sha256 of all bytes, in hex. */
  readonly contentHash: string;
}

/**
 * Reads and hashes a file up to the size it had when it was opened; what is appended meanwhile is left for the next
 * time. Of a long log only the start is kept, since the rest would not become text.
 */
async function readFile(path: string, limits: ExtractLimits): Promise<FileContent> {
  const { handle, stats } = await openFile(path, limits.fileBytes);
  try {
    const hash = createHash('sha256');
    let bytes = new Uint8Array(Math.min(stats.size, READ_BYTES));
    let scratch: Uint8Array | null = null;
    let size = 0;
    while (size < stats.size) {
      const target: Uint8Array = scratch ?? bytes;
      const at = scratch === null ? size : 0;
      const { bytesRead } = await handle.read(target, at, Math.min(READ_BYTES, target.length - at), size);
      if (bytesRead === 0) break;
      hash.update(target.subarray(at, at + bytesRead));
      const first = size === 0;
      size += bytesRead;
      if (first && stats.size > bytes.length) bytes = enlarged(bytes, stats.size, basename(path), limits);
      if (scratch === null && size >= bytes.length) scratch = new Uint8Array(READ_BYTES);
    }
    return { bytes: bytes.subarray(0, Math.min(size, bytes.length)), size, contentHash: hash.digest('hex') };
  } catch (error) {
    throw fileProblem(error);
  } finally {
    await handle.close();
  }
}

/** A buffer for the whole file, or for what its format needs of it, that begins with what has been read. */
function enlarged(
  start: Uint8Array,
  size: number,
  name: string,
  limits: ExtractLimits,
): Uint8Array<ArrayBuffer> {
  const head = start.subarray(0, HEAD_BYTES);
  const readsStart = (formatOf(name, head) ?? PLAIN_TEXT).readsStart === true;
  const needed = readsStart ? Math.max(start.length, limits.textChars * CHAR_BYTES) : size;
  const bytes = new Uint8Array(Math.min(size, needed));
  bytes.set(start);
  return bytes;
}

/** Shares of time and memory after which no further part of a file is begun; the rest is for what has been read. */
const TIME_SHARE = 0.6;
const MEMORY_SHARE = 0.7;

function budget(limits: ExtractLimits, started: number): ExtractInput['exhausted'] {
  return () => {
    if (systemScheduler.monotonic() - started > limits.seconds * 1000 * TIME_SHARE) return 'time';
    return process.memoryUsage.rss() > limits.memoryBytes * MEMORY_SHARE ? 'memory' : null;
  };
}

/**
 * Reads one file and makes a document of it. Runs in the worker; whatever goes wrong that JavaScript can catch
 * becomes a typed outcome. Writes nothing.
 */
export async function extractFile(path: string, limits: ExtractLimits): Promise<FileOutcome> {
  const started = systemScheduler.monotonic();
  let known: { contentHash?: string; bytes?: number } = {};
  try {
    const { bytes, size, contentHash } = await readFile(path, limits);
    known = { contentHash, bytes: size };
    const held = bytes.length;
    const document = await extractBytes(bytes, basename(path), limits, budget(limits, started));
    if (held < size && !document.warnings.some((warning) => warning.startsWith('Only the first ')))
      document.warnings.push(
        `Only the first ${Math.round(held / 1e6)} of ${Math.round(size / 1e6)} MB are searchable.`,
      );
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
  exhausted: ExtractInput['exhausted'] = () => null,
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
    exhausted,
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
