/**
 * How text is taken from a PDF's pages. Text items are numbered by what `getTextContent` gives with exactly these
 * options in the pinned version of pdf.js; a preview that highlights by item must ask with the same ones.
 */
export const PDF_TEXT_OPTIONS = {
  includeMarkedContent: false,
  disableNormalization: false,
} as const;

/** Options of `getDocument` that the numbering of text items may depend on. */
export const PDF_DOCUMENT_OPTIONS = {
  isEvalSupported: false,
  enableXfa: false,
  stopAtErrors: false,
  cMapPacked: true,
} as const;
