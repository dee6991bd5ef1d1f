import { appendFile, chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A file of JSON lines, private to the user and of bounded size: when it grows past the bound, the older half goes.
 * Several processes may append; a line that was torn is passed over when reading.
 */
export class JsonLog {
  readonly file: string;
  readonly #maxBytes: number;
  #last: Promise<void> = Promise.resolve();

  constructor(file: string, maxBytes = 8 * 1024 * 1024) {
    this.file = file;
    this.#maxBytes = maxBytes;
  }

  /** @throws the system's error when the line cannot be written */
  append(value: unknown): Promise<void> {
    const written = this.#last.then(() => this.#write(`${JSON.stringify(value)}\n`));
    this.#last = written.catch(() => {});
    return written;
  }

  /** The newest values, newest first; none when there is no file. */
  async read(limit: number): Promise<unknown[]> {
    await this.#last;
    const lines = await this.#lines();
    const values: unknown[] = [];
    for (let i = lines.length - 1; i >= 0 && values.length < limit; i -= 1) {
      try {
        values.push(JSON.parse(lines[i] ?? ''));
      } catch {}
    }
    return values;
  }

  async clear(): Promise<void> {
    await this.#last;
    await rm(this.file, { force: true });
  }

  async #lines(): Promise<string[]> {
    try {
      return (await readFile(this.file, 'utf8')).split('\n').filter((line) => line !== '');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async #write(line: string): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    await appendFile(this.file, line, { mode: 0o600 });
    if ((await stat(this.file)).size <= this.#maxBytes) return;
    const kept: string[] = [];
    let bytes = 0;
    for (const each of (await this.#lines()).reverse()) {
      bytes += Buffer.byteLength(each) + 1;
      if (bytes > this.#maxBytes / 2) break;
      kept.push(each);
    }
    const temporary = `${this.file}.${process.pid}.tmp`;
    await writeFile(
      temporary,
      kept
        .reverse()
        .map((each) => `${each}\n`)
        .join(''),
      { mode: 0o600 },
    );
    await chmod(temporary, 0o600);
    await rename(temporary, this.file);
  }
}
