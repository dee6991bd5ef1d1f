import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { appendAligned, appendSource, LineIndex } from '../lines.ts';
import { ACCENTS, CHARACTERS, withoutMacros } from './latex-characters.ts';
import { LatexScanner, type LatexToken } from './latex-scanner.ts';
import { extractor as plainText } from './text.ts';

const SECTIONS: Readonly<Record<string, number>> = {
  part: 1,
  chapter: 2,
  section: 3,
  subsection: 4,
  subsubsection: 5,
  paragraph: 6,
  subparagraph: 7,
  frametitle: 4,
  addchap: 2,
  addsec: 3,
};
/** Macros whose arguments are no text: all of them are skipped. */
const SILENT =
  /^(?:label|ref|eqref|pageref|[cCvV]ref|autoref|nameref|cite\w*|Cite\w*|[a-z]*cite|nocite|index|gls\w*|glsadd|input|include|includeonly|includegraphics|bibliography|bibliographystyle|addbibresource|usepackage|RequirePackage|documentclass|PassOptionsToPackage|newcommand|renewcommand|providecommand|newenvironment|renewenvironment|newtheorem|theoremstyle|def|let|setlength|addtolength|setcounter|addtocounter|vspace|hspace|pagestyle|thispagestyle|pagenumbering|hypersetup|geometry|definecolor|color|fontsize|fontfamily|selectlanguage|usetheme|usecolortheme|usetikzlibrary|graphicspath|hyphenation|rule|vskip|hskip|phantom|hphantom|vphantom|begingroup|endgroup|DeclareMathOperator|newcounter|newlength|pgfplotsset|tikzset|lstset|sisetup|captionsetup|setmainfont|babelfont|linespread|markboth|markright|stepcounter|refstepcounter|protect|cline|cmidrule|multirow|rowcolor|cellcolor|caption\*)$/;
/** Macros whose first argument is no text and whose second is. */
const SECOND_ARGUMENT =
  /^(?:href|textcolor|colorbox|foreignlanguage|parbox|raisebox|hyperref|hyperlink|hypertarget|multicolumn|resizebox|scalebox)$/;
const CODE_ENVIRONMENTS =
  /^(?:verbatim\*?|Verbatim|lstlisting|minted|alltt|BVerbatim|code|algorithmic|algorithm)$/;
const MATH_ENVIRONMENTS =
  /^(?:equation|align|alignat|gather|multline|eqnarray|displaymath|math|flalign|dmath|IEEEeqnarray)\*?$/;
const SILENT_ENVIRONMENTS = /^(?:comment|tikzpicture|pgfpicture|picture|filecontents\*?|thebibliography\*)$/;
const TABLES = /^(?:tabular[xy*]?|longtable|tabu|longtabu|array|tblr|supertabular|xltabular)$/;

/** LaTeX, read token by token: sections, lists, tables and captions as blocks; macros are left out of the text. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput) {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    new LatexReader(builder, new LineIndex(decoded.text)).read();
    // Files of nothing but definitions are searched for the names that they define.
    return builder.length === 0 ? plainText.extract(input) : builder.build();
  },
};

class LatexReader {
  readonly #builder: DocumentBuilder;
  readonly #lines: LineIndex;
  readonly #scanner: LatexScanner;
  #kind: 'paragraph' | 'list-item' = 'paragraph';
  #open = false;
  #lists = 0;
  #tables = 0;
  #space = false;
  /** Nothing has been appended yet to the block, or to the table's cell. */
  #atStart = true;
  /** End of what was appended last, to put stretches that adjoin in the source into one segment. */
  #from = -1;
  #to = -1;

  constructor(builder: DocumentBuilder, lines: LineIndex) {
    this.#builder = builder;
    this.#lines = lines;
    this.#scanner = new LatexScanner(lines.source);
  }

  read(): void {
    this.#preamble();
    for (let token = this.#scanner.next(); token !== null; token = this.#scanner.next()) {
      if (token.kind === 'macro' && token.name === 'end' && this.#scanner.peekArgument() === 'document')
        break;
      this.#token(token);
    }
    this.#close();
  }

  /** Title and author may be set before the document begins; nothing else there is text. */
  #preamble(): void {
    const { source } = this.#lines;
    const begin = source.search(/\\begin\s*\{document\}/);
    const field = (name: string): string | null => {
      const match = new RegExp(`\\\\${name}\\s*(?:\\[[^\\]]*\\])?\\s*\\{`).exec(source);
      if (match === null) return null;
      const end = this.#scanner.groupEnd(match.index + match[0].length - 1);
      return withoutMacros(source.slice(match.index + match[0].length, end));
    };
    const title = field('title');
    const author = field('author');
    const date = field('date');
    if (title !== null && title !== '') this.#builder.title = title;
    if (author !== null && author !== '') this.#builder.metadata.author = author;
    if (date !== null && date !== '') this.#builder.metadata.date = date;
    if (begin !== -1)
      this.#scanner.at =
        begin + (/^\\begin\s*\{document\}/.exec(source.slice(begin, begin + 40))?.[0].length ?? 0);
  }

  #token(token: LatexToken): void {
    switch (token.kind) {
      case 'text':
        this.#text(token.from, token.to);
        break;
      case 'space':
        this.#space = true;
        break;
      case 'break':
        this.#close();
        break;
      case 'math':
        this.#text(token.from, token.to);
        break;
      case 'cell':
        if (this.#tables > 0) this.#cell();
        break;
      case 'macro':
        this.#macro(token);
        break;
      default:
      // Braces and comments are no text.
    }
  }

  #macro({ name, from, to }: { name: string; from: number; to: number }): void {
    const scanner = this.#scanner;
    const level = SECTIONS[name];
    if (name === 'begin') this.#begin(scanner.argument());
    else if (name === 'end') this.#end(scanner.argument());
    else if (level !== undefined) {
      scanner.skipStar();
      scanner.skipOptional();
      this.#block('heading', level);
    } else if (name === 'item') {
      this.#close();
      const label = scanner.optional();
      if (label !== null) this.#text(label[0], label[1]);
      this.#space = true;
    } else if (name === 'caption') {
      scanner.skipOptional();
      this.#block('caption');
    } else if (name === '\\' || name === 'newline' || name === 'tabularnewline') {
      scanner.skipStar();
      scanner.skipOptional();
      if (this.#tables > 0) this.#close();
      else this.#space = true;
    } else if (name === 'par') this.#close();
    else if (name === 'verb' || name === 'lstinline') this.#verb();
    else if (name === 'footnote' || name === 'thanks') {
      scanner.skipOptional();
      this.#space = true;
    } else if (name === 'title' || name === 'author' || name === 'date') scanner.skipArguments();
    else if (SILENT.test(name)) scanner.skipArguments();
    else if (SECOND_ARGUMENT.test(name)) {
      scanner.skipOptional();
      scanner.skipGroup();
      if (name === 'multicolumn') scanner.skipGroup();
    } else this.#symbol(name, from, to);
  }

  /** Macros that stand for characters: accents, escaped signs, named letters. Others vanish, their arguments stay. */
  #symbol(name: string, from: number, to: number): void {
    const accent = ACCENTS[name];
    if (accent !== undefined) {
      const letter = this.#scanner.accented();
      if (letter !== null) this.#character(`${letter}${accent}`.normalize('NFC'), from, this.#scanner.at);
      return;
    }
    const character = CHARACTERS[name];
    if (character === undefined) {
      this.#scanner.skipOptional();
      return;
    }
    if (/\s/.test(character)) this.#space = true;
    else if (character === name) this.#text(to - name.length, to);
    else {
      this.#character(character, from, to);
      this.#scanner.skipSpaceAfterMacro(name);
    }
  }

  #begin(name: string | null): void {
    if (name === null) return;
    const scanner = this.#scanner;
    if (CODE_ENVIRONMENTS.test(name) || MATH_ENVIRONMENTS.test(name) || SILENT_ENVIRONMENTS.test(name)) {
      this.#close();
      const [from, to] = scanner.rawUntilEnd(name);
      if (!SILENT_ENVIRONMENTS.test(name)) this.#raw(from, to, MATH_ENVIRONMENTS.test(name));
      return;
    }
    if (/^(?:itemize|enumerate|description|compactitem|compactenum)$/.test(name)) {
      this.#close();
      scanner.skipOptional();
      this.#lists += 1;
      return;
    }
    if (TABLES.test(name)) {
      this.#close();
      scanner.skipArguments();
      this.#tables += 1;
      return;
    }
    if (name === 'frame') {
      this.#close();
      scanner.skipOptional();
      if (scanner.peekBrace()) this.#block('heading', SECTIONS.frametitle);
      return;
    }
    this.#close();
    scanner.skipOptional();
  }

  #end(name: string | null): void {
    this.#close();
    if (name === null) return;
    if (/^(?:itemize|enumerate|description|compactitem|compactenum)$/.test(name))
      this.#lists = Math.max(0, this.#lists - 1);
    else if (TABLES.test(name)) this.#tables = Math.max(0, this.#tables - 1);
  }

  /** A block made of the group that follows. */
  #block(kind: 'heading' | 'caption', level?: number): void {
    this.#close();
    const group = this.#scanner.group();
    if (group === null) return;
    const text = withoutMacros(this.#lines.source.slice(group[0], group[1]));
    if (text === '') return;
    this.#builder.begin(kind, level);
    appendAligned(this.#builder, this.#lines, group[0], group[1], text);
    this.#builder.end();
  }

  #verb(): void {
    const range = this.#scanner.delimited();
    if (range !== null) this.#text(range[0], range[1]);
  }

  #raw(from: number, to: number, isMath: boolean): void {
    const { source } = this.#lines;
    const text = source.slice(from, to);
    // Indentation counts in code, not in formulas.
    const lead = (isMath ? /^\s*/ : /^(?:[ \t]*(?:\r\n?|\n))*/).exec(text)?.[0].length ?? 0;
    this.#builder.begin('code');
    if (text.trim() !== '')
      appendSource(this.#builder, this.#lines, from + lead, from + text.trimEnd().length);
    this.#builder.end();
  }

  #cell(): void {
    this.#flush();
    if (this.#open) this.#builder.append(' | ');
    this.#space = false;
    this.#atStart = true;
  }

  #start(): void {
    if (this.#open) return;
    this.#kind = this.#lists > 0 ? 'list-item' : 'paragraph';
    this.#builder.begin(this.#tables > 0 ? 'row' : this.#kind);
    this.#open = true;
    this.#space = false;
  }

  #text(from: number, to: number): void {
    this.#start();
    const { source } = this.#lines;
    const gap = this.#to === -1 ? '' : source.slice(this.#to, from);
    // A single space or line end between two stretches of plain text belongs to both.
    if (this.#to !== -1 && (gap === '' || (this.#space && /^(?: |\r\n?|\n)$/.test(gap)))) this.#to = to;
    else {
      this.#flush();
      // What stood before a full stop was a reference that left no text.
      if (this.#space && !this.#atStart && !/[.,;:)]/.test(source[from] ?? '')) this.#builder.append(' ');
      this.#from = from;
      this.#to = to;
    }
    this.#space = false;
    this.#atStart = false;
  }

  /** A character that the source spells as a macro: it has a line but no offset. */
  #character(text: string, from: number, to: number): void {
    this.#start();
    this.#flush();
    if (this.#space && !this.#atStart) this.#builder.append(' ');
    this.#space = false;
    this.#atStart = false;
    appendAligned(this.#builder, this.#lines, from, Math.min(from + 1, to), text);
  }

  #flush(): void {
    if (this.#to > this.#from && this.#from !== -1)
      appendSource(this.#builder, this.#lines, this.#from, this.#to);
    this.#from = -1;
    this.#to = -1;
  }

  #close(): void {
    this.#flush();
    if (this.#open) this.#builder.end();
    this.#open = false;
    this.#space = false;
    this.#atStart = true;
  }
}
