import type { PassageDraft } from '../contract/index.ts';

/**
 * Text as the full-text index reads it: composed (NFC), so that a word has one spelling, and without soft hyphens,
 * which stand inside words. The index itself folds case and accents.
 */
export function normaliseWords(text: string): string {
  return text.normalize('NFC').replaceAll('\u00ad', '');
}

/** How `words` and what the model read are kept together: text is stored once wherever that can be done. */
export interface PackedText {
  /** Title and headings that the context lacks, then context, then text; normalised. */
  readonly words: string;
  /** UTF-16 offset in `words` at which context and text begin. */
  readonly prefixLength: number;
  readonly contextLength: number;
  /** context + text where normalising changed it (rare), else "". */
  readonly raw: string;
}

export function packText(passage: PassageDraft): PackedText {
  const { context, text, title, headings } = passage;
  const missing = [title, ...headings].filter((part) => part !== '' && !context.includes(part));
  const prefix = normaliseWords(missing.length === 0 ? '' : `${missing.join('\n')}\n`);
  const raw = (context + text).toWellFormed();
  const normal = normaliseWords(raw);
  return {
    words: prefix + normal,
    prefixLength: prefix.length,
    contextLength: context.length,
    raw: normal === raw ? '' : raw,
  };
}

export function unpackText(packed: PackedText): { context: string; text: string } {
  const whole = packed.raw === '' ? packed.words.slice(packed.prefixLength) : packed.raw;
  return { context: whole.slice(0, packed.contextLength), text: whole.slice(packed.contextLength) };
}
