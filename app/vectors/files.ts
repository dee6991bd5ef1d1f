import { type FileHandle, open } from 'node:fs/promises';

/** Bytes gathered before they are written. */
const CHUNK = 1 << 20;

/** Writes lines to a file that only the user can read. */
export class LineFile {
  readonly #handle: FileHandle;
  #waiting: string[] = [];
  #size = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async create(path: string): Promise<LineFile> {
    return new LineFile(await open(path, 'wx', 0o600));
  }

  async write(value: unknown): Promise<void> {
    const line = `${JSON.stringify(value)}\n`;
    this.#waiting.push(line);
    this.#size += line.length;
    if (this.#size >= CHUNK) await this.#flush();
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.#handle.close();
    }
  }

  async #flush(): Promise<void> {
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#size = 0;
    if (text !== '') await this.#handle.appendFile(text);
  }
}

/** Room for the header of an array; NumPy's own files take a multiple of 64. */
const NPY_HEADER = 128;

/**
 * Writes an array in NumPy's format (version 1.0) row by row; how many rows there are is written at the end.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export class NpyFile {
  readonly #handle: FileHandle;
  readonly #type: '<f4' | '<i8';
  /** Values of one row; null for an array of one dimension. */
  readonly #width: number | null;
  #values = 0;

  private constructor(handle: FileHandle, type: '<f4' | '<i8', width: number | null) {
    this.#handle = handle;
    this.#type = type;
    this.#width = width;
  }

  static async create(path: string, type: '<f4' | '<i8', width: number | null): Promise<NpyFile> {
    const file = new NpyFile(await open(path, 'wx', 0o600), type, width);
    await file.#handle.write(file.#header());
    return file;
  }

  async write(values: Float32Array | BigInt64Array): Promise<void> {
    this.#values += values.length;
    await this.#handle.appendFile(littleEndian(values));
  }

  async close(): Promise<void> {
    try {
      await this.#handle.write(this.#header(), 0, NPY_HEADER, 0);
    } finally {
      await this.#handle.close();
    }
  }

  #header(): Buffer {
    const rows = this.#width === null ? this.#values : this.#values / this.#width;
    const shape = this.#width === null ? `(${rows},)` : `(${rows}, ${this.#width})`;
    const text = `{'descr': '${this.#type}', 'fortran_order': False, 'shape': ${shape}, }`;
    const header = Buffer.alloc(NPY_HEADER, ' ');
    header.write('\u0093NUMPY\u0001\u0000', 0, 'latin1');
    header.writeUInt16LE(NPY_HEADER - 10, 8);
    header.write(text, 10, 'latin1');
    header[NPY_HEADER - 1] = 0x0a;
    return header;
  }
}

/** The bytes of an array, least significant first on every machine. */
function littleEndian(values: Float32Array | BigInt64Array): Buffer {
  const bytes = Buffer.from(values.slice().buffer);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) return bytes;
  return values.BYTES_PER_ELEMENT === 4 ? bytes.swap32() : bytes.swap64();
}
