/** Recognition by the first bytes of a file. Pure; no format library is loaded for it. */

function latin1(head: Uint8Array, from: number, to: number): string {
  return Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1', from, to);
}

/** Whether `signature` (Latin-1) stands at an offset up to `within` (0: right at the start). */
export function startsWith(head: Uint8Array, signature: string, within = 0): boolean {
  const text = latin1(head, 0, within + signature.length);
  return within === 0 ? text === signature : text.includes(signature);
}

/** Whether the head, read as Latin-1 without byte-order mark and leading white space, matches. */
export function startsWithText(head: Uint8Array, pattern: RegExp): boolean {
  return pattern.test(headText(head));
}

/** The head as text for recognition: UTF-16 with a byte-order mark is read as such, else Latin-1. */
export function headText(head: Uint8Array): string {
  if (head[0] === 0xff && head[1] === 0xfe)
    return Buffer.from(head.subarray(2)).toString('utf16le').trimStart();
  if (head[0] === 0xfe && head[1] === 0xff) {
    const even = head.subarray(2, 2 + ((head.length - 2) & ~1));
    return Buffer.from(even).swap16().toString('utf16le').trimStart();
  }
  return latin1(head, 0, head.length)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
}

/** Interpreter of a `#!` line ("python" for "#!/usr/bin/env python3.11"), or null. */
export function interpreterOf(head: Uint8Array): string | null {
  if (head[0] !== 0x23 || head[1] !== 0x21) return null;
  const line = latin1(head, 2, 258).split(/[\r\n]/, 1)[0] ?? '';
  const words = line.trim().split(/\s+/);
  const first = words[0]?.split('/').pop() ?? '';
  const name =
    first === 'env' ? words.slice(1).find((word) => !word.startsWith('-') && !word.includes('=')) : first;
  const base = name
    ?.split('/')
    .pop()
    ?.toLowerCase()
    .replace(/[\d.]+$/, '');
  return base === undefined || base === '' ? null : base;
}

/** Name of the first entry of a ZIP archive, or null when the head is none. */
export function firstZipEntry(head: Uint8Array): string | null {
  if (!startsWith(head, 'PK\x03\x04') || head.length < 30) return null;
  const length = (head[26] ?? 0) | ((head[27] ?? 0) << 8);
  return latin1(head, 30, 30 + length);
}

/**
 * The media type that ODF and EPUB archives store uncompressed as their first entry, "mimetype"
 * (OpenDocument 1.3 part 2 §3.3, OCF 3.3 §4.2.6.3), or null.
 */
export function zipMimetype(head: Uint8Array): string | null {
  if (firstZipEntry(head) !== 'mimetype') return null;
  const size = (head[18] ?? 0) | ((head[19] ?? 0) << 8);
  const extra = (head[28] ?? 0) | ((head[29] ?? 0) << 8);
  const start = 30 + 'mimetype'.length + extra;
  return latin1(head, start, start + Math.min(size, 256));
}
