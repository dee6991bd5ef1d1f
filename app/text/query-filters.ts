import { extractedDocumentSchema } from '../contract/document.ts';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import { isGlob, matchPart, matchParts } from './glob.ts';
import { type DateFilter, parseDateFilter, resolveDateFilter } from './query-dates.ts';

export const OPERATORS = ['path', 'ext', 'type', 'modified', 'size'] as const;
export type Operator = (typeof OPERATORS)[number];

/** One operator of a query; a file passes when it matches any of the values (none of them if negated). */
export type QueryFilter = { readonly negated: boolean } & (
  | { readonly operator: 'path' | 'ext' | 'type'; readonly values: readonly string[] }
  | { readonly operator: 'modified'; readonly values: readonly DateFilter[] }
  | { readonly operator: 'size'; readonly values: readonly SizeRange[] }
);

/** Bytes, both ends included. */
export interface SizeRange {
  readonly from: number;
  readonly to: number;
}

/** What filters look at. */
export type FileFacts = Pick<FileRecord, 'path' | 'root' | 'format' | 'family' | 'size' | 'modified'>;

const EXPECTED: Readonly<Record<Operator, string>> = {
  path: 'part of a path or a pattern, e.g. path:notes/2024, path:*.test.ts or path:"My Documents"',
  ext: 'one or more file name endings, e.g. ext:pdf or ext:pdf,docx',
  type: 'one or more kinds of file, e.g. type:mail or type:pdf,code',
  modified:
    'a date or range, e.g. modified:2024-03, modified:>2024-01-15, modified:2023..2024-06, modified:today, modified:"last week" or modified:7d',
  size: 'a size or range, e.g. size:>1MB, size:<=10k or size:1MB..5MB',
};

const FAMILIES: readonly string[] = extractedDocumentSchema.shape.family.options;

/** Words for a kind of file that people type and no format or family is called. */
const TYPE_ALIASES: Readonly<Record<string, readonly string[]>> = {
  email: ['mail'],
  message: ['mail'],
  messages: ['mail'],
  spreadsheet: ['sheet'],
  table: ['sheet'],
  presentation: ['slides'],
  slide: ['slides'],
  documents: ['document'],
  doc: ['document'],
  source: ['code'],
  ebook: ['book'],
  word: ['docx', 'doc', 'odt', 'rtf'],
  excel: ['xlsx', 'xls', 'ods'],
  powerpoint: ['pptx', 'ppt', 'odp'],
  md: ['markdown'],
  js: ['javascript'],
  ts: ['typescript'],
  py: ['python'],
  htm: ['html'],
};

function wrong(operator: Operator, value: string): PassimError {
  const said = value === '' ? `${operator}: has no value` : `${operator}:${value} cannot be understood`;
  return new PassimError('query-syntax', `${said}; expected ${EXPECTED[operator]}`, { subject: operator });
}

/**
 * Builds the filter of one operator.
 * @param types names of formats that exist; when given, another `type:` is an error
 * @throws PassimError 'query-syntax', its subject the operator
 */
export function makeFilter(
  operator: Operator,
  values: readonly string[],
  negated: boolean,
  types?: ReadonlySet<string>,
): QueryFilter {
  const given = values.map((value) => value.trim()).filter((value) => value !== '');
  if (given.length === 0) throw wrong(operator, '');
  switch (operator) {
    case 'modified':
      return {
        operator,
        negated,
        values: given.map((value) => parseDateFilter(value) ?? raise(operator, value)),
      };
    case 'size':
      return { operator, negated, values: given.map((value) => parseSize(value) ?? raise(operator, value)) };
    case 'ext':
      return { operator, negated, values: given.map(parseExtension) };
    case 'type':
      return { operator, negated, values: given.flatMap((value) => parseType(value, types)) };
    default:
      return { operator, negated, values: given };
  }
}

function raise(operator: Operator, value: string): never {
  throw wrong(operator, value);
}

function parseExtension(value: string): string {
  const name = value.replace(/^\*?\./, '').toLowerCase();
  if (name === '' || /[\s/\\:*?"<>|]/.test(name)) throw wrong('ext', value);
  return name;
}

function parseType(value: string, types: ReadonlySet<string> | undefined): readonly string[] {
  const name = value.toLowerCase();
  if (!/^[\p{L}\p{N}+#._ -]+$/u.test(name)) throw wrong('type', value);
  const names = [name, ...(TYPE_ALIASES[name] ?? [])];
  if (types === undefined || names.some((each) => types.has(each) || FAMILIES.includes(each))) return names;
  throw new PassimError(
    'query-syntax',
    `type:${value} is no kind of file that Passim knows; try one of ${FAMILIES.join(', ')} or a format such as pdf`,
    { subject: 'type' },
  );
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1e9,
  gb: 1e9,
  gib: 1024 ** 3,
  t: 1e12,
  tb: 1e12,
  tib: 1024 ** 4,
};

/** A size by itself means what rounds to it as it is written: 5MB is 4.5 to 5.5 MB. */
function parseSize(value: string): SizeRange | null {
  const text = value.trim().toLowerCase();
  const range = /^(.*?)\.\.(.*)$/s.exec(text);
  if (range !== null) {
    const [, fromText = '', toText = ''] = range;
    const from = fromText.trim() === '' ? { bytes: 0 } : parseBytes(fromText);
    const to = toText.trim() === '' ? { bytes: Number.POSITIVE_INFINITY } : parseBytes(toText);
    if (from === null || to === null || (fromText.trim() === '' && toText.trim() === '')) return null;
    return from.bytes <= to.bytes ? { from: from.bytes, to: to.bytes } : null;
  }
  const compared = /^(>=|<=|>|<|=)?(.*)$/s.exec(text);
  const size = parseBytes(compared?.[2] ?? '');
  if (size === null) return null;
  switch (compared?.[1]) {
    case '>':
      return { from: Math.floor(size.bytes) + 1, to: Number.POSITIVE_INFINITY };
    case '>=':
      return { from: size.bytes, to: Number.POSITIVE_INFINITY };
    case '<':
      return { from: 0, to: Math.ceil(size.bytes) - 1 };
    case '<=':
      return { from: 0, to: size.bytes };
    default:
      return { from: Math.max(0, size.bytes - size.step / 2), to: size.bytes + (size.step - 1) / 2 };
  }
}

function parseBytes(value: string): { bytes: number; step: number } | null {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?\s*([kmgt]?i?b?)$/.exec(value.trim());
  const unit = UNITS[match?.[3] ?? ''];
  if (match === null || unit === undefined) return null;
  const decimals = match[2] ?? '';
  const bytes = Number(`${match[1]}.${decimals === '' ? '0' : decimals}`) * unit;
  return { bytes, step: Math.max(1, unit / 10 ** decimals.length) };
}

/**
 * A test for files that pass all filters. What is the same for every file is worked out once, so that a hundred
 * thousand files are looked through while someone types.
 * @param now milliseconds since the epoch, for "today", "7d" and the like
 */
export function filterMatcher(filters: readonly QueryFilter[], now: number): (file: FileFacts) => boolean {
  const tests = filters.map((filter) => ({ test: testFor(filter, now), negated: filter.negated }));
  return (file) => tests.every(({ test, negated }) => test(file) !== negated);
}

function testFor(filter: QueryFilter, now: number): (file: FileFacts) => boolean {
  switch (filter.operator) {
    case 'path': {
      const tests = filter.values.map((value) => pathTest(comparablePath(value)));
      const roots = new Map<string, string>();
      return ({ path, root }) => {
        let comparableRoot = roots.get(root);
        if (comparableRoot === undefined) {
          comparableRoot = comparablePath(root).replace(/\/+$/, '');
          roots.set(root, comparableRoot);
        }
        const comparable = comparablePath(path);
        const from = nameStart(comparable, comparableRoot);
        return tests.some((test) => test(comparable, from));
      };
    }
    case 'ext': {
      const endings = filter.values.map((value) => `.${value}`);
      return ({ path }) => {
        const name = fileName(path).toLowerCase();
        return endings.some((ending) => name.endsWith(ending) && name.length > ending.length);
      };
    }
    case 'type': {
      const types = new Set(filter.values);
      return ({ format, family }) => types.has(format.toLowerCase()) || types.has(family.toLowerCase());
    }
    case 'modified': {
      const ranges = filter.values.map((value) => resolveDateFilter(value, now));
      return ({ modified }) => ranges.some(({ from, to }) => modified >= from && modified < to);
    }
    default: {
      const ranges = filter.values;
      return ({ size }) => ranges.some(({ from, to }) => size >= from && size <= to);
    }
  }
}

/** Forward slashes, one case, composed letters: paths as they are compared. */
function comparablePath(path: string): string {
  const slashed = path.includes('\\') ? path.replace(/\\/g, '/') : path;
  return (/[^\0-\x7f]/.test(slashed) ? slashed.normalize('NFC') : slashed).toLowerCase();
}

function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Offset in `path` of its watched folder's own name; 0 or 1 when it is not below that folder. */
function nameStart(path: string, root: string): number {
  if (root === '' || !path.startsWith(root) || path[root.length] !== '/') return path.startsWith('/') ? 1 : 0;
  return root.lastIndexOf('/') + 1;
}

/**
 * `path:` looks at the path from the watched folder's own name on, so that the name of the home folder does not
 * match everything. Without `*` and `?` a value matches anywhere in it, and at the start of the absolute path. A
 * pattern without a slash matches a single folder or file name, one with slashes a run of them to the end; one
 * that ends in a slash names folders, and everything below them matches.
 */
function pathTest(wanted: string): (path: string, from: number) => boolean {
  if (!isGlob(wanted)) {
    return (path, from) =>
      (from > 0 ? path.indexOf(wanted, from - 1) >= 0 : `/${path}`.includes(wanted)) ||
      path.startsWith(wanted);
  }
  const pattern = wanted.split('/').filter((part) => part !== '');
  const [only] = pattern;
  if (pattern.length === 1 && only !== undefined && only !== '**') {
    return (path, from) =>
      path
        .slice(from)
        .split('/')
        .some((part) => matchPart(only, part));
  }
  const patterns = [['**', ...pattern], ...(wanted.endsWith('/') ? [['**', ...pattern, '**']] : [])];
  return (path, from) => {
    const parts = path.slice(from).split('/');
    return patterns.some((each) => matchParts(each, parts));
  };
}
