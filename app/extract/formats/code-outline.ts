import type { LineIndex } from '../lines.ts';
import type { CodeUnit } from './code-tree.ts';

/** A line that begins a definition: the label and name for the heading path. */
interface OutlineRule {
  readonly pattern: RegExp;
  /** Label, or null to take the keyword that the pattern's group "kind" matched. */
  readonly label: string | null;
  /** Whether it lies in the definition above although it is not indented. */
  readonly inside?: boolean;
}

const MODIFIERS = String.raw`(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|virtual|override|inline|unsafe|pub(?:\([\w:]+\))?|open|sealed|partial|extern|mutable|pure|elemental|recursive|local|global)\s+)*`;

const GENERIC: readonly OutlineRule[] = [
  {
    pattern: new RegExp(
      String.raw`^\s*${MODIFIERS}(?<kind>class|struct|interface|trait|enum|module|namespace|object|protocol|record|package|type)\s+(?<name>[A-Za-z_$][\w$.:<>]*)`,
    ),
    label: null,
  },
  {
    pattern: new RegExp(
      String.raw`^\s*${MODIFIERS}(?:def|function|func|fun|fn|sub|subroutine|proc|procedure|macro|method|task)\s+(?<name>[A-Za-z_$][\w$.:!?-]*)`,
      'i',
    ),
    label: 'function',
  },
];

const RULES: Readonly<Record<string, readonly OutlineRule[]>> = {
  sql: [
    {
      pattern:
        /^\s*create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+|unique\s+|materialized\s+|global\s+)*(?<kind>table|view|function|procedure|trigger|index|type|schema|sequence|database|role|policy)\s+(?:if\s+not\s+exists\s+)?(?<name>[\w."`[\]]+)/i,
      label: null,
    },
  ],
  makefile: [
    {
      pattern: /^(?!\.[A-Z])(?<name>[A-Za-z0-9_.$()/%-]+(?:\s+[A-Za-z0-9_.$()/%-]+)*)\s*::?(?!=)/,
      label: 'target',
    },
  ],
  cmake: [{ pattern: /^\s*(?<kind>function|macro)\s*\(\s*(?<name>[\w${}]+)/i, label: null }],
  dockerfile: [{ pattern: /^\s*from\s+(?:--\S+\s+)*(?<name>\S+(?:\s+as\s+\S+)?)/i, label: 'stage' }],
  erlang: [{ pattern: /^(?<name>[a-z][\w@]*)\s*\(.*(?:->|when\b|,)\s*/, label: 'function' }],
  ocaml: [
    {
      pattern:
        /^\s*(?<kind>module(?:\s+type)?|class|type)\s+(?:rec\s+|nonrec\s+|\(?'?\w+\)?\s+)?(?<name>[\w']+)/,
      label: null,
    },
    { pattern: /^(?:let|and)\s+(?:rec\s+)?(?<name>[\w']+)/, label: 'function' },
  ],
  fsharp: [
    {
      pattern: /^\s*(?<kind>module|namespace|type)\s+(?:rec\s+|private\s+|internal\s+)?(?<name>[\w.']+)/,
      label: null,
    },
    {
      pattern: /^\s{0,4}(?:let|member)\s+(?:rec\s+|inline\s+|private\s+)*(?<name>[\w.']+)/,
      label: 'function',
    },
  ],
  'objective-c': [
    { pattern: /^@(?<kind>interface|implementation|protocol)\s+(?<name>\w+)/, label: null },
    { pattern: /^[-+]\s*\([^)]*\)\s*(?<name>\w+)/, label: 'method', inside: true },
    { pattern: /^[A-Za-z_][\w\s*]*?\b(?<name>\w+)\s*\([^;]*$/, label: 'function' },
  ],
  julia: [
    {
      pattern:
        /^\s*(?:mutable\s+)?(?<kind>struct|module|baremodule|abstract type|primitive type)\s+(?<name>[\w!{}]+)/,
      label: null,
    },
    { pattern: /^\s*(?:@\w+\s+)*(?:function|macro)\s+(?<name>[\w.!]+)/, label: 'function' },
    { pattern: /^(?<name>[A-Za-z_][\w.!]*)\([^)]*\)(?:\s+where\s+.*?)?\s*=(?!=)/, label: 'function' },
  ],
  powershell: [
    { pattern: /^\s*(?<kind>class|enum)\s+(?<name>\w+)/i, label: null },
    { pattern: /^\s*(?:function|filter|workflow)\s+(?<name>[\w:-]+)/i, label: 'function' },
  ],
  fortran: [
    {
      pattern:
        /^\s*(?:\w+(?:\([^)]*\))?\s+)*?(?<kind>subroutine|function|module(?!\s+procedure)|program)\s+(?<name>\w+)/i,
      label: null,
    },
  ],
  pascal: [
    {
      pattern: /^\s*(?<kind>unit|program|procedure|function|constructor|destructor)\s+(?<name>[\w.]+)/i,
      label: null,
    },
  ],
  lisp: [{ pattern: /^\((?<kind>(?:cl-)?def[\w-]*)\s+\(?(?<name>[^\s()]+)/, label: null }],
  scheme: [{ pattern: /^\((?<kind>define[\w-]*)\s+\(?(?<name>[^\s()]+)/, label: null }],
  racket: [{ pattern: /^\((?<kind>define[\w-]*|struct|module)\s+\(?(?<name>[^\s()]+)/, label: null }],
  protobuf: [{ pattern: /^\s*(?<kind>message|service|enum|extend|rpc)\s+(?<name>[\w.]+)/, label: null }],
  graphql: [
    {
      pattern:
        /^\s*(?:extend\s+)?(?<kind>type|interface|input|enum|union|scalar|query|mutation|subscription|fragment)\s+(?<name>\w+)/,
      label: null,
    },
  ],
  vhdl: [
    {
      pattern: /^\s*(?<kind>entity|architecture|package|process|component)\s+(?:body\s+)?(?<name>\w+)/i,
      label: null,
    },
  ],
  assembly: [{ pattern: /^(?<name>[A-Za-z_.$][\w.$@]*):/, label: 'label' }],
  batch: [{ pattern: /^:(?<name>[A-Za-z_]\w*)/, label: 'label' }],
  tcl: [{ pattern: /^\s*(?<kind>proc|namespace eval)\s+(?<name>[\w:]+)/, label: null }],
  vim: [{ pattern: /^\s*fu(?:nction|nc)?!?\s+(?<name>[\w:#.<>]+)/, label: 'function' }],
  nim: [
    { pattern: /^\s*(?<kind>proc|func|template|macro|iterator|method|type)\s+(?<name>[\w`]+)/, label: null },
  ],
  crystal: GENERIC,
  awk: [{ pattern: /^\s*function\s+(?<name>\w+)/, label: 'function' }],
  css: [],
  scss: [],
  less: [],
};

const COMMENT =
  /^\s*(?:\/\/|\/\*|\*|#(?!include|import|define|if|endif|pragma)|--|;|%|"""|\(\*|'''|!|rem\b|"\s)/i;

/** Longest line that a rule looks at: patterns are not run over minified code. */
const MAX_LINE = 400;

function matchLine(line: string, rules: readonly OutlineRule[]): { heading: string; indent: number } | null {
  if (line.length > MAX_LINE || COMMENT.test(line)) return null;
  for (const { pattern, label, inside } of rules) {
    const groups = pattern.exec(line)?.groups;
    const name = groups?.name;
    if (name === undefined) continue;
    const kind = label ?? groups?.kind?.toLowerCase() ?? 'definition';
    return { heading: `${kind} ${name}`, indent: indentOf(line) + (inside === true ? 1 : 0) };
  }
  return null;
}

function indentOf(line: string): number {
  let width = 0;
  for (const char of line) {
    if (char === ' ') width += 1;
    else if (char === '\t') width += 4;
    else break;
  }
  return width;
}

/**
 * Divides source code by the look of its lines, for languages without a grammar: lines that begin a definition
 * start a unit (with the comment lines right above), which lasts until the next one; indentation tells what
 * encloses what.
 */
export function divideByOutline(lines: LineIndex, language: string): CodeUnit[] {
  const rules = RULES[language] ?? GENERIC;
  const units: CodeUnit[] = [];
  const stack: { indent: number; heading: string }[] = [];
  let start = 1;
  let path: readonly string[] = [];
  let comment: number | null = null;
  const flush = (line: number) => {
    const from = lines.startOf(start);
    const to = lines.startOf(line);
    if (to > from && lines.source.slice(from, to).trim() !== '') units.push({ start: from, end: to, path });
    start = line;
  };
  for (let line = 1; line <= lines.count; line += 1) {
    const text = lines.textOf(line);
    if (text.trim() === '') {
      comment = null;
      continue;
    }
    const match = rules.length === 0 ? null : matchLine(text, rules);
    if (match !== null) {
      const { heading, indent } = match;
      flush(Math.max(start, comment ?? line));
      while ((stack.at(-1)?.indent ?? -1) >= indent) stack.pop();
      stack.push({ indent, heading });
      path = stack.map((entry) => entry.heading);
    }
    if (COMMENT.test(text)) comment ??= line;
    else comment = null;
  }
  flush(lines.count + 1);
  return units;
}
