import type { Node, Parser } from 'web-tree-sitter';
import type { LineIndex } from '../lines.ts';
import { type Definition, definitionsIn, leadsDefinition } from './code-symbols.ts';

/** A stretch of source lines with the path of symbols that it lies in. */
export interface CodeUnit {
  /** UTF-16 offsets in the source, at line boundaries. */
  readonly start: number;
  readonly end: number;
  readonly path: readonly string[];
}

/** Functions longer than this are divided at the functions inside them. */
const LONG_FUNCTION_LINES = 120;
const MAX_PATH = 8;
const LEADING_LINE =
  /^\s*(?:\/\/|\/\*|\*|#\s|#$|##|#:|--|;|%|\{-|-\}|@[\w.]+(?:\([^()]*\))?\s*$|@(?:doc|spec|impl|deprecated)\b|#\[|\[\w[\w(),. "]*\]\s*$)/;
/** Nothing but the end of something. */
const CLOSING = /^(?:[^\p{L}\p{N}]|\b(?:end|endif|endmodule|fi|done|esac)\b)*$/u;
/** How often the parser may report progress before it is stopped: about ten seconds of work. */
const MAX_PROGRESS_CALLS = 250_000;

class UnitWriter {
  readonly units: CodeUnit[] = [];
  readonly #lines: LineIndex;
  #cursor = 0;

  constructor(lines: LineIndex) {
    this.#lines = lines;
  }

  /** Everything up to `end` that is in no unit yet, as one. */
  upTo(end: number, path: readonly string[]): void {
    const start = this.#cursor;
    if (end <= start) return;
    this.#cursor = end;
    const text = this.#lines.source.slice(start, end);
    if (text.trim() === '') return;
    const last = this.units.at(-1);
    const continues = last !== undefined && last.end === start && samePath(last.path, path);
    // Closing brackets go with what they close.
    if (last !== undefined && (continues || (text.length < 200 && CLOSING.test(text)))) {
      this.units[this.units.length - 1] = { ...last, end };
    } else this.units.push({ start, end, path });
  }

  /** Writes the region of a node whose lines end at `end`, its definitions as units of their own. */
  region(node: Node, end: number, path: readonly string[], inType: boolean): void {
    for (const definition of path.length >= MAX_PATH ? [] : definitionsIn(node, inType)) {
      const from = this.#lines.startOf(this.#firstLine(definition));
      const to = Math.min(end, this.#lineEnd(definition.outer));
      if (to <= this.#cursor) continue;
      this.upTo(Math.max(from, this.#cursor), path);
      this.#definition(definition, to, [...path, definition.heading]);
    }
    this.upTo(end, path);
  }

  #definition(definition: Definition, end: number, path: readonly string[]): void {
    const { node, kind } = definition;
    const lines = node.endPosition.row - node.startPosition.row;
    if (kind === 'type' ? lines > 1 : lines > LONG_FUNCTION_LINES) {
      this.region(node, end, path, kind === 'type');
    } else this.upTo(end, path);
  }

  /** Line of the comments, attributes or decorators that stand right above the definition. */
  #firstLine(definition: Definition): number {
    const lineOf = (offset: number) => this.#lines.lineAt(offset);
    let line = lineOf(definition.outer.startIndex);
    let before = definition.outer.previousNamedSibling;
    for (; before !== null && leadsDefinition(before); before = before.previousNamedSibling) {
      // Some grammars end a comment at the start of the next line.
      const first = lineOf(before.startIndex);
      if (lineOf(Math.max(before.startIndex, before.endIndex - 1)) < line - 1 || first > line) break;
      // A remark at the end of a line of code belongs to that line.
      const previous = before.previousNamedSibling;
      if (
        previous !== null &&
        !leadsDefinition(previous) &&
        lineOf(Math.max(0, previous.endIndex - 1)) === first
      )
        break;
      line = first;
    }
    // Comments that the grammar hangs elsewhere in the tree, and attributes of the language.
    while (line > 1 && LEADING_LINE.test(this.#lines.textOf(line - 1))) line -= 1;
    return line;
  }

  #lineEnd(node: Node): number {
    return this.#lines.startOf(this.#lines.lineAt(Math.max(node.startIndex, node.endIndex - 1)) + 1);
  }
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((heading, index) => heading === b[index]);
}

/**
 * Divides source code along its syntax tree: every function, class and method is a unit with the path of symbols
 * around it; what lies between (imports, statements, fields) makes units of the symbol around it.
 * @returns null when the parser gave up or found hardly anything that it understood
 */
export function divideByTree(parser: Parser, lines: LineIndex): CodeUnit[] | null {
  let calls = 0;
  const tree = parser.parse(lines.source, null, {
    progressCallback: () => {
      calls += 1;
      // The callback's declared type says void; the library stops when it is true.
      return (calls > MAX_PROGRESS_CALLS) as unknown as undefined;
    },
  });
  if (tree === null) {
    parser.reset();
    return null;
  }
  try {
    if (tree.rootNode.type === 'ERROR') return null;
    const writer = new UnitWriter(lines);
    writer.region(tree.rootNode, lines.source.length, [], false);
    return writer.units;
  } finally {
    tree.delete();
  }
}
