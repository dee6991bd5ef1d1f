import type { RootContent } from 'hast';
import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { type ComponentProps, memo, useEffect, useMemo, useRef } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';
import { strings } from '../strings.ts';
import type { ViewProps } from './preview-body.tsx';
import { withHeat } from './rich-tree.ts';
import { bringIntoView, positionsIn } from './scroll.ts';
import { type SourceHighlight, sourceOffset } from './source-map.ts';
import { useRichTree } from './use-rich-tree.ts';

/** Links lead nowhere: a preview never leaves the file. Their address is told on hover. */
function DeadLink({ href, children }: ComponentProps<'a'>) {
  return (
    <span className="dead-link" title={href}>
      {children}
    </span>
  );
}

/** Pictures inside the file are shown, others named: nothing is fetched. */
function Picture({ src, alt }: ComponentProps<'img'>) {
  if (typeof src === 'string' && src.startsWith('data:image/')) return <img src={src} alt={alt ?? ''} />;
  return alt === undefined || alt === '' ? null : <span className="no-picture">{alt}</span>;
}

const COMPONENTS = { a: DeadLink, img: Picture };

/** A piece of the page, drawn by itself so that a long page takes no frame away from what is typed. */
const Block = memo(function Block(props: {
  node: RootContent;
  source: string;
  highlights: readonly SourceHighlight[];
}) {
  const { node, source, highlights } = props;
  const tree = withHeat({ type: 'root', children: [node] }, source, highlights);
  return toJsxRuntime(tree, { Fragment, jsx, jsxs, components: COMPONENTS });
});

/** The last element at or before an offset in the source. */
function elementAt(root: HTMLElement, offset: number, end: number): Element | null {
  let best: Element | null = null;
  for (const element of root.querySelectorAll('[data-at]')) {
    const at = Number(element.getAttribute('data-at'));
    if (element.tagName === 'MARK' && at >= offset && at < end) return element;
    if (at <= offset) best = element;
  }
  return best;
}

/** Markdown and HTML laid out, cleaned of everything that could run or be fetched, with the matched words shaded. */
export default function RichView(
  props: ViewProps & {
    readonly source: string;
    readonly language: 'markdown' | 'html';
    readonly highlights: readonly SourceHighlight[];
  },
) {
  const { source, language, highlights, matches, stops, at, onPositions } = props;
  const body = useRef<HTMLDivElement>(null);
  const tree = useRichTree(source, language);
  const content = useMemo(
    () =>
      tree?.children.map((node, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the blocks of a tree never change places
        <Block key={index} node={node} source={source} highlights={highlights} />
      )),
    [tree, source, highlights],
  );
  const ranges = useMemo(
    () =>
      stops.map((stop) => {
        const detail = matches?.details.get(stop.passage.id);
        const start = detail === undefined ? null : sourceOffset(detail, stop.start);
        return start === null ? null : { start, end: start + Math.max(1, stop.end - stop.start) };
      }),
    [stops, matches],
  );
  const range = ranges[at] ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: new content has new elements
  useEffect(() => {
    const root = body.current;
    if (root === null || range === null) return;
    const element = elementAt(root, range.start, range.end);
    if (element) bringIntoView(root, element);
  }, [range, content]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new content has new elements
  useEffect(() => {
    const root = body.current;
    if (root === null) return;
    onPositions(
      positionsIn(
        root,
        ranges.map((each) => (each === null ? null : elementAt(root, each.start, each.end))),
      ),
    );
  }, [ranges, content, onPositions]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the body scrolls by keys
    <div ref={body} className="preview-body rich-view" tabIndex={0}>
      <article>{content ?? <p className="muted">{strings.preview.loading}</p>}</article>
    </div>
  );
}
