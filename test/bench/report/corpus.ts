import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Passages of one file of a corpus: few enough that a changed file is read quickly, many enough to be a folder. */
const PER_FILE = 20;
/** Characters that a passage of the chunker holds, about; longer texts become several passages. */
const PASSAGE_CHARS = 900;

/** Where the test collections and training pairs lie. @throws Error when they are not there */
export function sharedData(): string {
  const root = resolve(import.meta.dirname, '../../..');
  const shared = process.env.PASSIM_SHARED ?? resolve(root, '../shared');
  const data = join(shared, 'data');
  if (!existsSync(data)) throw new Error(`no data at ${data}: set PASSIM_SHARED to the folder that holds it`);
  return data;
}

/** The objects of a gzipped JSONL file. */
export function readJsonl<T>(file: string): T[] {
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** Queries of both collections that the report asks: claims about science and questions about code. */
export function benchQueries(data: string): string[] {
  return ['scifact', 'cosqa'].flatMap((name) =>
    readJsonl<{ text: string }>(join(data, 'eval', name, 'queries.jsonl.gz')).map(({ text }) =>
      // Nothing in a collection's query is meant as syntax.
      text
        .replace(/["“”„«»:]/g, ' ')
        .replace(/(^|\s)[-+]+/g, '$1 ')
        .trim(),
    ),
  );
}

/** Different texts from all sources in turn, so that a small corpus is as varied as a large one. */
function* positives(data: string): Generator<string> {
  const folder = join(data, 'train');
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .toSorted()
    .map((name) => readJsonl<{ positive: string; title?: string }>(join(folder, name)));
  const seen = new Set<string>();
  const longest = Math.max(...sources.map((rows) => rows.length));
  for (let row = 0; row < longest; row += 1) {
    for (const rows of sources) {
      const pair = rows[row];
      if (pair === undefined || seen.has(pair.positive)) continue;
      seen.add(pair.positive);
      yield pair.title ? `${pair.title}\n${pair.positive}` : pair.positive;
    }
  }
}

/**
 * Writes a folder of Markdown files that hold about `passages` passages, one to a section; nothing when it is there.
 * @returns how many sections and characters it holds
 */
export function makeCorpus(folder: string, passages: number, data: string): { sections: number } {
  const note = join(folder, '..', 'corpus.json');
  if (existsSync(note)) return JSON.parse(readFileSync(note, 'utf8')) as { sections: number };
  mkdirSync(folder, { recursive: true });
  let expected = 0;
  let sections = 0;
  let page: string[] = [];
  const flush = (): void => {
    if (page.length === 0) return;
    const number = Math.ceil(sections / PER_FILE);
    const shelf = join(folder, String(Math.floor(number / 100)).padStart(3, '0'));
    mkdirSync(shelf, { recursive: true });
    writeFileSync(join(shelf, `${String(number).padStart(5, '0')}.md`), page.join('\n'));
    page = [];
  };
  for (const text of positives(data)) {
    if (expected >= passages) break;
    const title = text
      .split(/\s+/)
      .slice(0, 6)
      .join(' ')
      .replace(/[#*_`[\]<>]/g, '');
    page.push(`## ${title}\n\n${text}\n`);
    sections += 1;
    expected += Math.max(1, Math.ceil(text.length / PASSAGE_CHARS));
    if (page.length === PER_FILE) flush();
  }
  flush();
  if (expected < passages) console.error(`only ${expected} passages of ${passages} can be had from ${data}`);
  writeFileSync(note, JSON.stringify({ sections }));
  return { sections };
}
