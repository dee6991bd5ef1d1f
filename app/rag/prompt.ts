import { citationOf, type ExportPassage, fillTemplate } from '../export/index.ts';

/** Template of a question's prompt; `{context}` and `{question}` are filled in. */
export const DEFAULT_ASK_TEMPLATE = `Answer the question based only on the following context.
Cite the passages that you use by their numbers in brackets, e.g. [1]. If the context does not hold the answer, say so.

{context}

Question: {question}
`;

/** Passages as context: each under its number and source, joined by lines of three dashes. */
export function contextText(passages: readonly ExportPassage[]): string {
  return passages
    .map((passage) => {
      const heading = passage.headings.length > 0 ? ` (${passage.headings.join(' › ')})` : '';
      return `[${passage.citation}] ${citationOf(passage)}${heading}\n${passage.text.trim()}`;
    })
    .join('\n---\n');
}

/** The prompt for a question and its context. */
export function promptOf(
  question: string,
  passages: readonly ExportPassage[],
  template: string | null = null,
): string {
  return fillTemplate(template ?? DEFAULT_ASK_TEMPLATE, contextText(passages), question);
}
