import type { PDFDocumentProxy } from 'pdfjs-dist';

/** What someone filled into a form: it is drawn on the page but is none of the page's text items. */
export interface FilledField {
  readonly page: number;
  /** "Name of the field: value". */
  readonly text: string;
}

const TYPES = new Set(['text', 'combobox', 'listbox']);
const MAX_FIELDS = 5000;

function field(value: unknown): FilledField | null {
  if (typeof value !== 'object' || value === null) return null;
  const { type, name, page, password, value: filled }: Record<string, unknown> = { ...value };
  if (typeof type !== 'string' || !TYPES.has(type) || password === true || typeof page !== 'number')
    return null;
  const text = (Array.isArray(filled) ? filled.join(', ') : typeof filled === 'string' ? filled : '').trim();
  if (!/[\p{L}\p{N}]/u.test(text) || page < 0) return null;
  // "form1[0].applicant[0].lastName[0]" is how tools name what the form calls "lastName".
  const label = typeof name === 'string' ? (name.split('.').at(-1) ?? '').replace(/\[\d+\]$/, '') : '';
  return { page: page + 1, text: /\p{L}{2}/u.test(label) ? `${label}: ${text}` : text };
}

/** Reads the filled fields of a form, in the order of their pages; a damaged form counts as none. */
export async function readFields(document: PDFDocumentProxy): Promise<FilledField[]> {
  try {
    const objects = await document.getFieldObjects();
    return Object.values(objects ?? {})
      .flat()
      .slice(0, MAX_FIELDS)
      .map(field)
      .filter((each) => each !== null)
      .sort((a, b) => a.page - b.page);
  } catch {
    return [];
  }
}
