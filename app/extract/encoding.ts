import { isAscii, isUtf8 } from 'node:buffer';
import chardet from 'chardet';
import iconv from 'iconv-lite';
import { ExtractProblem } from './format.ts';

export interface DecodedText {
  /**
   * The decoded source that `sourceStart` counts in: no byte-order mark, line ends as they are, NUL bytes of
   * an otherwise textual file as spaces.
   */
  readonly text: string;
  /** Label of the encoding, e.g. "utf-8", "windows-1252". */
  readonly encoding: string;
  /** What a person should know of how it was read. */
  readonly warnings: string[];
}

interface DecodeOptions {
  /** Encoding that the file itself names; believed where the bytes are not UTF-8. */
  readonly declared?: string | undefined;
  /** Decoding stops after about this many UTF-16 units. */
  readonly maxChars?: number;
}

const SAMPLE_BYTES = 64 * 1024;
const SLICE_BYTES = 1024 * 1024;

/**
 * Reads bytes as text: byte-order mark first, then UTF-8 if it is valid, then UTF-16 by the pattern of its zero
 * bytes, then the declared encoding, then the likeliest by statistics (chardet) among those that decode cleanly.
 * @throws ExtractProblem 'corrupt' for bytes that are no text in any of them
 */
export function decodeText(bytes: Uint8Array, options: DecodeOptions = {}): DecodedText {
  const maxChars = options.maxChars ?? Number.POSITIVE_INFINITY;
  const mark = byteOrderMark(bytes);
  if (mark !== null) return decodeAs(bytes.subarray(mark.length), mark.encoding, maxChars);
  const start = bufferOf(bytes.subarray(0, SAMPLE_BYTES));
  const wide = looksBinary(start) || start.includes(0) ? utf16WithoutMark(start) : null;
  if (wide !== null) return decodeAs(bytes, wide, maxChars);
  refuseBinary(start);
  if (start.includes('\x1b$B') || start.includes('\x1b$@')) return decodeAs(bytes, 'iso-2022-jp', maxChars);
  if (isUtf8(withoutTornEnd(bytes))) return decodeAs(bytes, 'utf-8', maxChars, false);
  const sample = sampleOf(bytes);
  refuseBinary(sample);
  if (mostlyUtf8(sample)) return decodeAs(bytes, 'utf-8', maxChars);
  const declared = options.declared?.trim().toLowerCase();
  if (declared !== undefined && iconv.encodingExists(declared) && !/^(utf-?8|utf-?16|ucs)/.test(declared))
    return decodeAs(bytes, declared, maxChars);
  return decodeAs(bytes, likeliestEncoding(sample), maxChars);
}

/** Whether the first bytes of a file are text rather than binary data. */
export function looksLikeText(head: Uint8Array): boolean {
  const mark = byteOrderMark(head);
  if (mark !== null) return true;
  const start = bufferOf(head);
  return !looksBinary(start) || utf16WithoutMark(start) !== null;
}

function byteOrderMark(bytes: Uint8Array): { encoding: string; length: number } | null {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { encoding: 'utf-32le', length: 4 };
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return { encoding: 'utf-32be', length: 4 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', length: 2 };
  return null;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function refuseBinary(sample: Buffer): void {
  if (looksBinary(sample)) throw new ExtractProblem('corrupt', 'It is no text in any known encoding.');
}

/** Bytes to judge an encoding by: the start, or where that is ASCII, the neighbourhood of the first byte that is not. */
function sampleOf(bytes: Uint8Array): Buffer {
  const all = bufferOf(bytes);
  let at = 0;
  while (at < all.length && isAscii(all.subarray(at, at + SAMPLE_BYTES))) at += SAMPLE_BYTES;
  return all.subarray(at, at + 2 * SAMPLE_BYTES);
}

/**
 * UTF-16 without a mark: Latin script shows as zero bytes at nearly all odd (little endian) or even (big endian)
 * offsets; in other scripts the blanks and stops tell which order reads as text.
 */
function utf16WithoutMark(sample: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (sample.length < 4) return null;
  const even = sample.subarray(0, sample.length & ~1);
  let zerosAtEven = 0;
  let zerosAtOdd = 0;
  for (let i = 0; i < even.length; i += 2) {
    if (even[i] === 0) zerosAtEven += 1;
    if (even[i + 1] === 0) zerosAtOdd += 1;
  }
  const pairs = even.length / 2;
  if (zerosAtOdd > pairs * 0.2 && zerosAtEven < zerosAtOdd / 10)
    return readsAsUtf16(even, 'utf-16le') && 'utf-16le';
  if (zerosAtEven > pairs * 0.2 && zerosAtOdd < zerosAtEven / 10)
    return readsAsUtf16(even, 'utf-16be') && 'utf-16be';
  const stops = (encoding: string) => iconv.decode(even, encoding).match(STOPS)?.length ?? 0;
  const encoding = stops('utf-16le') >= stops('utf-16be') ? 'utf-16le' : 'utf-16be';
  return readsAsUtf16(even, encoding) && encoding;
}

/** Blanks, line ends and the stops of East Asian scripts. */
const STOPS = /[ \n\r\u3000-\u3002\uff0c\uff0e\uff1a\uff1f]/g;

function readsAsUtf16(even: Buffer, encoding: string): true | null {
  const text = iconv.decode(even, encoding);
  return strangeness(text) < 0.02 && text.search(STOPS) !== -1 ? true : null;
}

/** Share of characters that no text has: controls, noncharacters, private use, unassigned, torn surrogates. */
function strangeness(text: string): number {
  let strange = 0;
  let count = 0;
  for (const char of text) {
    count += 1;
    if (/[^\P{C}\t\n\r\f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/u.test(char)) strange += 1;
  }
  return count === 0 ? 1 : strange / count;
}

/** Controls all over, or zero bytes in many places (a few runs of them occur in logs after a power cut). */
function looksBinary(sample: Buffer): boolean {
  let controls = 0;
  let zeros = 0;
  let zeroRuns = 0;
  let previous = 1;
  for (const byte of sample) {
    if (byte === 0) {
      zeros += 1;
      if (previous !== 0) zeroRuns += 1;
    } else if (byte < 9 || (byte > 13 && byte < 32 && byte !== 0x1b) || byte === 0x7f) controls += 1;
    previous = byte;
  }
  const rest = sample.length - zeros;
  if (zeros > 0 && rest < 16) return true;
  return controls > rest * 0.02 || zeroRuns > 2 + sample.length / 2000;
}

/** Without a last character that the end of the bytes cuts off. */
function withoutTornEnd(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc2 && byte <= 0xf4) {
      const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return wanted > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}

/** UTF-8 with a few damaged bytes: many good multi-byte characters for each bad one in the sample. */
function mostlyUtf8(sample: Buffer): boolean {
  const text = sample.toString('utf8');
  const bad = text.match(/\ufffd/g)?.length ?? 0;
  const good = text.match(/[^\0-\x7f\ufffd]/gu)?.length ?? 0;
  return good > bad * 10;
}

/** What chardet names beside what it has no model for, best first by its confidence and by how the text reads. */
function likeliestEncoding(sample: Buffer): string {
  const candidates = new Map<string, number>([
    ['windows-1252', 12],
    ['cp866', 0],
    ['cp855', 0],
    ['koi8-r', 0],
    ['maccyrillic', 0],
  ]);
  for (const { name, confidence } of chardet.analyse(sample)) {
    const label = name.toLowerCase() === 'iso-8859-1' ? 'windows-1252' : name.toLowerCase();
    if (/^(utf|ascii|iso-2022)/.test(label) || !iconv.encodingExists(label)) continue;
    candidates.set(label, Math.max(candidates.get(label) ?? 0, confidence));
  }
  let best = 'windows-1252';
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const [label, confidence] of candidates) {
    const text = iconv.decode(sample, label);
    const score = confidence - 200 * oddness(text) + cyrillicBonus(text);
    if (score > bestScore) {
      best = label;
      bestScore = score;
    }
  }
  return best;
}

/**
 * Tells apart tables that hold the Cyrillic letters in different orders: in the right one the commonest letters of
 * the Cyrillic languages are the commonest (about 0.45 of a text, in lower case). 0 for other scripts.
 */
function cyrillicBonus(text: string): number {
  const letters = text.match(/\p{sc=Cyrillic}/gu)?.length ?? 0;
  if (letters === 0) return 0;
  const share = (text.match(/[оеаинт]/gu)?.length ?? 0) / letters;
  return 60 * Math.min(1, share / 0.45) - 50;
}

/** Share of the characters beyond ASCII that stand where a person would not write them, 0 … 1. */
function oddness(text: string): number {
  const beyond = text.match(/[^\0-\x7f]/gu)?.length ?? 0;
  if (beyond === 0) return 0;
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const lengthOf = (pattern: RegExp) => text.match(pattern)?.join('').length ?? 0;
  const odd =
    count(/[\ufffd\u0080-\u009f\u2550-\u259f\p{Co}]/gu) +
    // Lower case turning to upper case inside a word beyond ASCII: the wrong Cyrillic table.
    count(/\p{Ll}(?=\p{Lu})(?:(?<=[^\0-\x7f])|(?=[^\0-\x7f]))/gu) +
    // Scripts mixed inside one word.
    count(/\p{sc=Latin}(?=[\p{sc=Cyrillic}\p{sc=Greek}\p{sc=Hebrew}\p{sc=Arabic}])/gu) +
    count(/[\p{sc=Cyrillic}\p{sc=Greek}\p{sc=Hebrew}\p{sc=Arabic}](?=\p{sc=Latin})/gu) +
    // Western letters and signs beyond ASCII in a row: another script, read by a Western table.
    lengthOf(/[\u00a0-\u024f\u02c6\u02dc\u2010-\u2122]{3,}/gu) +
    // Symbols between letters.
    count(/(?<=\p{L})[¤¦§¨©¬¯±²³´¶¸¹¼½¾÷×¢£¥°](?=\p{L})/gu);
  return Math.min(1, odd / beyond);
}

function decodeAs(bytes: Uint8Array, encoding: string, maxChars: number, damagePossible = true): DecodedText {
  const pieces: string[] = [];
  let length = 0;
  let at = 0;
  const native = encoding === 'utf-8' || encoding === 'iso-2022-jp' ? new TextDecoder(encoding) : null;
  const decoder = native === null ? iconv.getDecoder(encoding, { stripBOM: false }) : null;
  while (at < bytes.length && length < maxChars) {
    const slice = bytes.subarray(at, at + SLICE_BYTES);
    at += slice.length;
    const piece =
      native?.decode(slice, { stream: at < bytes.length }) ??
      decoder?.write(Buffer.from(slice.buffer, slice.byteOffset, slice.byteLength)) ??
      '';
    pieces.push(piece);
    length += piece.length;
  }
  if (at >= bytes.length) pieces.push(decoder?.end() ?? '');
  const text = pieces.join('').replaceAll('\0', ' ');
  const warnings: string[] = [];
  const damaged = damagePossible ? (text.match(/\ufffd/g)?.length ?? 0) : 0;
  if (damaged > 0) warnings.push(`${damaged} characters could not be read as ${encoding}.`);
  return { text, encoding, warnings };
}
