import type { Element, ElementContent, Root, RootContent, Text } from 'hast';
import rehypeParse from 'rehype-parse';
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize';
import remarkFrontmatter from 'remark-frontmatter';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';
import { type HeatRun, heatRuns } from '../search/heat.ts';
import type { SourceHighlight } from './source-map.ts';

/** What the worker is asked, and what it answers. */
export interface RichQuestion {
  readonly id: number;
  readonly source: string;
  readonly language: 'markdown' | 'html';
}
export interface RichAnswer {
  readonly id: number;
  readonly tree: Root | null;
  readonly message?: string;
}

/** GitHub's own list of safe elements, less everything that would be fetched. */
const SCHEMA = {
  ...defaultSchema,
  attributes: {
    ...defaultSchema.attributes,
    '*': [
      'align',
      'colSpan',
      'rowSpan',
      'dir',
      'lang',
      'title',
      'start',
      'open',
      'checked',
      'type',
      'disabled',
    ],
    a: ['href', 'title'],
    img: ['alt', 'title', 'src'],
    code: [['className', /^language-./]],
  },
  protocols: { href: ['http', 'https', 'mailto'], src: ['data'] },
  strip: ['script', 'style', 'template', 'noscript', 'iframe', 'object', 'title'],
} as unknown as typeof defaultSchema;

const markdown = unified()
  .use(remarkParse)
  .use(remarkFrontmatter, ['yaml', 'toml'])
  .use(remarkGfm)
  .use(remarkRehype)
  .use(rehypeSanitize, SCHEMA);
const html = unified().use(rehypeParse, { fragment: false }).use(rehypeSanitize, SCHEMA);

/** A safe tree of a Markdown or HTML source. Raw HTML inside Markdown is left out. */
export function richTree(source: string, language: 'markdown' | 'html'): Root {
  const processor = language === 'markdown' ? markdown : html;
  return processor.runSync(processor.parse(source) as never) as Root;
}

/**
 * Offset in the source of every character of a text node, found by walking both side by side: escapes, entities
 * and the prefixes of quoted lines stand in the source alone.
 */
function offsetsOf(node: Text, source: string): number[] | null {
  const from = node.position?.start.offset;
  const to = node.position?.end.offset;
  if (from === undefined || to === undefined) return null;
  const offsets: number[] = [];
  let at = from;
  for (const char of node.value.split('')) {
    let probe = at;
    while (probe < to && source[probe] !== char && !(/\s/.test(char) && /\s/.test(source[probe] ?? '')))
      probe += 1;
    if (probe < to) at = probe;
    offsets.push(Math.min(at, to));
    if (probe < to) at += 1;
  }
  return offsets;
}

function markElement(run: HeatRun, value: string): Element {
  return {
    type: 'element',
    tagName: 'mark',
    properties: {
      className: run.exact ? ['heat', 'exact'] : ['heat'],
      dataStep: String(run.step),
      dataW: run.words.join(' '),
      dataAt: String(run.start),
    },
    children: [{ type: 'text', value }],
  };
}

function splitText(node: Text, source: string, highlights: readonly SourceHighlight[]): ElementContent[] {
  const offsets = offsetsOf(node, source);
  if (offsets === null || offsets.length === 0) return [node];
  const first = offsets[0] as number;
  const last = (offsets.at(-1) as number) + 1;
  const near = highlights.filter((highlight) => highlight.end > first && highlight.start < last);
  if (near.length === 0) return [node];
  const parts: ElementContent[] = [];
  let at = 0;
  for (const run of heatRuns(near, first, last)) {
    let end = at;
    while (end < offsets.length && (offsets[end] as number) < run.end) end += 1;
    const value = node.value.slice(at, end);
    at = end;
    if (value === '') continue;
    parts.push(run.step === 0 && !run.exact ? { type: 'text', value } : markElement(run, value));
  }
  if (at < node.value.length) parts.push({ type: 'text', value: node.value.slice(at) });
  return parts;
}

/** Elements that carry their offset in the source, so that a match without heat can be scrolled to. */
const ANCHORS = new Set([
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'li',
  'pre',
  'td',
  'th',
  'tr',
  'blockquote',
  'div',
]);

/** Puts heat into a tree by offsets in its source. The tree that is given stays as it is. */
export function withHeat(tree: Root, source: string, highlights: readonly SourceHighlight[]): Root {
  const walk = (nodes: readonly (RootContent | ElementContent)[]): ElementContent[] =>
    nodes.flatMap((node): ElementContent[] => {
      if (node.type === 'text') return splitText(node, source, highlights);
      if (node.type !== 'element') return [];
      const offset = node.position?.start.offset;
      const properties =
        ANCHORS.has(node.tagName) && offset !== undefined
          ? { ...node.properties, dataAt: String(offset) }
          : node.properties;
      return [{ ...node, properties, children: walk(node.children) }];
    });
  return { ...tree, children: walk(tree.children) };
}
