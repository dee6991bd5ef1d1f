import type { Block, ExtractedDocument } from '../contract/document.ts';
import { segmentAt } from './place.ts';
import { trimRange, type Weigh } from './split.ts';

/** A run of blocks that passages may join; no passage crosses from one section to the next. */
export interface Section {
  /** Heading blocks that begin it; each has text and is short. */
  readonly headings: readonly Block[];
  /** Blocks after the headings. */
  readonly blocks: readonly Block[];
  /** Path of headings above the blocks, the section's own headings included. */
  readonly path: readonly string[];
  /** Path of headings above the section's own headings. */
  readonly outerPath: readonly string[];
  /** Whether white space at the start of a passage's first line means something (code). */
  readonly keepIndent: boolean;
}

export interface SectionOptions {
  /** Sections of code, data or slides below this many tokens are joined with their neighbours. */
  readonly min: number;
  readonly target: number;
  /** Headings that take more than half of this are no headings but text. */
  readonly max: number;
  readonly weigh: Weigh;
}

interface Draft {
  headings: Block[];
  blocks: Block[];
  path: readonly string[];
  outerPath: readonly string[];
  /** Sections of one mergeable kind with neighbouring places may be joined while they are small. */
  unit: string | null;
}

/**
 * Divides a document into sections. A heading starts one; headings that follow each other, each deeper than the
 * one before, start it together. A change of the heading path without a heading block, another message or
 * another slide starts one too; of code, data and slides, small neighbours are joined, since a getter or a slide
 * of five words is no passage.
 */
export function* sectionsOf(document: ExtractedDocument, options: SectionOptions): Generator<Section> {
  for (const draft of joinSmall(draftsOf(document, options), options)) {
    yield {
      headings: draft.headings,
      blocks: draft.blocks,
      path: draft.path,
      outerPath: draft.outerPath,
      keepIndent: draft.blocks[0]?.kind === 'code',
    };
  }
}

/** Sections before small ones are joined; one is complete when the next one comes. */
function* draftsOf(document: ExtractedDocument, options: SectionOptions): Generator<Draft> {
  let current: Draft | null = null;
  for (const block of wholeBlocks(document)) {
    const asHeading = block.kind === 'heading' && options.weigh(block.start, block.end) <= options.max / 2;
    if (asHeading) {
      const open: Draft | null = current;
      if (open !== null && open.blocks.length === 0 && continuesHeading(open, block, options)) {
        open.headings.push(block);
      } else {
        if (current !== null) yield current;
        current = { headings: [block], blocks: [], path: [], outerPath: block.headings, unit: null };
      }
      if (current !== null) current.path = [...block.headings, document.text.slice(block.start, block.end)];
      continue;
    }
    const unit = unitOf(document, block);
    if (current !== null && current.blocks.length === 0) {
      current.path = block.headings;
      current.unit = unit;
    } else if (current === null || unit !== current.unit || !samePath(block.headings, current.path)) {
      if (current !== null) yield current;
      current = { headings: [], blocks: [], path: block.headings, outerPath: block.headings, unit };
    }
    current.blocks.push(block);
  }
  if (current !== null) yield current;
}

function continuesHeading(open: Draft, block: Block, options: SectionOptions): boolean {
  const last = open.headings.at(-1);
  if (last === undefined || (block.level ?? 1) <= (last.level ?? 1)) return false;
  const first = open.headings[0] ?? last;
  return options.weigh(first.start, block.end) <= options.max / 2;
}

/** What of the source a block belongs to, where passages should not mix several: a message or a slide. */
function unitOf(document: ExtractedDocument, block: Block): string | null {
  const place = document.segments[Math.max(0, segmentAt(document.segments, block.start))]?.place;
  if (place?.kind === 'message') return `message ${place.message}`;
  if (place?.kind === 'slide') return `slide ${place.slide}`;
  return null;
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((heading, index) => heading === b[index]);
}

function isJoinable(draft: Draft): boolean {
  if (draft.unit?.startsWith('slide') === true) return true;
  return draft.headings.length === 0 && draft.blocks.every(({ kind }) => kind === 'code' || kind === 'entry');
}

/** Joins runs of small neighbouring sections of code, data or slides; their path becomes what they share. */
function* joinSmall(drafts: Iterable<Draft>, options: SectionOptions): Generator<Draft> {
  let open: { draft: Draft; tokens: number } | null = null;
  for (const draft of drafts) {
    const tokens = isJoinable(draft) ? draftTokens(draft, options.weigh) : Number.POSITIVE_INFINITY;
    if (
      open !== null &&
      Math.min(open.tokens, tokens) < options.min &&
      open.tokens + tokens <= options.target
    ) {
      open.draft.blocks.push(...draft.headings, ...draft.blocks);
      open.draft.path = sharedPath(open.draft.path, draft.path);
      open.draft.outerPath = sharedPath(open.draft.outerPath, draft.outerPath);
      open.tokens += tokens;
      continue;
    }
    if (open !== null) yield open.draft;
    open = { draft, tokens };
  }
  if (open !== null) yield open.draft;
}

function draftTokens(draft: Draft, weigh: Weigh): number {
  let tokens = 0;
  for (const block of [...draft.headings, ...draft.blocks]) tokens += weigh(block.start, block.end);
  return tokens;
}

function sharedPath(a: readonly string[], b: readonly string[]): string[] {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}

/** The document's blocks in order, trimmed, without overlaps; text outside all blocks is a paragraph. */
function wholeBlocks(document: ExtractedDocument): Block[] {
  const { text } = document;
  const sorted = [...document.blocks].sort((a, b) => a.start - b.start || b.end - a.end);
  const whole: Block[] = [];
  let covered = 0;
  let path: readonly string[] = [];
  const add = (block: Block, from: number, to: number): void => {
    const [start, end] = trimRange(text, from, to);
    if (start < end) whole.push({ ...block, start, end });
  };
  for (const block of sorted) {
    const start = Math.max(covered, Math.min(block.start, text.length));
    const end = Math.min(block.end, text.length);
    if (end <= start) continue;
    if (start > covered) {
      add({ start: covered, end: start, kind: 'paragraph', headings: [...path] }, covered, start);
    }
    add(block, start, end);
    covered = end;
    path = block.kind === 'heading' ? [...block.headings, text.slice(start, end)] : block.headings;
  }
  add({ start: covered, end: text.length, kind: 'paragraph', headings: [...path] }, covered, text.length);
  return whole;
}
