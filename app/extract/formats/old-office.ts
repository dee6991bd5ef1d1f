import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { compoundHas } from '../ooxml.ts';

/** Workbooks and presentations of Office 97–2003, which no well-kept library reads: said so, with what to do. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput): never {
    if (compoundHas(input.bytes, 'EncryptedPackage') || compoundHas(input.bytes, 'EncryptedSummary')) {
      throw new ExtractProblem('encrypted', 'It is protected by a password.');
    }
    const now = input.format === 'ppt' ? 'pptx or odp' : 'xlsx or ods';
    throw new ExtractProblem(
      'unsupported',
      `It is a file of an Office before 2007; save it as ${now} to search it.`,
    );
  },
};
