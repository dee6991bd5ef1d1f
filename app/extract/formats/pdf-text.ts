import type { DocumentBuilder } from '../builder.ts';
import type { PdfParagraph } from './pdf-layout.ts';
import type { PdfLine, PdfRun } from './pdf-lines.ts';

const HYPHEN_AT_END = /(\p{L}+)([-\u00ad\u2010])$/u;
const CJK = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303f\uff00-\uffef]/u;
const MAX_WORDS = 500_000;

/** Words of the document's lines, to tell a hyphen at a line's end that belongs to a word from one that breaks it. */
export class WordList {
  readonly #words = new Set<string>();

  add(line: string): void {
    if (this.#words.size > MAX_WORDS) return;
    for (const [word] of line.toLowerCase().matchAll(/\p{L}+(?:[-\u2010]\p{L}+)*/gu)) {
      if (word.length > 3) this.#words.add(word.replaceAll('\u2010', '-'));
    }
  }

  /** Whether the hyphen between the two halves of a broken word is dropped. */
  joins(before: string, after: string): boolean {
    const left = before.toLowerCase();
    const right = after.toLowerCase();
    if (this.#words.has(left + right)) return true;
    return !this.#words.has(`${left}-${right}`);
  }
}

/**
 * Appends a paragraph: its lines become one run of text, words broken at a line's end are put together, and each
 * stretch keeps its page, text item and offset.
 */
export function appendParagraph(builder: DocumentBuilder, paragraph: PdfParagraph, words: WordList): void {
  builder.begin(paragraph.kind, paragraph.level);
  const left = Math.min(...paragraph.lines.map((line) => line.x));
  for (const [index, line] of paragraph.lines.entries()) {
    const next = paragraph.lines[index + 1];
    if (paragraph.kind === 'code') {
      builder.append(' '.repeat(indentOf(line, left)));
      appendRuns(builder, line, line.runs);
      if (next !== undefined) builder.append('\n');
      continue;
    }
    const hyphen = next === undefined ? null : HYPHEN_AT_END.exec(line.text);
    const after = /^\p{Ll}+/u.exec(next?.text ?? '')?.[0];
    if (hyphen !== null && after !== undefined) {
      const dropped = hyphen[2] === '\u00ad' || words.joins(hyphen[1] ?? '', after);
      appendRuns(builder, line, dropped ? withoutLastCharacter(line.runs) : line.runs);
      continue;
    }
    appendRuns(builder, line, line.runs);
    if (next === undefined) continue;
    const tight = CJK.test(line.text.at(-1) ?? '') && CJK.test(next.text[0] ?? '');
    if (!tight) builder.append(' ');
  }
  builder.end();
}

/** Columns of indentation, in characters of a monospaced font (0.6 of its size wide). */
function indentOf(line: PdfLine, left: number): number {
  const columns = Math.round((line.x - left) / (line.size * 0.6));
  return Math.min(40, Math.max(0, columns));
}

function appendRuns(builder: DocumentBuilder, line: PdfLine, runs: readonly PdfRun[]): void {
  for (const { item, itemStart, text, spaced } of runs) {
    if (spaced) builder.append(' ');
    builder.append(text, { place: { kind: 'page', page: line.page, item, itemStart } });
  }
}

function withoutLastCharacter(runs: readonly PdfRun[]): PdfRun[] {
  const last = runs.at(-1);
  if (last === undefined) return [];
  const text = last.text.slice(0, -1);
  return text === '' ? runs.slice(0, -1) : [...runs.slice(0, -1), { ...last, text }];
}
