/** Combining characters by the macros that put them on the letter that follows. */
export const ACCENTS: Readonly<Record<string, string>> = {
  "'": '\u0301',
  '`': '\u0300',
  '^': '\u0302',
  '"': '\u0308',
  '~': '\u0303',
  '=': '\u0304',
  '.': '\u0307',
  c: '\u0327',
  v: '\u030c',
  u: '\u0306',
  H: '\u030b',
  k: '\u0328',
  r: '\u030a',
  d: '\u0323',
  b: '\u0331',
};

/** Characters by the macros that stand for them. */
export const CHARACTERS: Readonly<Record<string, string>> = {
  '%': '%',
  '&': '&',
  $: '$',
  '#': '#',
  _: '_',
  '{': '{',
  '}': '}',
  ' ': ' ',
  ',': ' ',
  ';': ' ',
  ':': ' ',
  quad: ' ',
  qquad: ' ',
  ss: 'ß',
  ae: 'æ',
  AE: 'Æ',
  oe: 'œ',
  OE: 'Œ',
  o: 'ø',
  O: 'Ø',
  aa: 'å',
  AA: 'Å',
  l: 'ł',
  L: 'Ł',
  i: 'ı',
  j: 'ȷ',
  dots: '…',
  ldots: '…',
  textellipsis: '…',
  textendash: '–',
  textemdash: '—',
  textbackslash: '\\',
  textasciitilde: '~',
  textasciicircum: '^',
  textbar: '|',
  textless: '<',
  textgreater: '>',
  textquotesingle: "'",
  textdegree: '°',
  degree: '°',
  euro: '€',
  texteuro: '€',
  pounds: '£',
  S: '§',
  P: '¶',
  copyright: '©',
  TeX: 'TeX',
  LaTeX: 'LaTeX',
  LaTeXe: 'LaTeX2e',
  BibTeX: 'BibTeX',
  XeTeX: 'XeTeX',
  LuaTeX: 'LuaTeX',
};

/** A short stretch of LaTeX as plain text, for titles and captions. */
export function withoutMacros(source: string): string {
  return source
    .replace(/(?<!\\)%[^\r\n]*/g, '')
    .replace(/\\(?:label|ref|cite\w*|thanks|footnote|index)\s*(?:\[[^\]]*\])?\{[^{}]*\}/g, '')
    .replace(/\s*\\and(?![a-zA-Z])/g, ',')
    .replace(/\\(?:\\(?:\[[^\]]*\])?|quad|newline|par)(?![a-zA-Z])/g, ' ')
    .replace(/\\(['`^"~=.])\s*\{?\\?([a-zA-Z])\}?/g, (whole, mark: string, letter: string) =>
      ACCENTS[mark] === undefined ? whole : `${letter}${ACCENTS[mark]}`.normalize('NFC'),
    )
    .replace(/\\([cvuHkrdb])\s*\{([a-zA-Z])\}/g, (whole, mark: string, letter: string) =>
      ACCENTS[mark] === undefined ? whole : `${letter}${ACCENTS[mark]}`.normalize('NFC'),
    )
    .replace(/\\([a-zA-Z]+|[%&$#_{} ])\s*/g, (_whole, name: string) => CHARACTERS[name] ?? '')
    .replace(/[{}$]/g, '')
    .replace(/~/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
