/** A stretch of a Markdown source that can be parsed by itself. */
export interface MarkdownChunk {
  /** Offset of the stretch in the source. */
  readonly from: number;
  /** The stretch, with the link definitions of other stretches that it refers to at its end. */
  readonly text: string;
}

/** A stretch of this length ends at the next heading, of twice the length at the next paragraph. */
const CHUNK_CHARS = 150_000;
const LINE = /[^\r\n]*(?:\r\n|\r|\n|$)/gy;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const DEFINITION = /^ {0,3}\[([^\]\r\n]{1,200})\]:[ \t]+\S[^\r\n]*/gm;
const REFERENCE = /\[([^\][\r\n]{1,200})\]/g;
const MAX_DEFINITIONS = 50_000;

function label(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ').trim();
}

/**
 * Splits a long source where a heading, or else a paragraph, begins outside of fences, so that the parser, whose
 * syntax tree takes some hundred times the memory of its input, never holds more than one stretch.
 */
export function splitMarkdown(source: string): MarkdownChunk[] {
  if (source.length <= CHUNK_CHARS * 2) return [{ from: 0, text: source }];
  const starts = [0];
  let fence: string | null = null;
  let afterBlank = false;
  let at = 0;
  LINE.lastIndex = 0;
  while (at < source.length) {
    LINE.lastIndex = at;
    const line = LINE.exec(source)?.[0] ?? '';
    const length = at - (starts.at(-1) ?? 0);
    if (fence === null && length >= CHUNK_CHARS) {
      const heading = /^#{1,6}\s/.test(line);
      if (heading || (length >= CHUNK_CHARS * 2 && afterBlank && /^\p{L}/u.test(line))) starts.push(at);
    }
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === null) fence = mark;
      else if (mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark) fence = null;
    }
    afterBlank = line.trim() === '';
    at += Math.max(1, line.length);
  }
  if (starts.length === 1) return [{ from: 0, text: source }];
  const definitions = new Map<string, string>();
  for (const match of source.matchAll(DEFINITION)) {
    if (definitions.size >= MAX_DEFINITIONS) break;
    const name = label(match[1] ?? '');
    if (!definitions.has(name)) definitions.set(name, match[0]);
  }
  return starts.map((from, index) => {
    const text = source.slice(from, starts[index + 1] ?? source.length);
    return { from, text: text + definitionsFor(text, definitions) };
  });
}

function definitionsFor(text: string, definitions: ReadonlyMap<string, string>): string {
  if (definitions.size === 0) return '';
  const own = new Set([...text.matchAll(DEFINITION)].map((match) => label(match[1] ?? '')));
  const wanted = new Set([...text.matchAll(REFERENCE)].map((match) => label(match[1] ?? '')));
  const lines = [...wanted].filter((name) => !own.has(name)).flatMap((name) => definitions.get(name) ?? []);
  return lines.length === 0 ? '' : `\n\n${lines.join('\n')}\n`;
}
