import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { ExtractProblem } from './format.ts';

/** Entries an archive may have; a real document has some hundred. */
export const MAX_ENTRIES = 10_000;
/** Output that is never questioned, in bytes. */
const FREE_BYTES = 1024 * 1024;
/** Bytes of output per byte of input beyond that: Tika's rule for bombs; office XML stays below 60. */
const MAX_RATIO = 100;
/** Largest part that is unpacked, in bytes: what a reader's memory can hold as a string besides its results. */
const MAX_PART_BYTES = 128 * 1024 * 1024;

function corrupt(detail: string): ExtractProblem {
  return new ExtractProblem('corrupt', `The archive is damaged: ${detail}.`);
}

function bomb(detail: string): ExtractProblem {
  return new ExtractProblem(
    'too-much-text',
    `The archive unpacks to far more than its size allows: ${detail}.`,
  );
}

/**
 * A ZIP archive in memory whose parts are unpacked one by one, never to disk. Everything that it declares is
 * checked before the first byte is inflated, and what it inflates to is held to what it declared, so a bomb
 * costs no more than reading its directory.
 */
export class Archive {
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  /** Names in lower case, for producers that are careless about case. */
  readonly #byLowerName: ReadonlyMap<string, string>;

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#zip = zip;
    this.#entries = entries;
    this.#byLowerName = new Map([...entries.keys()].map((name) => [name.toLowerCase(), name]));
  }

  /**
   * @throws ExtractProblem 'corrupt' (no archive, truncated, names that lead outside, too many entries),
   * 'too-much-text' (bomb)
   */
  static async open(bytes: Uint8Array): Promise<Archive> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const entries = new Map<string, Entry>();
    let declared = 0;
    let zip: ZipFile;
    try {
      zip = await fromBufferPromise(buffer, { lazyEntries: true });
      if (zip.entryCount > MAX_ENTRIES) throw corrupt(`it has ${zip.entryCount} entries`);
      for await (const entry of zip.eachEntry()) {
        declared += entry.uncompressedSize;
        if (entries.size >= MAX_ENTRIES) throw corrupt(`it has more than ${MAX_ENTRIES} entries`);
        if (!entries.has(entry.fileName)) entries.set(entry.fileName, entry);
      }
    } catch (error) {
      if (error instanceof ExtractProblem) throw error;
      throw corrupt(error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
    }
    if (declared > Math.max(FREE_BYTES, MAX_RATIO * bytes.length)) {
      throw bomb(`${declared} bytes from ${bytes.length}`);
    }
    return new Archive(zip, entries);
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /**
   * Unpacks one part; null when there is none of that name.
   * @throws ExtractProblem 'corrupt', 'encrypted', 'too-much-text'
   */
  async read(name: string): Promise<Uint8Array | null> {
    const entry = this.#find(name);
    if (entry === undefined) return null;
    if (entry.isEncrypted()) throw new ExtractProblem('encrypted', `${name} is protected by a password.`);
    const size = entry.uncompressedSize;
    if (size > MAX_PART_BYTES) throw bomb(`${name} has ${size} bytes`);
    if (size > Math.max(FREE_BYTES, 11 * MAX_RATIO * entry.compressedSize)) {
      // Deflate cannot do better than 1032:1, so the declared sizes can't both be true.
      throw corrupt(`the sizes of ${name} contradict each other`);
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      const stream = await this.#zip.openReadStreamPromise(entry);
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        length += chunk.length;
        if (length > size) {
          stream.destroy();
          throw corrupt(`${name} is longer than it declares`);
        }
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof ExtractProblem) throw error;
      throw corrupt(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const out = Buffer.concat(chunks, length);
    if (length !== size || crc32(out) !== entry.crc32) throw corrupt(`the checksum of ${name} is wrong`);
    return out;
  }

  #find(name: string): Entry | undefined {
    const exact = this.#entries.get(name);
    if (exact !== undefined) return exact;
    const other = this.#byLowerName.get(name.toLowerCase());
    return other === undefined ? undefined : this.#entries.get(other);
  }
}
