import { z } from 'zod';

/**
 * Where in the source a stretch of text stands. What a person is told: "page 12", "line 340", "Budget!B7".
 * Numbers count from 1.
 */
export const placeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('line'),
    line: z.number().int().min(1),
    endLine: z.number().int().min(1).optional(),
  }),
  z.object({
    kind: z.literal('page'),
    page: z.number().int().min(1),
    /** Index of the text item on the page, as pdf.js numbers them (from 0). */
    item: z.number().int().min(0).optional(),
    /** UTF-16 offset in that item's `str` at which the segment begins. */
    itemStart: z.number().int().min(0).optional(),
  }),
  z.object({
    kind: z.literal('slide'),
    slide: z.number().int().min(1),
    part: z.enum(['body', 'notes']).optional(),
  }),
  z.object({ kind: z.literal('sheet'), sheet: z.string(), cell: z.string().optional() }),
  z.object({
    kind: z.literal('notebook-cell'),
    cell: z.number().int().min(1),
    line: z.number().int().min(1).optional(),
  }),
  z.object({ kind: z.literal('paragraph'), paragraph: z.number().int().min(1) }),
  z.object({ kind: z.literal('chapter'), chapter: z.number().int().min(1), title: z.string().optional() }),
  z.object({
    kind: z.literal('message'),
    message: z.number().int().min(1),
    line: z.number().int().min(1).optional(),
    subject: z.string().optional(),
  }),
  z.object({ kind: z.literal('time'), seconds: z.number().min(0), endSeconds: z.number().min(0).optional() }),
  z.object({ kind: z.literal('key'), key: z.string(), line: z.number().int().min(1).optional() }),
]);
export type Place = z.infer<typeof placeSchema>;

/**
 * One entry of the source map: the text in [start, end) of the document's text stands at `place`.
 * Offsets are UTF-16 code units. Segments are in order and do not overlap; text between them (separators that
 * the extractor put in) has no place of its own and takes that of the segment before.
 */
export const segmentSchema = z.object({
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  place: placeSchema,
  /** UTF-16 offset of `start` in the decoded source, for formats whose text is in the source as it is. */
  sourceStart: z.number().int().min(0).optional(),
});
export type Segment = z.infer<typeof segmentSchema>;

export const BLOCK_KINDS = [
  'heading',
  'paragraph',
  'list-item',
  'code',
  'row',
  'message',
  'caption',
  'entry',
] as const;

/**
 * A structural unit of the text: the chunker never joins across headings and prefers to cut between blocks.
 * `headings` is the path of headings (or enclosing class and function names in code) above the block, outermost
 * first, without the document's title.
 */
export const blockSchema = z.object({
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  kind: z.enum(BLOCK_KINDS),
  headings: z.array(z.string()),
  /** For headings: depth from 1. */
  level: z.number().int().min(1).optional(),
});
export type Block = z.infer<typeof blockSchema>;

/** What an extractor makes of one file. All offsets are UTF-16 code units in `text`. */
export const extractedDocumentSchema = z.object({
  /** Short name of the format as shown and as `type:` finds it, e.g. "pdf", "markdown", "python". */
  format: z.string(),
  /** Group that `type:` finds too. */
  family: z.enum([
    'document',
    'text',
    'code',
    'sheet',
    'slides',
    'mail',
    'data',
    'web',
    'book',
    'notebook',
    'subtitles',
  ]),
  /** The document's own title (metadata or first heading), never the file's name. */
  title: z.string().optional(),
  text: z.string(),
  blocks: z.array(blockSchema),
  segments: z.array(segmentSchema),
  /** Author, date, language and the like, as found. */
  metadata: z.record(z.string(), z.string()),
  /** Things a person should know, e.g. "pages 3 and 4 have no text". */
  warnings: z.array(z.string()),
});
export type ExtractedDocument = z.infer<typeof extractedDocumentSchema>;

/** Why a file gave no text (or is not wholly searchable). */
export const FILE_PROBLEMS = {
  encrypted: 'It is protected by a password.',
  scanned: 'It holds pictures of pages and no text.',
  empty: 'It holds no text.',
  'too-large': 'It is larger than the limit.',
  'too-much-text': 'It unpacks to far more text than its size allows.',
  'timed-out': 'Reading it took too long.',
  'out-of-memory': 'Reading it took too much memory.',
  unreadable: 'It could not be opened.',
  unsupported: 'Its format is not one that can be read.',
  corrupt: 'It is damaged or not of the format that its name says.',
  crashed: 'Reading it ended the reader twice; it is set aside.',
  placeholder: 'It is kept online only; its name can be found, its text cannot.',
  'not-a-file': 'It is no ordinary file.',
} as const;
export type FileProblem = keyof typeof FILE_PROBLEMS;
export const fileProblemSchema = z.enum(Object.keys(FILE_PROBLEMS) as [FileProblem, ...FileProblem[]]);

export const extractOutcomeSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), document: extractedDocumentSchema }),
  z.object({ ok: z.literal(false), problem: fileProblemSchema, detail: z.string() }),
]);
export type ExtractOutcome = z.infer<typeof extractOutcomeSchema>;
