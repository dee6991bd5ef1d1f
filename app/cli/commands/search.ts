import Table from 'cli-table3';
import type { FileResult, PassageResult, SearchResponse, TokenMatch } from '../../contract/search.ts';
import { type CommandContext, withReader } from '../context.ts';
import { dots, paint, styled } from '../heat.ts';
import { EXIT, shortPath, type Terminal } from '../output.ts';

export interface SearchFlags {
  readonly k: number;
  readonly json: boolean;
  readonly explain: boolean;
  readonly exhaustive: boolean;
  readonly ranker: 'fused' | 'maxsim' | 'bm25' | 'dense';
  readonly passages: number;
  readonly weight: Readonly<Record<string, number>>;
}

/** Below it more answers are wrong than right. */
const LOW_CONFIDENCE = 0.25;

export async function searchCommand(
  context: CommandContext,
  query: string,
  flags: SearchFlags,
): Promise<number> {
  return withReader(context, async (engine) => {
    const response = await engine.call(
      'search',
      {
        query,
        k: flags.k,
        passagesPerFile: flags.passages,
        exhaustive: flags.exhaustive,
        explain: flags.explain || flags.json,
        ranker: flags.ranker,
        tokenWeights: { ...flags.weight },
      },
      context.signal,
    );
    if (flags.json) context.terminal.out(`${JSON.stringify(toJson(response))}\n`);
    else printResponse(context.terminal, response, flags.explain);
    return response.results.length > 0 ? EXIT.ok : EXIT.nothing;
  });
}

/** The one object that `search --json` prints. */
export function toJson(response: SearchResponse): Record<string, unknown> {
  return {
    query: response.query,
    tookMs: response.tookMs,
    words: response.words,
    confidence: response.confidence ?? null,
    coverage: response.coverage,
    notices: response.notices,
    results: response.results.map((file) => ({
      path: file.path,
      score: file.score,
      strength: file.strength,
      confidence: file.confidence ?? null,
      title: file.title,
      format: file.format,
      modified: new Date(file.modified).toISOString(),
      passages: file.passages.map((passage) => ({
        id: passage.id,
        text: passage.text,
        place: passage.placeLabel,
        location: passage.place,
        score: passage.score,
        scores: passage.scores,
        confidence: passage.confidence ?? null,
        headings: passage.headings,
        start: passage.start,
        end: passage.end,
        highlights: passage.highlights,
        coverage: passage.coverage,
        duplicates: passage.duplicates,
        tokens: passage.tokens ?? [],
      })),
    })),
  };
}

function printResponse(terminal: Terminal, response: SearchResponse, explain: boolean): void {
  for (const notice of response.notices) terminal.err(`${notice}\n`);
  if (response.results.length === 0) {
    terminal.err('Nothing found.\n');
    return;
  }
  if ((response.confidence ?? 1) < LOW_CONFIDENCE)
    terminal.err('Nothing here may be what you look for; these are the closest.\n');
  for (const file of response.results) printFile(terminal, response, file, explain);
}

function printFile(terminal: Terminal, response: SearchResponse, file: FileResult, explain: boolean): void {
  const { colour } = terminal;
  const place = file.passages[0]?.placeLabel ?? '';
  const parts = [
    styled(shortPath(file.path), 'path', colour),
    place,
    dots(file.confidence ?? file.strength),
    file.score.toFixed(3),
  ];
  terminal.out(`${parts.filter((part) => part !== '').join('  ')}\n`);
  for (const passage of file.passages) {
    const heading = [passage.title, ...passage.headings].filter((part) => part !== '').join(' › ');
    if (heading !== '') terminal.out(`  ${styled(heading, 'faint', colour)}\n`);
    if (passage !== file.passages[0]) terminal.out(`  ${styled(passage.placeLabel, 'faint', colour)}\n`);
    const body = paint(passage.text, passage.highlights, 'text', colour)
      .trim()
      .replaceAll(/\s*\n\s*/g, '\n  ');
    terminal.out(`  ${body}\n`);
    const missing = passage.coverage
      .filter((word) => !word.found)
      .map((word) => response.words[word.word]?.text ?? '');
    if (missing.length > 0)
      terminal.out(`  ${styled(`not found here: ${missing.join(', ')}`, 'faint', colour)}\n`);
    for (const twin of passage.duplicates) {
      terminal.out(`  ${styled(`also in ${shortPath(twin.path)}  ${twin.placeLabel}`, 'faint', colour)}\n`);
    }
    if (explain) terminal.out(`${alignmentTable(passage)}\n`);
    terminal.out('\n');
  }
}

/** The alignment of a passage as a table: each query token, what it matched and how much it counts. */
export function alignmentTable(passage: PassageResult): string {
  const table = new Table({
    head: ['query token', 'matched', 'where', 'similarity', 'by chance', 'weight', 'share'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right'],
  });
  for (const token of passage.tokens ?? []) table.push(tokenRow(token));
  const { maxsim, bm25, maxsimWeight } = passage.scores;
  const parts = `MaxSim ${maxsim.toFixed(3)} (weight ${maxsimWeight.toFixed(2)})  BM25 ${bm25 === null ? 'none' : bm25.toFixed(3)}`;
  return `${table.toString()}\n${parts}`;
}

function tokenRow(token: TokenMatch): string[] {
  const found = token.heat > 0 ? token.matched : `(${token.matched})`;
  return [
    token.token,
    found.replaceAll(/\s+/g, ' '),
    token.part,
    token.similarity.toFixed(3),
    token.chance.toFixed(3),
    token.weight.toFixed(1),
    `${(token.share * 100).toFixed(1)} %`,
  ];
}
