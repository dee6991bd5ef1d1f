import { child, findAll, type XmlElement } from '../xml.ts';

/** What a paragraph style means for structure. */
export interface ParagraphRole {
  /** Heading level from 1, 0 for body text. */
  readonly level: number;
  readonly title: boolean;
  /** An entry of a table of contents, of figures or of an index: it only repeats what stands elsewhere. */
  readonly contents: boolean;
  readonly list: boolean;
  readonly caption: boolean;
  readonly code: boolean;
}

export const BODY: ParagraphRole = {
  level: 0,
  title: false,
  contents: false,
  list: false,
  caption: false,
  code: false,
};

interface Style {
  readonly name: string;
  readonly basedOn: string | undefined;
  readonly outline: number | undefined;
  readonly numbered: boolean | undefined;
}

function styleOf(element: XmlElement): Style {
  const paragraph = child(element, 'w:pPr');
  const outline = child(paragraph, 'w:outlineLvl')?.attributes['w:val'];
  const numbering = child(paragraph, 'w:numPr');
  return {
    name: child(element, 'w:name')?.attributes['w:val']?.toLowerCase() ?? '',
    basedOn: child(element, 'w:basedOn')?.attributes['w:val'],
    outline: outline === undefined ? undefined : Number(outline),
    numbered: numbering === undefined ? undefined : child(numbering, 'w:numId')?.attributes['w:val'] !== '0',
  };
}

/** Names that word processors of other languages give to Word's built-in heading styles. */
const HEADING_NAME =
  /^(heading|überschrift|titre|título|titolo|kop|rubrik|overskrift|nagłówek|заголовок|見出し|标题)\s*([1-9])\b/i;

function roleOf(styles: ReadonlyMap<string, Style>, id: string): ParagraphRole {
  let level = 0;
  let list: boolean | undefined;
  let title = false;
  let contents = false;
  let caption = false;
  let code = false;
  const seen = new Set<string>();
  for (let next: string | undefined = id; next !== undefined && !seen.has(next); ) {
    seen.add(next);
    const style = styles.get(next);
    const name = style?.name ?? next.toLowerCase();
    if (level === 0) {
      const named = HEADING_NAME.exec(name)?.[2] ?? /^heading([1-9])$/.exec(next.toLowerCase())?.[1];
      if (named !== undefined) level = Number(named);
      else if (style?.outline !== undefined && style.outline >= 0 && style.outline < 9)
        level = style.outline + 1;
    }
    list ??= style?.numbered;
    title ||= name === 'title';
    contents ||= /^(toc|index|table of (figures|authorities)) ?\d*$/.test(name);
    caption ||= name === 'caption';
    code ||= /^(html preformatted|source code|code|plain code|macro text)$/.test(name);
    next = style?.basedOn;
  }
  return { level: title ? 0 : level, title, contents, list: list === true && level === 0, caption, code };
}

/** Roles of the paragraph styles of styles.xml, by style id. Inheritance is followed, cycles end. */
export function readStyles(tree: XmlElement | null): ReadonlyMap<string, ParagraphRole> {
  const styles = new Map<string, Style>();
  for (const element of tree === null ? [] : findAll(tree, 'w:style')) {
    const id = element.attributes['w:styleId'];
    if (id !== undefined && element.attributes['w:type'] !== 'character') styles.set(id, styleOf(element));
  }
  return new Map([...styles.keys()].map((id) => [id, roleOf(styles, id)]));
}
