import { Parser } from 'htmlparser2';
import { type HtmlBlock, HtmlCollector, type HtmlFacts } from './html-collector.ts';

export type { HtmlBlock } from './html-collector.ts';

export interface HtmlPage extends HtmlFacts {
  readonly blocks: readonly HtmlBlock[];
}

/** How much the parser is given at a time. */
const FEED_CHARS = 1_000_000;
/** A `main` element with this much text, and this share of the page's, is what the page is about. */
const MAIN_CHARS = 200;
const MAIN_SHARE = 0.3;

function scan(
  source: string,
  skipBoilerplate: boolean,
  maxChars: number,
  emit: (block: HtmlBlock) => void,
): HtmlFacts {
  const collector = new HtmlCollector(source, skipBoilerplate, emit);
  const parser: Parser = new Parser(
    {
      onopentag: (name, attributes) => collector.open(name, attributes, parser.startIndex),
      onclosetag: (name) => collector.close(name),
      ontext: (data) => collector.text(data, parser.endIndex + 1 - data.length),
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  );
  for (let at = 0; at < source.length && collector.length <= maxChars; at += FEED_CHARS)
    parser.write(source.slice(at, at + FEED_CHARS));
  parser.end();
  return collector.finish();
}

/** What a page says of itself, and its blocks one after the other. */
export interface HtmlReading extends HtmlFacts {
  /** The first heading, if the page has one. */
  readonly heading: HtmlBlock | null;
  /** Goes through the blocks; they are made anew each time, so that a large page is never held as a whole. */
  forEachBlock(visit: (block: HtmlBlock) => void): void;
}

/**
 * Reads HTML as blocks of text with their offsets in the source. Scripts, styles and navigation are left out, and
 * what stands outside a substantial `main` element: menus, banners, notices. A page that is nothing but navigation
 * is kept whole.
 * @param maxChars reading stops soon after this much text
 */
export function openHtmlPage(source: string, maxChars = Number.POSITIVE_INFINITY): HtmlReading {
  let all = 0;
  let inside = 0;
  let heading: HtmlBlock | null = null;
  let mainHeading: HtmlBlock | null = null;
  const facts = scan(source, true, maxChars, (block) => {
    const length = block.pieces.reduce((sum, piece) => sum + piece.text.length, 0);
    all += length;
    if (block.main) inside += length;
    if (block.kind !== 'heading') return;
    heading ??= block;
    if (block.main) mainHeading ??= block;
  });
  const onlyMain = inside >= MAIN_CHARS && inside >= all * MAIN_SHARE;
  return {
    ...facts,
    heading: onlyMain ? mainHeading : heading,
    forEachBlock: (visit) => {
      scan(source, all > 0, maxChars, (block) => {
        if (block.main || !onlyMain) visit(block);
      });
    },
  };
}

/** The same as {@link openHtmlPage}, for short pages, with all blocks at once. */
export function readHtmlPage(source: string): HtmlPage {
  const { title, metadata, forEachBlock } = openHtmlPage(source);
  const blocks: HtmlBlock[] = [];
  forEachBlock((block) => blocks.push(block));
  return { title, metadata, blocks };
}
