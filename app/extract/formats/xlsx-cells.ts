import { format as formatNumber, isDateFormat } from 'numfmt';
import { findAll, readXml, type XmlElement } from '../xml.ts';

/** How a cell style shows numbers. */
export interface NumberFormat {
  readonly code: string;
  readonly isDate: boolean;
}

const GENERAL: NumberFormat = { code: 'General', isDate: false };

/** Built-in formats by id (ISO/IEC 29500-1 §18.8.30). */
const BUILT_IN: Readonly<Record<number, string>> = {
  1: '0',
  2: '0.00',
  3: '#,##0',
  4: '#,##0.00',
  9: '0%',
  10: '0.00%',
  11: '0.00E+00',
  12: '# ?/?',
  13: '# ??/??',
  15: 'd-mmm-yy',
  16: 'd-mmm',
  17: 'mmm-yy',
  18: 'h:mm AM/PM',
  19: 'h:mm:ss AM/PM',
  20: 'h:mm',
  21: 'h:mm:ss',
  37: '#,##0;(#,##0)',
  38: '#,##0;(#,##0)',
  39: '#,##0.00;(#,##0.00)',
  40: '#,##0.00;(#,##0.00)',
  45: 'mm:ss',
  46: '[h]:mm:ss',
  47: 'mm:ss.0',
  48: '##0.0E+0',
  49: '@',
};

/** Built-in formats that follow the reader's locale (ISO/IEC 29500-1 §18.8.30): shown as ISO dates. */
const LOCAL_DATES = new Set([14, 27, 28, 29, 30, 31, 34, 35, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58]);

/** Number formats of the cell styles of styles.xml, by the style's index. */
export function readFormats(tree: XmlElement | null): readonly NumberFormat[] {
  if (tree === null) return [];
  const custom = new Map<number, string>();
  for (const element of findAll(tree, 's:numFmt')) {
    const { numFmtId, formatCode } = element.attributes;
    if (numFmtId !== undefined && formatCode !== undefined) custom.set(Number(numFmtId), formatCode);
  }
  const cellXfs = findAll(tree, 's:cellXfs')[0];
  return (cellXfs?.children ?? []).map((xf) => {
    const id = Number(xf.attributes.numFmtId ?? 0);
    const code = custom.get(id);
    if (code === undefined && LOCAL_DATES.has(id)) return { code: 'yyyy-mm-dd', isDate: true };
    if (code === undefined && id === 22) return { code: 'yyyy-mm-dd hh:mm', isDate: true };
    const known = code ?? BUILT_IN[id];
    if (known === undefined || /^general$/i.test(known)) return GENERAL;
    return { code: known, isDate: isDateFormat(known) };
  });
}

/** A number as the sheet shows it. Formats that can't be understood fall back to the plain number. */
export function showNumber(value: number, format: NumberFormat | undefined, date1904: boolean): string {
  const { code, isDate } = format ?? GENERAL;
  try {
    // The 1904 epoch lies 1,462 days after the other one.
    const serial = date1904 && isDate ? value + 1462 : value;
    return formatNumber(code, serial, { nbsp: false, dateSpanLarge: true, throws: true }).trim();
  } catch {
    return String(value);
  }
}

/** The shared strings, by index: runs joined, phonetic hints left out. */
export function readStrings(xml: string): readonly string[] {
  const strings: string[] = [];
  let pieces: string[] | null = null;
  let inText = false;
  let phonetic = 0;
  readXml(xml, {
    open(name) {
      if (name === 's:si') pieces = [];
      else if (name === 's:rPh') phonetic += 1;
      else if (name === 's:t') inText = phonetic === 0;
    },
    text(data) {
      if (inText) pieces?.push(data);
    },
    close(name) {
      if (name === 's:t') inText = false;
      else if (name === 's:rPh') phonetic -= 1;
      else if (name === 's:si') {
        strings.push(pieces?.join('') ?? '');
        pieces = null;
      }
    },
  });
  return strings;
}
