import { z } from 'zod';
import type { EngineApi, PassageDetail } from '../../contract/engine.ts';
import { readFileRange } from '../../rag/file-range.ts';
import { defineTool } from '../define.ts';
import { DEFAULT_BUDGET, MAX_BUDGET } from '../limits.ts';

const passageSchema = z.object({
  id: z.string(),
  text: z.string(),
  place: z.string(),
  start: z.number().int(),
  end: z.number().int(),
});

const brief = (passage: PassageDetail): z.infer<typeof passageSchema> => ({
  id: passage.id,
  text: passage.text,
  place: passage.placeLabel,
  start: passage.start,
  end: passage.end,
});

/** Up to `count` passages on one side, in the order of the file. */
async function neighbours(
  engine: EngineApi,
  passage: PassageDetail,
  side: 'previous' | 'next',
  count: number,
  signal: AbortSignal,
): Promise<PassageDetail[]> {
  const found: PassageDetail[] = [];
  for (let id = passage[side]; id !== null && found.length < count; ) {
    const neighbour: PassageDetail = await engine.call('getPassage', { id }, signal);
    found.push(neighbour);
    id = neighbour[side];
  }
  return side === 'previous' ? found.reverse() : found;
}

/** A passage in full, with what stands around it. */
export const getPassageTool = defineTool({
  name: 'get_passage',
  title: 'Read a passage',
  description: 'Gives a passage in full with the passages before and after it in its file.',
  input: z.object({
    id: z.string().min(1).max(1_000).describe('id of a passage that search gave'),
    around: z.number().int().min(0).max(10).default(1).describe('Passages before and after'),
  }),
  output: z.object({
    id: z.string(),
    path: z.string(),
    title: z.string(),
    headings: z.array(z.string()),
    text: z.string(),
    place: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    before: z.array(passageSchema),
    after: z.array(passageSchema),
  }),
  async run(engine, input, signal) {
    const passage = await engine.call('getPassage', { id: input.id }, signal);
    const [before, after] = await Promise.all([
      neighbours(engine, passage, 'previous', input.around, signal),
      neighbours(engine, passage, 'next', input.around, signal),
    ]);
    return {
      ...brief(passage),
      path: passage.path,
      title: passage.title,
      headings: passage.headings,
      before: before.map(brief),
      after: after.map(brief),
    };
  },
  text(output) {
    const around = [...output.before, output, ...output.after]
      .map((passage) => passage.text.trim())
      .join('\n\n');
    return `${output.path}, ${output.place}\n${around}`;
  },
});

/** A stretch of an indexed file. */
export const getFileRangeTool = defineTool({
  name: 'get_file_range',
  title: 'Read part of a file',
  description:
    "Gives a stretch of an indexed file's text from an offset on (that of a passage, or next of the answer before). Only " +
    'files in the folders that the person chose can be read, and only the text that is indexed.',
  input: z.object({
    path: z.string().min(1).max(32_768).describe('Full path, as search gives it'),
    start: z.number().int().min(0).default(0).describe('Offset in the indexed text'),
    budget_tokens: z.number().int().min(50).max(MAX_BUDGET).default(DEFAULT_BUDGET),
  }),
  output: z.object({
    path: z.string(),
    place: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    text: z.string(),
    next: z.number().int().nullable().describe('start of the next page, null at the end of the file'),
  }),
  async run(engine, input, signal) {
    const { placeLabel, ...range } = await readFileRange(
      engine,
      { path: input.path, start: input.start, tokens: input.budget_tokens },
      signal,
    );
    return { ...range, place: placeLabel };
  },
  text: (output) =>
    `${output.path}, ${output.place}\n${output.text}${output.next === null ? '' : `\n\n(goes on at start ${output.next})`}`,
});

/** What is indexed. */
export const statusTool = defineTool({
  name: 'status',
  title: 'What is indexed',
  description:
    'Tells which folders are indexed, how many files can be searched, and whether indexing goes on.',
  input: z.object({}),
  output: z.object({
    version: z.string(),
    state: z.string(),
    files: z.number().int(),
    searchable: z.number().int(),
    passages: z.number().int(),
    waiting: z.number().int().describe('Files that wait to be indexed'),
    folders: z.array(
      z.object({
        path: z.string(),
        state: z.string(),
        files: z.number().int(),
        searchable: z.number().int(),
      }),
    ),
    problems: z.record(z.string(), z.number()).describe('Files that gave no text, by reason'),
    model: z.string(),
    notices: z.array(z.string()),
  }),
  async run(engine, _input, signal) {
    const status = await engine.call('status', { problems: 0 }, signal);
    return {
      version: status.version,
      state: status.progress.state,
      files: status.files,
      searchable: status.searchable,
      passages: status.passages,
      waiting: Math.max(0, status.progress.total - status.progress.done),
      folders: status.folders.map(({ path, state, files, searchable }) => ({
        path,
        state,
        files,
        searchable,
      })),
      problems: status.problemCounts,
      model: `${status.model.name} ${status.model.version}`,
      notices: status.notices,
    };
  },
  text: (output) =>
    [
      `${output.searchable} of ${output.files} files searchable (${output.passages} passages), ${output.state}`,
      ...output.folders.map((folder) => `${folder.path}: ${folder.searchable} files, ${folder.state}`),
      ...output.notices,
    ].join('\n'),
});
