import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Language, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);

let started: Promise<void> | null = null;
const parsers = new Map<string, Promise<Parser | null>>();

async function load(grammar: string): Promise<Parser | null> {
  started ??= Parser.init();
  try {
    await started;
    const folder = dirname(require.resolve('@cursorless/tree-sitter-wasms/package.json'));
    const bytes = await readFile(join(folder, 'out', `tree-sitter-${grammar}.wasm`));
    const parser = new Parser();
    parser.setLanguage(await Language.load(bytes));
    return parser;
  } catch {
    // Without its grammar a file is divided by the look of its lines.
    return null;
  }
}

/** The parser of a grammar, loaded once per process; null where it is not there. */
export function parserFor(grammar: string): Promise<Parser | null> {
  let parser = parsers.get(grammar);
  if (parser === undefined) {
    parser = load(grammar);
    parsers.set(grammar, parser);
  }
  return parser;
}
