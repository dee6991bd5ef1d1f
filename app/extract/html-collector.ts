import type { Block } from '../contract/document.ts';

/** A stretch of text. Where `exact`, it stands letter for letter at offset `at` of the source. */
export interface HtmlPiece {
  text: string;
  readonly at: number;
  readonly exact: boolean;
}

export interface HtmlBlock {
  readonly kind: Block['kind'];
  /** For headings: 1 … 6, or from {@link SIGNATURE_LEVEL} on for the signature of what a manual describes. */
  readonly level?: number;
  /** How many such descriptions it stands in. */
  readonly depth: number;
  readonly pieces: readonly HtmlPiece[];
  /** Whether it stands in the page's `main` element. */
  readonly main: boolean;
}

/** What a page says of itself. */
export interface HtmlFacts {
  readonly title: string;
  /** From `meta` elements and the root: author, description, keywords, date, language. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Elements whose content is no text of the page. */
const SILENT = new Set(
  'script style template svg noscript iframe object embed canvas audio video select datalist button textarea annotation annotation-xml rp'.split(
    ' ',
  ),
);
/** Elements that begin and end a line of their own. */
const BLOCKS = new Set(
  'address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol optgroup p plaintext pre search section summary table tbody tfoot thead tr ul xmp caption'.split(
    ' ',
  ),
);
/** Elements that a cell of a data table does not hold; a table with them is there for the layout. */
const NEVER_IN_DATA_CELLS = /^(?:table|h[1-6]|pre|ul|ol|dl|section|article|form|center|blockquote)$/;
/** Level of headings that are signatures ("open(file, mode='r')"), one more for each description they stand in. */
export const SIGNATURE_LEVEL = 50;
/** Classes of the definition lists in which documentation tools describe functions, classes and options. */
const DESCRIPTION =
  /(?:^|\s)(?:py|c|cpp|js|std|rst|function|method|class|classmethod|staticmethod|attribute|data|exception|property|describe|option)(?:\s|$)/;
const META: Readonly<Record<string, string>> = {
  author: 'author',
  'dc.creator': 'author',
  citation_author: 'author',
  description: 'description',
  'og:description': 'description',
  keywords: 'keywords',
  date: 'date',
  'dc.date': 'date',
  'article:published_time': 'date',
  generator: 'generator',
};

const WIDE_SPACE = /[ \u00a0]?[\t\n\r\f\u00a0][ \t\n\r\f\u00a0]*| {2}[ \t\n\r\f\u00a0]*/g;

interface Frame {
  readonly name: string;
  readonly silent: boolean;
  readonly main: boolean;
  /** A definition list that describes something by its signature, and the terms in it. */
  readonly description: boolean;
}

/** Navigation, and marks that documentation tools put beside headings and code. */
function isBoilerplate(name: string, attributes: Readonly<Record<string, string>>): boolean {
  if (name === 'nav') return true;
  const role = attributes.role ?? '';
  if (/^(navigation|search|menu|menubar|toolbar|banner-nav)$/.test(role)) return true;
  if (attributes['aria-hidden'] === 'true') return true;
  const label = attributes.class ?? '';
  return /(?:^|\s)(?:headerlink|header-anchor|hash-link|doc-anchor|anchorjs-link|linenos|linenodiv|mw-editsection|navheader|navfooter|skip-link|sphinxsidebar|toc-tree)(?:\s|$)/.test(
    label,
  );
}

/**
 * Takes the events of an HTML parser and gives blocks of text, each as soon as it ends. Scripts, styles and, if
 * wanted, navigation are left out. Its stack is a list: nesting costs no call stack.
 */
export class HtmlCollector {
  readonly #source: string;
  readonly #skipBoilerplate: boolean;
  readonly #emit: (block: HtmlBlock) => void;
  readonly #metadata: Record<string, string> = {};
  #title = '';
  #ogTitle = '';
  readonly #stack: Frame[] = [];
  #silent = 0;
  #main = 0;
  #inTitle = 0;
  #pre = 0;
  #items = 0;
  #depth = 0;
  #headings: number[] = [];
  #captions = 0;
  /** One entry per open table: whether it arranges a page rather than data. */
  readonly #tables: { layout: boolean; inRow: boolean; cells: number }[] = [];
  #pieces: HtmlPiece[] = [];
  #space = false;
  /** Length of the text so far. */
  length = 0;

  constructor(source: string, skipBoilerplate: boolean, emit: (block: HtmlBlock) => void) {
    this.#emit = emit;
    this.#source = source;
    this.#skipBoilerplate = skipBoilerplate;
  }

  /** Ends the last block and gives what the page says of itself. */
  finish(): HtmlFacts {
    this.#flush();
    const title = this.#title.replace(/\s+/g, ' ').trim();
    return { title: title === '' ? this.#ogTitle : title, metadata: this.#metadata };
  }

  open(name: string, attributes: Readonly<Record<string, string>>, at: number): void {
    const silent =
      SILENT.has(name) ||
      (this.#skipBoilerplate && name !== 'html' && name !== 'body' && isBoilerplate(name, attributes));
    if (BLOCKS.has(name)) this.#boundary(name);
    const main = name === 'main' || attributes.role === 'main';
    const description =
      name === 'dl'
        ? DESCRIPTION.test(attributes.class ?? '')
        : name === 'dt' || name === 'dd'
          ? this.#stack.at(-1)?.name === 'dl' && this.#stack.at(-1)?.description === true
          : false;
    this.#stack.push({ name, silent, main, description });
    if (silent) this.#silent += 1;
    if (main) this.#main += 1;
    if (this.#silent > 0) return;
    if (name === 'title') this.#inTitle += 1;
    else if (name === 'meta') this.#meta(attributes);
    else if (name === 'html') this.#metaField('language', attributes.lang ?? attributes['xml:lang']);
    else if (name === 'br') this.#break();
    else if (name === 'img') this.#alternative(attributes.alt, at);
    else if (name === 'pre' || name === 'listing' || name === 'xmp') this.#pre += 1;
    else if (name === 'dl' && description) this.#depth += 1;
    else if (name === 'dt' && description) this.#headings.push(SIGNATURE_LEVEL + this.#depth);
    else if (name === 'li' || name === 'dt' || (name === 'dd' && !description)) this.#items += 1;
    else if (name === 'figcaption' || name === 'caption') this.#captions += 1;
    else if (/^h[1-6]$/.test(name)) this.#headings.push(Number(name[1]));
    else if (name === 'table') this.#tables.push({ layout: false, inRow: false, cells: 0 });
    else if (name === 'tr') this.#row(true);
    else if (name === 'td' || name === 'th') this.#cell();
  }

  close(name: string): void {
    const frame = this.#stack.pop();
    if (frame === undefined) return;
    if (frame.main) this.#flush();
    if (frame.main) this.#main -= 1;
    if (this.#silent > 0) {
      if (frame.silent) this.#silent -= 1;
      return;
    }
    if (BLOCKS.has(name)) this.#boundary(name, true);
    if (name === 'title') this.#inTitle -= 1;
    else if (name === 'pre' || name === 'listing' || name === 'xmp') this.#pre -= 1;
    else if (name === 'dl' && frame.description) this.#depth -= 1;
    else if (name === 'dt' && frame.description) this.#headings.pop();
    else if (name === 'li' || name === 'dt' || (name === 'dd' && !frame.description)) this.#items -= 1;
    else if (name === 'figcaption' || name === 'caption') this.#captions -= 1;
    else if (/^h[1-6]$/.test(name)) this.#headings.pop();
    else if (name === 'table') this.#tables.pop();
    else if (name === 'tr') this.#row(false);
  }

  text(data: string, at: number): void {
    if (this.#silent > 0) return;
    if (this.#inTitle > 0) {
      if (this.#title.length < 1000) this.#title += data;
      return;
    }
    const exact = this.#source.startsWith(data, at);
    if (this.#pre > 0) {
      this.#push(data, at, exact);
      return;
    }
    let from = 0;
    for (const gap of data.matchAll(WIDE_SPACE)) {
      this.#words(data.slice(from, gap.index), at + from, exact);
      this.#space = true;
      from = gap.index + gap[0].length;
    }
    this.#words(data.slice(from), at + from, exact);
  }

  /** Text with single spaces only. */
  #words(words: string, at: number, exact: boolean): void {
    let text = words;
    let start = at;
    if (text.startsWith(' ')) {
      this.#space = true;
      text = text.slice(1);
      start += 1;
    }
    if (text === '') return;
    const trailing = text.endsWith(' ');
    this.#push(trailing ? text.slice(0, -1) : text, start, exact);
    this.#space = trailing;
  }

  #push(text: string, at: number, exact: boolean): void {
    this.length += text.length;
    const last = this.#pieces.at(-1);
    const spaced = this.#space && last !== undefined && this.#pre === 0 && !/\s$/.test(last.text);
    this.#space = false;
    if (last?.exact === true && exact) {
      const reached = last.at + last.text.length;
      if (spaced && reached + 1 === at && this.#source[reached] === ' ') {
        last.text += ` ${text}`;
        return;
      }
      if (!spaced && reached === at) {
        last.text += text;
        return;
      }
    }
    if (spaced) this.#pieces.push({ text: ' ', at, exact: false });
    this.#pieces.push({ text, at, exact });
  }

  #break(): void {
    this.#space = false;
    if (this.#pieces.length > 0) this.#pieces.push({ text: '\n', at: 0, exact: false });
  }

  #alternative(alt: string | undefined, at: number): void {
    const text = alt?.replace(/\s+/g, ' ').trim() ?? '';
    if (text.length < 3) return;
    this.#space = true;
    const found = this.#source.indexOf(text, at);
    const exact = found !== -1 && found < at + text.length + 2000;
    this.#push(text, exact ? found : at, exact);
    this.#space = true;
  }

  /** The edge of a block element: ends the block, or in a cell of a data table puts a space. */
  #boundary(name: string, closing = false): void {
    const table = this.#tables.at(-1);
    if (table?.inRow === true && !table.layout && name !== 'tr') {
      if (!closing && this.#silent === 0 && NEVER_IN_DATA_CELLS.test(name)) {
        table.layout = true;
        this.#flush();
      } else if (name === 'table' || name === 'tbody' || name === 'thead' || name === 'tfoot') this.#flush();
      else this.#space = true;
      return;
    }
    this.#flush();
  }

  #row(opening: boolean): void {
    const table = this.#tables.at(-1);
    if (table === undefined) return;
    table.inRow = opening;
    table.cells = 0;
  }

  #cell(): void {
    const table = this.#tables.at(-1);
    if (table === undefined || table.layout) {
      this.#flush();
      return;
    }
    table.inRow = true;
    table.cells += 1;
    this.#space = false;
    if (this.#pieces.length > 0 && this.#pieces.at(-1)?.text !== ' | ')
      this.#pieces.push({ text: ' | ', at: 0, exact: false });
  }

  #flush(): void {
    this.#space = false;
    const pieces = this.#pieces;
    this.#pieces = [];
    while (pieces.length > 0 && isFiller(pieces.at(-1))) pieces.pop();
    let first = 0;
    while (first < pieces.length && isFiller(pieces[first])) first += 1;
    if (first >= pieces.length) return;
    const table = this.#tables.at(-1);
    const level = this.#headings.at(-1);
    const kind: Block['kind'] =
      this.#pre > 0
        ? 'code'
        : level !== undefined
          ? 'heading'
          : this.#captions > 0
            ? 'caption'
            : table?.inRow && !table.layout
              ? 'row'
              : this.#items > 0
                ? 'list-item'
                : 'paragraph';
    this.#emit({
      kind,
      ...(kind === 'heading' && level !== undefined ? { level } : {}),
      pieces: pieces.slice(first),
      main: this.#main > 0,
      depth: this.#depth,
    });
  }

  #meta(attributes: Readonly<Record<string, string>>): void {
    const name = (attributes.name ?? attributes.property ?? '').toLowerCase();
    const content = attributes.content;
    if (name === 'og:title' || name === 'dc.title') this.#ogTitle = content?.trim() ?? '';
    const field = META[name];
    if (field !== undefined) this.#metaField(field, content);
  }

  #metaField(field: string, value: string | undefined): void {
    const text = value?.replace(/\s+/g, ' ').trim() ?? '';
    if (text !== '' && this.#metadata[field] === undefined) this.#metadata[field] = text.slice(0, 2000);
  }
}

/** Without letters or digits of its own: white space and the bars between cells. */
function isFiller(piece: HtmlPiece | undefined): boolean {
  return piece !== undefined && (piece.text.trim() === '' || piece.text === ' | ');
}
