import { getDocument, type PDFDocumentProxy, PDFWorker, VerbosityLevel } from 'pdfjs-dist';
import { PDF_DOCUMENT_OPTIONS } from '../../../app/contract/pdf.ts';
import { startOwnWorker } from '../own-worker.ts';

let worker: PDFWorker | null = null;
const resource = (folder: string) => new URL(`pdf/${folder}/`, document.baseURI).href;

/**
 * Opens a PDF in the worker. Nothing in it can run, and all that pdf.js needs comes from the window's own files.
 * @throws Error of pdf.js for a file that is damaged or protected
 */
export function openPdf(bytes: Uint8Array): { document: Promise<PDFDocumentProxy>; close: () => void } {
  // One worker for all documents, which closing a document leaves running.
  worker ??= PDFWorker.create({ port: startOwnWorker('pdf') });
  const task = getDocument({
    ...PDF_DOCUMENT_OPTIONS,
    worker,
    // The worker takes the bytes over; the cache keeps its own.
    data: bytes.slice(),
    cMapUrl: resource('cmaps'),
    standardFontDataUrl: resource('standard_fonts'),
    wasmUrl: resource('wasm'),
    // WebAssembly would need a weaker security policy.
    useWasm: false,
    useSystemFonts: true,
    // What pdf.js warns of in a file is nothing that a person could mend here.
    verbosity: VerbosityLevel.ERRORS,
  });
  return { document: task.promise, close: () => void task.destroy() };
}
