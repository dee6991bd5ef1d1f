import { createHash } from 'node:crypto';
import type { ExtractedDocument, Segment } from '../contract/document.ts';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import { systemScheduler } from '../contract/ports.ts';
import type { FileResult } from '../contract/search.ts';
import type { Metadata, RetrieverDocument } from './types.ts';

/** All documents lie under this root, so that their paths are their ids. */
const ROOT = 'documents:';

/** A document as the chunker takes it: paragraphs are parted by blank lines. */
export function asExtracted(document: RetrieverDocument): ExtractedDocument {
  const text = document.content;
  const blocks: ExtractedDocument['blocks'] = [];
  for (const match of text.matchAll(/\S(?:[^\n]|\n(?![^\S\n]*\n))*/g)) {
    blocks.push({ start: match.index, end: match.index + match[0].length, kind: 'paragraph', headings: [] });
  }
  return {
    format: 'document',
    family: 'document',
    ...(document.title === undefined || document.title === '' ? {} : { title: document.title }),
    text,
    blocks,
    segments: lineSegments(text),
    metadata: {},
    warnings: [],
  };
}

/** Each line that holds anything stands at its number. */
function lineSegments(text: string): Segment[] {
  const segments: Segment[] = [];
  let line = 1;
  for (const match of text.matchAll(/([^\n]*)(?:\n|$)/g)) {
    const end = match.index + (match[1] ?? '').length;
    if (end > match.index) segments.push({ start: match.index, end, place: { kind: 'line', line } });
    line += 1;
  }
  return segments;
}

/** The id of the document kept under a path. */
export function idOf({ path }: { readonly path: string }): string {
  return path.slice(ROOT.length);
}

/** The path a document is kept under. */
export function pathOf(id: string): string {
  return `${ROOT}${id}`;
}

/** @throws PassimError 'bad-request' naming the document's field */
export function checkDocument(document: RetrieverDocument, i: number): void {
  if (typeof document.id !== 'string' || document.id === '')
    throw new PassimError('bad-request', `documents[${i}].id must be a string that is not empty.`, {
      subject: `documents[${i}].id`,
    });
  if (typeof document.content !== 'string')
    throw new PassimError('bad-request', `documents[${i}].content ("${document.id}") must be a string.`, {
      subject: `documents[${i}].content`,
    });
}

/** What is kept of a document beside its passages. */
export function recordOf(
  document: RetrieverDocument,
  path: string,
  before: FileRecord | undefined,
  contentHash: string,
  detail: string,
): FileRecord {
  const now = systemScheduler.now();
  return {
    fileId: before?.fileId ?? createHash('sha256').update(path).digest('hex').slice(0, 32),
    path,
    root: ROOT,
    size: document.content.length,
    modified: now,
    identity: '',
    contentHash,
    format: 'document',
    family: 'document',
    title: document.title ?? '',
    generation: 0,
    passages: 0,
    problem: document.content.trim() === '' ? 'empty' : null,
    // A retriever has no use for the detail of a file; it keeps the metadata.
    detail,
    strikes: 0,
    indexedAt: now,
  };
}

export function metadataOf(record: FileRecord | undefined): Metadata {
  if (record === undefined || record.detail === '') return {};
  const value: unknown = JSON.parse(record.detail);
  return typeof value === 'object' && value !== null ? (value as Metadata) : {};
}

/** What programs are told of the file that a passage comes from. */
export function metadataOfFile(
  file: Pick<FileResult, 'path' | 'name' | 'format' | 'family' | 'modified'>,
  headings: readonly string[],
): Metadata {
  return {
    source: file.path,
    name: file.name,
    format: file.format,
    family: file.family,
    modified: new Date(file.modified).toISOString(),
    headings: headings.join(' › '),
  };
}
