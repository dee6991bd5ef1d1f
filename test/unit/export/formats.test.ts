import { describe, expect, it } from 'vitest';
import {
  DEFAULT_PROMPT_TEMPLATE,
  exportPassages,
  fillTemplate,
  preparePassages,
  writePassages,
} from '../../../app/export/index.ts';
import { item } from './items.ts';

const FIRST = 'First passage\nwith two lines.';
const RETRY = 'export async function withRetry() {}';
const ITEMS = [
  item({ id: 'a', score: 2, text: FIRST, start: 10 }),
  item({
    id: 'b',
    score: 3,
    path: '/home/ines/Work/retry.ts',
    name: 'retry.ts',
    placeLabel: 'line 22',
    place: { kind: 'line', line: 22 },
    text: RETRY,
    start: 400,
    queries: ['try again'],
    headings: [],
    title: '',
  }),
];
const OPTIONS = { order: 'score', budget: 0 } as const;

describe('writing passages', () => {
  it('joins plain text with a line of three dashes', () => {
    const text = exportPassages(ITEMS, 'text', OPTIONS);
    expect(text.split('\n---\n')).toEqual([
      'export async function withRetry() {}',
      'First passage\nwith two lines.',
    ]);
  });

  it('writes Markdown in which every passage is quoted and every citation has its source', () => {
    const markdown = exportPassages(ITEMS, 'markdown', OPTIONS);
    const [body = '', sources = ''] = markdown.split('## Sources');
    const cited = [...body.matchAll(/\*\*\[(\d+)\]\*\*/g)].map((match) => match[1]);
    const listed = [...sources.matchAll(/^(\d+)\. `([^`]+)`, (.+)$/gm)].map((match) => match.slice(1));
    expect(cited).toEqual(['1', '2']);
    expect(listed).toEqual([
      ['1', '/home/ines/Work/retry.ts', 'line 22'],
      ['2', '/home/ines/Home/lease.pdf', 'page 3'],
    ]);
    expect(body).toContain('> First passage\n> with two lines.');
  });

  it('keeps Markdown in names from changing the document', () => {
    const markdown = exportPassages([item({ name: '# a *b* [c](d).md' })], 'markdown', OPTIONS);
    expect(markdown).toContain('\\# a \\*b\\* \\[c\\](d).md');
  });

  it('fills the default prompt with the passages and the question', () => {
    const prompt = exportPassages(ITEMS, 'prompt', { ...OPTIONS, question: 'How do I leave the flat?' });
    expect(prompt).toMatch(/^Answer the question based only on the following context\./);
    expect(prompt).toContain('[1] retry.ts, line 22\nexport async function withRetry() {}');
    expect(prompt).toContain('[2] lease.pdf, page 3\nFirst passage');
    expect(prompt).toContain('Question: How do I leave the flat?');
    expect(prompt).not.toMatch(/\{(context|question)\}/);
  });

  it('takes the searches as the question when none is given', () => {
    const prompt = exportPassages(ITEMS, 'prompt', OPTIONS);
    expect(prompt).toContain('Question: try again cancel the flat');
  });

  it('fills a template of one’s own, once, and never inside what it filled in', () => {
    const filled = fillTemplate('Q={question} C={context}', 'the {question} in braces', 'why $& and $1?');
    expect(filled).toBe('Q=why $& and $1? C=the {question} in braces');
  });

  it('adds the context to a template that forgot it', () => {
    expect(fillTemplate('Just answer {question}', 'CONTEXT', 'this')).toBe('Just answer this\n\nCONTEXT\n');
  });

  it('has the question and the context in the default template', () => {
    expect(DEFAULT_PROMPT_TEMPLATE).toContain('{context}');
    expect(DEFAULT_PROMPT_TEMPLATE).toContain('{question}');
  });

  it('writes JSON with source, place, offsets and score', () => {
    const records = JSON.parse(exportPassages(ITEMS, 'json', OPTIONS));
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({
      id: 'b',
      citation: 1,
      source: '/home/ines/Work/retry.ts',
      place: 'line 22',
      line: 22,
      start: 400,
      end: 400 + RETRY.length,
      score: 3,
      text: RETRY,
    });
    expect(records[1]).toMatchObject({ page: 3, queries: ['cancel the flat'] });
  });

  it('writes JSON Lines, one record a line', () => {
    const lines = exportPassages(ITEMS, 'jsonl', OPTIONS).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(['b', 'a']);
  });

  it('writes documents that LangChain’s Document takes', () => {
    const documents = JSON.parse(exportPassages(ITEMS, 'langchain', OPTIONS));
    for (const document of documents) {
      expect(Object.keys(document).sort()).toEqual(['id', 'metadata', 'pageContent']);
      expect(typeof document.pageContent).toBe('string');
      // Vector stores take flat metadata only.
      for (const value of Object.values(document.metadata))
        expect(['string', 'number']).toContain(typeof value);
    }
    expect(documents[1].metadata).toMatchObject({ source: '/home/ines/Home/lease.pdf', page: 3, start: 10 });
  });

  it('writes nodes that LlamaIndex’s NodeWithScore takes', () => {
    const nodes = JSON.parse(exportPassages(ITEMS, 'llamaindex', OPTIONS));
    expect(nodes[0]).toMatchObject({
      score: 3,
      node: {
        id_: 'b',
        text: RETRY,
        startCharIdx: 400,
        endCharIdx: 400 + RETRY.length,
        relationships: { SOURCE: { nodeId: '/home/ines/Work/retry.ts' } },
      },
    });
  });

  it('gives offsets that find the text in the document again, trimmed or not', () => {
    const document = 'Before it.\n\n'.padEnd(1000, 'x') + FIRST;
    const whole = item({
      text: document.slice(1000),
      start: 1000,
      highlights: [{ start: 14, end: 18, heat: 1 }],
    });
    for (const budget of [0, 4]) {
      for (const passage of preparePassages([whole], { order: 'score', budget })) {
        expect(document.slice(passage.start, passage.end)).toBe(passage.text);
      }
    }
  });

  it('writes an empty tray as nothing to cite', () => {
    expect(writePassages([], 'text')).toBe('');
    expect(JSON.parse(writePassages([], 'json'))).toEqual([]);
    expect(writePassages([], 'jsonl')).toBe('');
  });
});
