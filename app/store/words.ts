import type { PassageDraft } from '../contract/index.ts';
import { foldEdits, foldWords } from '../text/fold.ts';
import { ByteReader, ByteWriter } from './varint.ts';

/** How `words` and what the model read are kept together: text is stored once, with a list of differences. */
export interface PackedText {
  /** Title and headings that the context lacks, then context, then text; folded. */
  readonly words: string;
  /** UTF-16 offset in `words` at which context and text begin. */
  readonly prefixLength: number;
  /** UTF-16 length of the context before folding. */
  readonly contextLength: number;
  /** What folding changed: for each place the gap since the last, the folded length and what stood there. */
  readonly edits: Uint8Array;
}

export function packText(passage: PassageDraft): PackedText {
  const { context, text, title, headings } = passage;
  const missing = [title, ...headings].filter((part) => part !== '' && !context.includes(part));
  const prefix = foldWords(missing.length === 0 ? '' : `${missing.join('\n')}\n`);
  const raw = (context + text).toWellFormed();
  const edits = new ByteWriter();
  let body = '';
  let rest = 0;
  let lastEnd = 0;
  for (const { index, before, after } of foldEdits(raw)) {
    body += raw.slice(rest, index);
    edits.unsigned(body.length - lastEnd);
    edits.unsigned(after.length);
    edits.string(before);
    body += after;
    lastEnd = body.length;
    rest = index + before.length;
  }
  body += raw.slice(rest);
  return {
    words: prefix + body,
    prefixLength: prefix.length,
    contextLength: context.length,
    edits: edits.finish(),
  };
}

/** @throws RangeError when the edits do not fit the words */
export function unpackText(packed: PackedText): { context: string; text: string } {
  const body = packed.words.slice(packed.prefixLength);
  const edits = new ByteReader(packed.edits);
  let raw = '';
  let at = 0;
  while (!edits.done) {
    const start = at + edits.unsigned();
    const end = start + edits.unsigned();
    if (end > body.length) throw new RangeError('an edit lies past the end of the text');
    raw += body.slice(at, start) + edits.string();
    at = end;
  }
  raw += body.slice(at);
  return { context: raw.slice(0, packed.contextLength), text: raw.slice(packed.contextLength) };
}
