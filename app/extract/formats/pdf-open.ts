import * as nodeModule from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { PDFDocumentProxy } from 'pdfjs-dist';
import { PDF_DOCUMENT_OPTIONS } from '../../contract/pdf.ts';
import { ExtractProblem } from '../format.ts';

export type { PDFDocumentProxy } from 'pdfjs-dist';

const CANVAS = '@napi-rs/canvas';
let prepared = false;

/**
 * pdf.js makes a DOMMatrix while it loads and takes it from a native canvas package, which may be missing and which
 * reading text has no use for. Empty classes stand in, and the native code is not loaded next to hostile input.
 */
function prepareGlobals(): void {
  if (prepared) return;
  prepared = true;
  const globals: Record<string, unknown> = globalThis as never;
  for (const name of ['DOMMatrix', 'ImageData', 'Path2D']) globals[name] ??= class {};
  if (!('registerHooks' in nodeModule)) return;
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      if (specifier === CANVAS) throw new Error(`${CANVAS} is not used for reading text`);
      return next(specifier, context);
    },
  });
}

function assetFolder(name: string): string {
  const require = nodeModule.createRequire(import.meta.url);
  return join(dirname(require.resolve('pdfjs-dist/package.json')), name) + sep;
}

/**
 * Opens a PDF through pdf-parse, which hands over the pdf.js document that it loaded. The bytes' buffer is taken
 * over: scans have hundreds of megabytes, and there is memory for them once.
 * @returns the document and what frees it
 * @throws ExtractProblem 'encrypted', 'corrupt'
 */
export async function openPdf(
  bytes: Uint8Array,
): Promise<{ document: PDFDocumentProxy; close: () => Promise<void> }> {
  prepareGlobals();
  const { PDFParse, PasswordException } = await import('pdf-parse');
  const parser = new PDFParse({
    data: bytes,
    ...PDF_DOCUMENT_OPTIONS,
    cMapUrl: assetFolder('cmaps'),
    standardFontDataUrl: assetFolder('standard_fonts'),
    useSystemFonts: false,
    useWasm: false,
    disableFontFace: true,
    verbosity: 0,
  });
  const close = () => parser.destroy().catch(() => {});
  try {
    // pdf-parse declares `load` private but has no public way to the pages' text items.
    const document: unknown = await parser['load']();
    if (!isDocument(document)) throw new Error('pdf-parse gave no document');
    return { document, close };
  } catch (error) {
    await close();
    if (error instanceof PasswordException)
      throw new ExtractProblem('encrypted', 'It opens only with a password.');
    throw new ExtractProblem('corrupt', `It can't be opened as a PDF (${messageOf(error)}).`);
  }
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}

function isDocument(value: unknown): value is PDFDocumentProxy {
  return typeof value === 'object' && value !== null && 'getPage' in value && 'numPages' in value;
}
