import type { ElementContent, RootContent } from 'hast';
import { common, createLowlight } from 'lowlight';

/** Longest source that is coloured, in characters. */
const LIMIT = 300_000;
const lowlight = createLowlight(common);

/** A stretch of source with the classes of its syntax colour. */
export interface ColourRun {
  readonly start: number;
  readonly end: number;
  readonly className: string;
}

/** Formats whose name differs from that of their grammar. */
const GRAMMARS: Readonly<Record<string, string>> = {
  'c++': 'cpp',
  'c#': 'csharp',
  'f#': 'fsharp',
  shell: 'bash',
  toml: 'ini',
  html: 'xml',
  svg: 'xml',
  jsonl: 'json',
  text: '',
};

/** Syntax colours of a source, without gaps; none for an unknown format or a very long source. */
export function colourRuns(source: string, format: string): ColourRun[] {
  const name = GRAMMARS[format] ?? format;
  if (source.length > LIMIT || name === '' || !lowlight.registered(name)) return [];
  const runs: ColourRun[] = [];
  let at = 0;
  const walk = (nodes: readonly (RootContent | ElementContent)[], className: string) => {
    for (const node of nodes) {
      if (node.type === 'text') {
        if (className !== '') runs.push({ start: at, end: at + node.value.length, className });
        at += node.value.length;
      } else if (node.type === 'element') {
        const own = node.properties.className;
        walk(node.children, Array.isArray(own) ? own.join(' ') : className);
      }
    }
  };
  walk(lowlight.highlight(name, source).children, '');
  return runs;
}
