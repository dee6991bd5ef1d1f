import iconv from 'iconv-lite';
import { ExtractProblem } from '../format.ts';

export interface RtfParagraph {
  readonly text: string;
  /** Heading level from 1, 0 for body text. */
  readonly level: number;
  /** Number of the table row it stands in, from 1, and its column from 0; null outside tables. */
  readonly cell: { readonly row: number; readonly column: number } | null;
  readonly list: boolean;
}

export interface RtfDocument {
  readonly paragraphs: readonly RtfParagraph[];
  readonly info: Readonly<Record<string, string>>;
}

/** Groups whose text is not the document's (RTF 1.9.1, "Destinations"). */
const SKIPPED = new Set(
  'colortbl pict object objdata themedata colorschememapping latentstyles datastore listtable listoverridetable revtbl rsidtbl generator xmlnstbl header footer headerl headerr headerf footerl footerr footerf fldinst bkmkstart bkmkend filetbl template mmathPr listtext pntext pn pntxta pntxtb nonshppict shprslt sp atnid atrfstart atrfend atndate private userprops docvar passwordhash ftnsep ftnsepc aftnsep aftnsepc wgrffmtfilter blipuid sn sv'.split(
    ' ',
  ),
);
const INFO = new Set(['title', 'subject', 'author', 'keywords', 'doccomm']);
/** Asides: put after the paragraph that they belong to. */
const ASIDES: Readonly<Record<string, string>> = {
  footnote: 'Footnote: ',
  annotation: 'Comment: ',
  // The text of a drawn box.
  shptxt: '',
};

const CHARACTERS: Readonly<Record<string, string>> = {
  tab: '\t',
  line: '\n',
  emdash: '\u2014',
  endash: '\u2013',
  lquote: '\u2018',
  rquote: '\u2019',
  ldblquote: '\u201c',
  rdblquote: '\u201d',
  bullet: '\u2022',
  emspace: ' ',
  enspace: ' ',
  '~': '\u00a0',
  _: '\u2011',
};

/** Code pages by \fcharset number. */
const CHARSETS: Readonly<Record<number, string>> = {
  0: 'cp1252',
  77: 'macroman',
  128: 'cp932',
  129: 'cp949',
  134: 'cp936',
  136: 'cp950',
  161: 'cp1253',
  162: 'cp1254',
  163: 'cp1258',
  177: 'cp1255',
  178: 'cp1256',
  186: 'cp1257',
  204: 'cp1251',
  222: 'cp874',
  238: 'cp1250',
};

type Destination = 'body' | 'skip' | 'fonts' | 'styles' | 'info' | 'aside';

interface Group {
  destination: Destination;
  /** Which field of the information group, or which label of an aside. */
  detail: string;
  /** Characters to skip after \u. */
  unicodeSkip: number;
  font: number;
  hidden: boolean;
  /** Text of the aside that the group is part of. */
  aside: string[] | null;
  /** Properties of the paragraph, which end with the group that sets them. */
  paragraph: ParagraphState;
}

interface ParagraphState {
  level: number;
  style: number;
  inTable: boolean;
  list: boolean;
}

const PLAIN: Readonly<ParagraphState> = { level: 0, style: 0, inTable: false, list: false };

const TOKEN = /\\([a-zA-Z]+)(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}]+)/g;
const MAX_DEPTH = 5000;

/** Reads RTF; the source is given as Latin-1, one character for each byte. */
class RtfReader {
  readonly #paragraphs: RtfParagraph[] = [];
  readonly #info: Record<string, string> = {};
  readonly #stack: Group[] = [];
  readonly #fontPages = new Map<number, string>();
  readonly #styleLevels = new Map<number, number>();
  #group: Group = {
    destination: 'body',
    detail: '',
    unicodeSkip: 1,
    font: 0,
    hidden: false,
    aside: null,
    paragraph: { ...PLAIN },
  };
  #page = 'cp1252';
  #defaultFont = 0;
  #bytes: number[] = [];
  #pieces: string[] = [];
  #asides: string[] = [];
  #row = 1;
  #column = 0;
  #skip = 0;
  #styleName: string[] = [];
  #styleNumber = 0;
  #ignorable = false;

  read(source: string): RtfDocument {
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(source); match !== null; match = TOKEN.exec(source)) {
      const [, word, parameter, hex, symbol, brace, text] = match;
      const number = parameter === undefined ? undefined : Number(parameter);
      if (brace === '{') this.#push();
      else if (brace === '}') this.#pop();
      else if (word === 'bin') TOKEN.lastIndex += Math.max(0, number ?? 0);
      else if (word !== undefined) this.#word(word, number);
      else if (hex !== undefined) this.#byte(Number.parseInt(hex, 16));
      else if (symbol !== undefined) this.#symbol(symbol);
      else if (text !== undefined) this.#text(text);
    }
    this.#paragraph();
    return { paragraphs: this.#paragraphs, info: this.#info };
  }

  #push(): void {
    this.#flush();
    if (this.#stack.length > MAX_DEPTH) throw new ExtractProblem('corrupt', 'Its groups nest too deep.');
    this.#stack.push(this.#group);
    this.#group = { ...this.#group, paragraph: { ...this.#group.paragraph } };
    this.#ignorable = false;
  }

  #pop(): void {
    this.#flush();
    const done = this.#group;
    this.#group = this.#stack.pop() ?? this.#group;
    if (done.aside !== null && done.aside !== this.#group.aside) {
      const text = done.aside.join('').trim();
      if (text !== '') this.#asides.push(`${done.detail}${text}`);
    }
    if (done.destination === 'styles' && this.#styleName.length > 0) this.#endStyle();
  }

  #endStyle(): void {
    const name = this.#styleName.join('').replace(/;.*$/, '').trim().toLowerCase();
    this.#styleName = [];
    const level = /^heading (\d)/.exec(name)?.[1];
    if (level !== undefined) this.#styleLevels.set(this.#styleNumber, Number(level));
    else if (name === 'title') this.#styleLevels.set(this.#styleNumber, 1);
  }

  #word(word: string, number: number | undefined): void {
    if (word === 'u') {
      this.#flush();
      const code = number ?? 0;
      this.#put(String.fromCharCode(code < 0 ? code + 0x10000 : code));
      this.#skip = this.#group.unicodeSkip;
      return;
    }
    this.#flush();
    this.#skip = 0;
    const character = CHARACTERS[word];
    if (character !== undefined) this.#put(character);
    else if (this.#ignorable && !/^(shpinst|info|footnote|annotation)$/.test(word))
      this.#group.destination = 'skip';
    else if (SKIPPED.has(word)) this.#group.destination = 'skip';
    else this.#control(word, number);
    this.#ignorable = false;
  }

  #control(word: string, number: number | undefined): void {
    const group = this.#group;
    switch (word) {
      case 'ansicpg':
        if (number !== undefined && iconv.encodingExists(`cp${number}`)) this.#page = `cp${number}`;
        break;
      case 'mac':
        this.#page = 'macroman';
        break;
      case 'pc':
        this.#page = 'cp437';
        break;
      case 'pca':
        this.#page = 'cp850';
        break;
      case 'deff':
        this.#defaultFont = number ?? 0;
        group.font = this.#defaultFont;
        break;
      case 'plain':
        group.font = this.#defaultFont;
        group.hidden = false;
        break;
      case 'v':
        group.hidden = number !== 0;
        break;
      case 'deleted':
        group.hidden = number !== 0;
        break;
      case 'uc':
        group.unicodeSkip = number ?? 1;
        break;
      case 'f':
        group.font = number ?? 0;
        break;
      case 'fcharset':
        if (group.destination === 'fonts') {
          const page = CHARSETS[number ?? 0];
          if (page !== undefined) this.#fontPages.set(group.font, page);
        }
        break;
      case 'fonttbl':
        group.destination = 'fonts';
        break;
      case 'stylesheet':
        group.destination = 'styles';
        break;
      case 'info':
        group.destination = 'info';
        group.detail = '';
        break;
      case 'footnote':
      case 'annotation':
      case 'shptxt':
        group.destination = 'aside';
        group.aside = [];
        group.detail = ASIDES[word] ?? '';
        break;
      default:
        if (group.destination === 'info' && INFO.has(word)) group.detail = word;
        else this.#layout(word, number);
    }
  }

  #layout(word: string, number: number | undefined): void {
    const isStyle = this.#group.destination === 'styles';
    const isBody = this.#group.destination === 'body';
    if (word === 's' && isStyle) this.#styleNumber = number ?? 0;
    else if (word === 'outlinelevel' && isStyle) this.#styleLevels.set(this.#styleNumber, (number ?? 8) + 1);
    else if (word === 'par' && this.#group.destination === 'aside') this.#group.aside?.push('\n');
    else if (!isBody) return;
    else if (word === 'par' || word === 'sect' || word === 'page') this.#paragraph();
    else if (word === 'pard') this.#group.paragraph = { ...PLAIN };
    else if (word === 's') this.#group.paragraph.style = number ?? 0;
    else if (word === 'outlinelevel') this.#group.paragraph.level = (number ?? 8) + 1;
    else if (word === 'intbl') this.#group.paragraph.inTable = true;
    else if (word === 'ls' || word === 'ilvl') this.#group.paragraph.list = true;
    else if (word === 'cell' || word === 'nestcell') {
      this.#group.paragraph.inTable = true;
      this.#paragraph();
      this.#column += 1;
    } else if (word === 'row' || word === 'nestrow') {
      this.#row += 1;
      this.#column = 0;
    }
  }

  #symbol(symbol: string): void {
    this.#flush();
    if (symbol === '*') this.#ignorable = true;
    else if (symbol === '\n' || symbol === '\r') this.#word('par', undefined);
    else if (symbol === '\\' || symbol === '{' || symbol === '}') this.#text(symbol);
    else if (CHARACTERS[symbol] !== undefined) this.#put(CHARACTERS[symbol]);
  }

  #byte(byte: number): void {
    if (this.#skip > 0) this.#skip -= 1;
    else this.#bytes.push(byte);
  }

  #text(text: string): void {
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code !== 10 && code !== 13) this.#byte(code & 0xff);
    }
  }

  /** Decodes the bytes gathered in one font, so that double-byte characters stay whole. */
  #flush(): void {
    if (this.#bytes.length === 0) return;
    const page = this.#fontPages.get(this.#group.font) ?? this.#page;
    const text = iconv.decode(Buffer.from(this.#bytes), page);
    this.#bytes = [];
    this.#put(text);
  }

  #put(text: string): void {
    const { destination, detail, hidden } = this.#group;
    if (destination === 'info' && detail !== '') this.#info[detail] = (this.#info[detail] ?? '') + text;
    else if (destination === 'styles') this.#styleName.push(text);
    else if (destination === 'aside' && !hidden) this.#group.aside?.push(text);
    else if (destination === 'body' && !hidden) this.#pieces.push(text);
  }

  #paragraph(): void {
    this.#flush();
    const text = this.#pieces.join('').replace(/[ \t]+$/gm, '');
    this.#pieces = [];
    const { inTable, list, style } = this.#group.paragraph;
    const level = this.#group.paragraph.level || (this.#styleLevels.get(style) ?? 0);
    const cell = inTable ? { row: this.#row, column: this.#column } : null;
    if (text.trim() !== '') {
      this.#paragraphs.push({ text: text.trim(), level: level > 9 || inTable ? 0 : level, cell, list });
    }
    for (const aside of this.#asides.splice(0)) {
      this.#paragraphs.push({ text: aside, level: 0, cell: null, list: false });
    }
  }
}

/** @param source the file's bytes as Latin-1 */
export function readRtf(source: string): RtfDocument {
  return new RtfReader().read(source);
}
