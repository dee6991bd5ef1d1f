import { crc32 } from 'node:zlib';

/** "PWRD" and the version of what follows. */
const MAGIC = 0x44525750;
const FORMAT = 1;
const HEADER_BYTES = 24;

/** What a segment is made of. */
export interface SegmentParts {
  /** Passage numbers, ascending. */
  readonly pids: Uint32Array;
  /** For each passage what tells this content of it from another one under the same number. */
  readonly tags: Uint32Array;
  /** For each passage how many words it has; 65,535 stands for all above. */
  readonly lengths: Uint16Array;
  /** Terms, ascending: see termHash. */
  readonly terms: Float64Array;
  /** Passages that hold each term. */
  readonly frequencies: Uint32Array;
  /** Where the postings of each term begin in `postings`, and where those of the last one end. */
  readonly starts: Uint32Array;
  /**
   * For each passage that holds a term, by place in `pids`: the step from the last place (from −1) times two, plus
   * one when the word stands there once, else followed by how often it does; base-128 integers.
   */
  readonly postings: Uint8Array;
}

/** Postings that are read at a time: 32 KB, whatever the term. */
const BLOCK = 4_096;

/** Reads the passages that hold a term, a block at a time; used again and again. */
export class Postings {
  /** Places of the passages in the segment, ascending; the first `count` hold. */
  readonly places = new Uint32Array(BLOCK);
  /** How often the term stands in each. */
  readonly occurrences = new Uint32Array(BLOCK);
  count = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #left = 0;
  #place = -1;

  /** Begins with the term at a place, passages that went included. */
  open({ postings, starts, frequencies }: SegmentParts, term: number): void {
    this.#bytes = postings;
    this.#at = starts[term] ?? 0;
    this.#left = frequencies[term] ?? 0;
    this.#place = -1;
    this.count = 0;
  }

  /** Reads the next block. @returns false when there is none */
  next(): boolean {
    const { places, occurrences } = this;
    const bytes = this.#bytes;
    const count = Math.min(BLOCK, this.#left);
    let at = this.#at;
    let place = this.#place;
    for (let i = 0; i < count; i += 1) {
      let byte = bytes[at++] ?? 0;
      let value = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[at++] ?? 0;
        value |= (byte & 0x7f) << shift;
      }
      place += value >>> 1;
      let often = 1;
      if ((value & 1) === 0) {
        byte = bytes[at++] ?? 0;
        often = byte & 0x7f;
        for (let shift = 7; byte >= 0x80; shift += 7) {
          byte = bytes[at++] ?? 0;
          often |= (byte & 0x7f) << shift;
        }
      }
      places[i] = place;
      occurrences[i] = often;
    }
    this.#at = at;
    this.#place = place;
    this.#left -= count;
    this.count = count;
    return count > 0;
  }
}

/** An inverted index of some passages, which never changes; those that went are marked. */
export class WordSegment {
  readonly parts: SegmentParts;
  /** Words in all its passages. */
  readonly words: number;
  /** Name of its file; null until it is written. */
  file: string | null = null;
  /** 1 for each passage that went. */
  readonly #gone: Uint8Array;
  #goneCount = 0;

  constructor(parts: SegmentParts) {
    this.parts = parts;
    this.words = parts.lengths.reduce((sum, length) => sum + length, 0);
    this.#gone = new Uint8Array(parts.pids.length);
  }

  get passages(): number {
    return this.parts.pids.length;
  }

  get gone(): number {
    return this.#goneCount;
  }

  isGone(place: number): boolean {
    return this.#gone[place] === 1;
  }

  /** @returns whether it was there */
  remove(pid: number): boolean {
    const place = this.placeOf(pid);
    if (place < 0) return false;
    this.#gone[place] = 1;
    this.#goneCount += 1;
    return true;
  }

  /** Place of a passage that is there, −1 for others. */
  placeOf(pid: number): number {
    const place = find(this.parts.pids, pid);
    return place < 0 || this.isGone(place) ? -1 : place;
  }

  /** Place of a term, −1 when no passage holds it. */
  termAt(term: number): number {
    return find(this.parts.terms, term);
  }

  /** Bytes of a file that {@link WordSegment.parse} reads. */
  serialize(): Uint8Array {
    const { pids, tags, lengths, terms, frequencies, starts, postings } = this.parts;
    const columns = [terms, pids, tags, frequencies, starts, lengths, postings].map(
      (column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
    );
    const bytes = new Uint8Array(HEADER_BYTES + columns.reduce((sum, column) => sum + column.byteLength, 0));
    const header = new Uint32Array(bytes.buffer, 0, HEADER_BYTES / 4);
    header.set([MAGIC, FORMAT, pids.length, terms.length, postings.length]);
    let at = HEADER_BYTES;
    for (const column of columns) {
      bytes.set(column, at);
      at += column.byteLength;
    }
    header[5] = checksum(bytes);
    return bytes;
  }

  /** @throws RangeError when the bytes are not those of a segment, whole and unchanged */
  static parse(file: Uint8Array): WordSegment {
    // Columns of numbers need their alignment.
    const bytes = file.byteOffset % 8 === 0 ? file : Uint8Array.from(file);
    if (bytes.byteLength < HEADER_BYTES) throw new RangeError('the file ends too early');
    const header = new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER_BYTES / 4);
    const [magic, format, passages = 0, terms = 0, postings = 0, sum] = header;
    if (magic !== MAGIC || format !== FORMAT) throw new RangeError('the file is of another format');
    const wanted = HEADER_BYTES + 8 * terms + 8 * passages + 4 * (2 * terms + 1) + 2 * passages + postings;
    if (wanted !== bytes.byteLength) throw new RangeError('the file has another length than it should');
    if (sum !== checksum(bytes)) throw new RangeError('the file is damaged');
    let at = bytes.byteOffset + HEADER_BYTES;
    const take = (size: number): number => {
      at += size;
      return at - size;
    };
    return new WordSegment({
      terms: new Float64Array(bytes.buffer, take(8 * terms), terms),
      pids: new Uint32Array(bytes.buffer, take(4 * passages), passages),
      tags: new Uint32Array(bytes.buffer, take(4 * passages), passages),
      frequencies: new Uint32Array(bytes.buffer, take(4 * terms), terms),
      starts: new Uint32Array(bytes.buffer, take(4 * (terms + 1)), terms + 1),
      lengths: new Uint16Array(bytes.buffer, take(2 * passages), passages),
      postings: new Uint8Array(bytes.buffer, take(postings), postings),
    });
  }
}

/** Of everything but the word that holds it. */
function checksum(bytes: Uint8Array): number {
  const sum = crc32(bytes.subarray(0, HEADER_BYTES - 4));
  return crc32(bytes.subarray(HEADER_BYTES), sum);
}

/** Place of a number in an ascending list, −1 when it is not there. */
function find(list: Uint32Array | Float64Array, value: number): number {
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const there = list[middle] ?? 0;
    if (there === value) return middle;
    if (there < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
