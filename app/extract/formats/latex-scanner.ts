type Range = readonly [from: number, to: number];

/** One token of LaTeX; ranges are offsets in the source. */
export type LatexToken =
  | {
      /** Plain characters; "math" is inline mathematics without its delimiters. */
      readonly kind: 'text' | 'math' | 'space' | 'break' | 'cell' | 'brace' | 'comment';
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'macro'; readonly name: string; readonly from: number; readonly to: number };

const MAX_MATH = 2000;
const MAX_GROUP = 20_000;

/**
 * Splits LaTeX into tokens by TeX's default category codes. It never looks further ahead than a bounded group, so
 * that unbalanced sources cost no more than balanced ones.
 */
export class LatexScanner {
  readonly #source: string;
  at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  next(): LatexToken | null {
    const source = this.#source;
    const from = this.at;
    const char = source[from];
    if (char === undefined) return null;
    if (char === '\\') return this.#macro(from);
    if (char === '%') {
      const end = source.slice(from).search(/[\r\n]/);
      this.at = end === -1 ? source.length : from + end;
      // A comment swallows its line end and the indentation of the next line, but not a blank line.
      const swallowed = /^(?:\r\n?|\n)(?![ \t]*(?:\r|\n))[ \t]*/.exec(source.slice(this.at, this.at + 200));
      this.at += swallowed?.[0].length ?? 0;
      return { kind: 'comment', from, to: this.at };
    }
    if (/\s/.test(char)) {
      let to = from;
      while (to < source.length && /\s/.test(source[to] ?? '')) to += 1;
      this.at = to;
      const isBreak = (source.slice(from, to).match(/\r\n?|\n/g)?.length ?? 0) > 1;
      return { kind: isBreak ? 'break' : 'space', from, to };
    }
    if (char === '$') return this.#math(from);
    this.at = from + 1;
    if (char === '&') return { kind: 'cell', from, to: this.at };
    if (char === '{' || char === '}') return { kind: 'brace', from, to: this.at };
    if (char === '~') return { kind: 'space', from, to: this.at };
    while (this.at < source.length && !/[\\%\s$&{}~]/.test(source[this.at] ?? '')) this.at += 1;
    return { kind: 'text', from, to: this.at };
  }

  #macro(from: number): LatexToken {
    const source = this.#source;
    const word = /^[a-zA-Z@]+/.exec(source.slice(from + 1, from + 80))?.[0];
    const name = word ?? source[from + 1] ?? '';
    this.at = from + 1 + name.length;
    if (name === '(' || name === '[') {
      const start = this.at;
      const length = source.slice(start, start + MAX_MATH).indexOf(name === '(' ? '\\)' : '\\]');
      if (length !== -1) {
        this.at = start + length + 2;
        return { kind: 'math', from: start, to: start + length };
      }
    }
    return { kind: 'macro', name, from, to: this.at };
  }

  #math(from: number): LatexToken {
    const source = this.#source;
    const mark = source[from + 1] === '$' ? '$$' : '$';
    const start = from + mark.length;
    let close = source.indexOf(mark, start);
    while (close !== -1 && source[close - 1] === '\\') close = source.indexOf(mark, close + 1);
    if (close === -1 || close - start > MAX_MATH || close === start) {
      this.at = start;
      return { kind: 'brace', from, to: start };
    }
    this.at = close + mark.length;
    return { kind: 'math', from: start, to: close };
  }

  /** Offset of the brace that closes the one at `open`; the bound or the end of the source when there is none. */
  groupEnd(open: number): number {
    const source = this.#source;
    const bound = Math.min(source.length, open + MAX_GROUP);
    let depth = 0;
    for (let at = open; at < bound; at++) {
      const char = source[at];
      if (char === '\\') at += 1;
      else if (char === '{') depth += 1;
      else if (char === '}') {
        depth -= 1;
        if (depth === 0) return at;
      }
    }
    return bound;
  }

  #skipBlank(): void {
    while (/[ \t\r\n]/.test(this.#source[this.at] ?? '')) this.at += 1;
  }

  peekBrace(): boolean {
    return /^\s*\{/.test(this.#source.slice(this.at, this.at + 100));
  }

  /** The group that follows, without its braces; null when none does. */
  group(): Range | null {
    const before = this.at;
    this.#skipBlank();
    if (this.#source[this.at] !== '{') {
      this.at = before;
      return null;
    }
    const from = this.at + 1;
    const to = this.groupEnd(this.at);
    this.at = Math.min(this.#source.length, to + 1);
    return [from, to];
  }

  skipGroup(): void {
    this.group();
  }

  /** The optional argument in brackets that follows, without them; null when none does. */
  optional(): Range | null {
    const match = /^\s*\[/.exec(this.#source.slice(this.at, this.at + 100));
    if (match === null) return null;
    const from = this.at + match[0].length;
    let depth = 0;
    for (let at = from; at < Math.min(this.#source.length, from + MAX_GROUP); at++) {
      const char = this.#source[at];
      if (char === '\\') at += 1;
      else if (char === '{') depth += 1;
      else if (char === '}') depth -= 1;
      else if (char === ']' && depth <= 0) {
        this.at = at + 1;
        return [from, at];
      }
    }
    return null;
  }

  skipOptional(): void {
    this.optional();
  }

  skipStar(): void {
    if (this.#source[this.at] === '*') this.at += 1;
  }

  /** Skips a star and every argument that follows directly. */
  skipArguments(): void {
    this.skipStar();
    while (/^[ \t]*[[{]/.test(this.#source.slice(this.at, this.at + 50))) {
      const before = this.at;
      if (this.optional() === null) this.group();
      if (this.at === before) return;
    }
  }

  /** The words of the group that follows, e.g. an environment's name. */
  argument(): string | null {
    const range = this.group();
    return range === null ? null : this.#source.slice(range[0], range[1]).trim();
  }

  peekArgument(): string | null {
    const before = this.at;
    const name = this.argument();
    this.at = before;
    return name;
  }

  /** The letter that an accent macro stands before: "e", "{e}", "\i", "{\i}". */
  accented(): string | null {
    const match = /^[ \t]*(?:\{\s*\\?(\p{L})\s*\}|\\([ij])(?![a-zA-Z])|(\p{L}))/u.exec(
      this.#source.slice(this.at, this.at + 20),
    );
    if (match === null) return null;
    this.at += match[0].length;
    return match[1] ?? match[2] ?? match[3] ?? null;
  }

  /** A named macro swallows the blanks after it. */
  skipSpaceAfterMacro(name: string): void {
    if (!/^[a-zA-Z]/.test(name)) return;
    if (this.#source.startsWith('{}', this.at)) this.at += 2;
    else while (/[ \t]/.test(this.#source[this.at] ?? '')) this.at += 1;
  }

  /** What stands between two equal characters, as after \verb. */
  delimited(): Range | null {
    const mark = this.#source[this.at] === '*' ? this.#source[this.at + 1] : this.#source[this.at];
    if (mark === undefined || /\s/.test(mark)) return null;
    const from = this.#source.indexOf(mark, this.at) + 1;
    const close = this.#source.indexOf(mark === '{' ? '}' : mark, from);
    if (close === -1 || close - from > MAX_MATH) return null;
    this.at = close + 1;
    return [from, close];
  }

  /** Everything up to the end of the environment, which is skipped. */
  rawUntilEnd(name: string): Range {
    const from = this.at;
    const end = `\\end{${name}}`;
    const close = this.#source.indexOf(end, from);
    const to = close === -1 ? this.#source.length : close;
    this.at = close === -1 ? to : to + end.length;
    return [from, to];
  }
}
