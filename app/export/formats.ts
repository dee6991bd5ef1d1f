import { citationOf, type ExportFormat, type ExportPassage } from './item.ts';

export const DEFAULT_PROMPT_TEMPLATE = `Answer the question based only on the following context.
Cite the sources by their numbers in brackets. If the context does not hold the answer, say so.

Context:
{context}

Question: {question}
`;

/** File extension and media type of each format. */
export const EXPORT_FILES: Readonly<Record<ExportFormat, { extension: string; mediaType: string }>> = {
  text: { extension: 'txt', mediaType: 'text/plain' },
  markdown: { extension: 'md', mediaType: 'text/markdown' },
  prompt: { extension: 'txt', mediaType: 'text/plain' },
  json: { extension: 'json', mediaType: 'application/json' },
  jsonl: { extension: 'jsonl', mediaType: 'application/jsonl' },
  langchain: { extension: 'json', mediaType: 'application/json' },
  llamaindex: { extension: 'json', mediaType: 'application/json' },
};

export interface WriteOptions {
  readonly template?: string | null;
  /** The question of a prompt; the searches when not given. */
  readonly question?: string;
}

/** Line and page, where the place has them, as numbers a program can use. */
function numbersOf({ place }: ExportPassage): { page?: number; line?: number } {
  if (place === null) return {};
  if (place.kind === 'page') return { page: place.page };
  if (place.kind === 'line') return { line: place.line };
  if ('line' in place && place.line !== undefined) return { line: place.line };
  return {};
}

function recordOf(passage: ExportPassage) {
  return {
    id: passage.id,
    citation: passage.citation,
    source: passage.path,
    name: passage.name,
    title: passage.title,
    headings: passage.headings,
    place: passage.placeLabel,
    ...numbersOf(passage),
    start: passage.start,
    end: passage.end,
    score: passage.score,
    tokens: passage.tokens,
    trimmed: passage.trimmed,
    queries: passage.queries,
    also_in: passage.alsoIn,
    highlights: passage.highlights,
    text: passage.text,
  };
}

function metadataOf(passage: ExportPassage): Record<string, unknown> {
  return {
    source: passage.path,
    name: passage.name,
    title: passage.title,
    headings: passage.headings.join(' › '),
    place: passage.placeLabel,
    ...numbersOf(passage),
    start: passage.start,
    end: passage.end,
    score: passage.score,
  };
}

const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Characters that would end or change a Markdown construct in a name or heading. */
const plain = (text: string) => text.replace(/[\\`*_{}[\]<>#|]/g, (mark) => `\\${mark}`).replace(/\s+/g, ' ');

function markdown(passages: readonly ExportPassage[]): string {
  const parts = passages.map((passage) => {
    const quoted = passage.text
      .trim()
      .split('\n')
      .map((line) => `> ${line}`.trimEnd())
      .join('\n');
    const headings = passage.headings.length > 0 ? ` — ${plain(passage.headings.join(' › '))}` : '';
    return `**[${passage.citation}]** ${plain(citationOf(passage))}${headings}\n\n${quoted}\n`;
  });
  const sources = passages.map((passage) => {
    const also = passage.alsoIn.map((other) => `; also in \`${other.path}\``).join('');
    return `${passage.citation}. \`${passage.path}\`${passage.placeLabel === '' ? '' : `, ${plain(passage.placeLabel)}`}${also}`;
  });
  return `${parts.join('\n')}\n## Sources\n\n${sources.join('\n')}\n`;
}

/** Fills a template: `{context}` and `{question}`; a template without `{context}` gets it at its end. */
export function fillTemplate(template: string, context: string, question: string): string {
  const whole = template.includes('{context}') ? template : `${template.trimEnd()}\n\n{context}\n`;
  return whole.replace(/\{(context|question)\}/g, (_, name: string) =>
    name === 'context' ? context : question,
  );
}

function prompt(passages: readonly ExportPassage[], options: WriteOptions): string {
  const context = passages
    .map((passage) => `[${passage.citation}] ${citationOf(passage)}\n${passage.text.trim()}`)
    .join('\n\n');
  const searches = [...new Set(passages.flatMap((passage) => passage.queries))];
  return fillTemplate(
    options.template ?? DEFAULT_PROMPT_TEMPLATE,
    context,
    options.question ?? searches.join(' '),
  );
}

/** Writes passages in a format. The order is that of the list. */
export function writePassages(
  passages: readonly ExportPassage[],
  format: ExportFormat,
  options: WriteOptions = {},
): string {
  switch (format) {
    case 'text':
      return passages.map((passage) => passage.text).join('\n---\n');
    case 'markdown':
      return markdown(passages);
    case 'prompt':
      return prompt(passages, options);
    case 'json':
      return pretty(passages.map(recordOf));
    case 'jsonl':
      return passages.map((passage) => `${JSON.stringify(recordOf(passage))}\n`).join('');
    case 'langchain':
      return pretty(
        passages.map((passage) => ({
          id: passage.id,
          pageContent: passage.text,
          metadata: metadataOf(passage),
        })),
      );
    case 'llamaindex':
      return pretty(
        passages.map((passage) => ({
          node: {
            id_: passage.id,
            text: passage.text,
            metadata: metadataOf(passage),
            startCharIdx: passage.start,
            endCharIdx: passage.end,
            relationships: { SOURCE: { nodeId: passage.path, metadata: { name: passage.name } } },
          },
          score: passage.score,
        })),
      );
  }
}
