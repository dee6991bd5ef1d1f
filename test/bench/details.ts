/**
 * Whether rare details stay: each passage is looked for by the two words that fewest other passages hold (numbers, names,
 * identifiers), at several sizes of the index, searched exhaustively. Prints how often it comes first, and what share of
 * its vectors each kind of token loses where vectors are left out.
 *
 *   node scripts/with-node.mjs test/bench/details.ts --steps 4x1,2x2,2x1.6x15 FILE...
 *
 * FILEs are gzipped JSONL with a field `text` or `positive`; a step is BITSxPOOLINGxWINS as in compression.ts.
 */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { createEncoder } from '../../app/encode/encoder.ts';
import { loadModelPackage } from '../../app/encode/package.ts';
import { defaultModelFolder } from '../../app/engine/model-folder.ts';
import { type Bits, readCodebook } from '../../app/index/codebook.ts';
import { createCodec, createIndex } from '../../app/index/open-index.ts';
import { readJsonl } from './report/corpus.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '4x1,3x1.4,3x1.4x15,2x2,2x1.6x15' },
    passages: { type: 'string', default: '400' },
  },
});
const MOST_CHARS = 700;
const FUNCTION_WORDS = new Set(
  'the of in and a to is that for with on as was were by from are be this or an at which it we not have has had but'.split(
    ' ',
  ),
);

/** Invoices, which differ in their numbers and names alone. */
const invoices = Array.from(
  { length: 100 },
  (_, i) =>
    `Die Rechnung Nr. ${48_210 + i * 37} vom ${1 + (i % 28)}. März betrifft die Lieferung von Ersatzteilen für die ` +
    `Heizungsanlage im Haus Lindenweg ${i + 1}. Der Betrag von ${310 + i * 13},50 Euro ist binnen vierzehn Tagen auf das ` +
    `Konto DE${7_700 + i * 3} zu überweisen; Rückfragen beantwortet Frau Schöller unter der Nummer 0511-${90_000 + i * 71}.`,
);
const sources = [
  ...positionals.map((file) => {
    const rows = readJsonl<{ text?: string; positive?: string }>(file);
    const step = Math.max(1, Math.floor(rows.length / Number(values.passages)));
    const texts = rows
      .filter((_, i) => i % step === 0)
      .slice(0, Number(values.passages))
      .map(({ text, positive }) => (text ?? positive ?? '').slice(0, MOST_CHARS))
      .filter((text) => text.length > 80);
    return {
      name: basename(file) === 'corpus.jsonl.gz' ? (file.split('/').at(-2) ?? file) : basename(file),
      texts,
    };
  }),
  { name: 'invoices', texts: invoices },
];
const model = await loadModelPackage(defaultModelFolder());
const codebook = await readCodebook(model.codebookFile ?? '');
const encoder = await createEncoder({ package: model, threads: 2 });

const wordsOf = (text: string): string[] => [
  ...new Set(text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}_.-]*[\p{L}\p{N}]/gu) ?? []),
];

/** The two words of each text that fewest texts hold; of equally rare ones the longer. */
function rarest(texts: readonly string[]): string[] {
  const holders = new Map<string, number>();
  for (const text of texts) for (const word of wordsOf(text)) holders.set(word, (holders.get(word) ?? 0) + 1);
  return texts.map((text) =>
    wordsOf(text)
      .toSorted((a, b) => (holders.get(a) ?? 0) - (holders.get(b) ?? 0) || b.length - a.length)
      .slice(0, 2)
      .join(' '),
  );
}

function kindOf(text: string, start: number, end: number): string {
  const token = text.slice(start, end);
  if (end <= start) return 'special';
  if (/\p{N}/u.test(token)) return 'digits';
  if (FUNCTION_WORDS.has(token.toLowerCase())) return 'function words';
  return start > 0 && /[\p{L}\p{N}]/u.test(text[start - 1] ?? '') ? 'parts of words' : 'other words';
}

for (const { name, texts } of sources) {
  const passages = await encoder.encodePassages(texts);
  const queries: Float32Array[] = [];
  for (const query of rarest(texts)) queries.push((await encoder.encodeQuery(query)).vectors);
  for (const step of values.steps.split(',')) {
    const [bits = 4, pooling = 1, wins = 0] = step.split('x').map(Number);
    const codec = createCodec({ codebook, bits: bits as Bits });
    const left = wins === 0 ? passages : await codec.dropBatch(passages, wins);
    const pooled = pooling === 1 ? left : await codec.poolBatch(left, pooling);
    const { index } = createIndex({ codebook, bits: bits as Bits });
    (await codec.compressBatch(pooled)).forEach((multivector, key) => {
      index.add(key, multivector);
    });
    let first = 0;
    for (const [key, query] of queries.entries())
      if ((await index.search(query, { k: 1, exhaustive: true }))[0]?.key === key) first += 1;
    index.close();
    const lost = new Map<string, { of: number; gone: number }>();
    if (wins > 0)
      passages.forEach((passage, i) => {
        const groups = left[i];
        if (groups === undefined || !('groups' in groups)) return;
        const seen = new Set<number>();
        const text = texts[i] ?? '';
        for (let token = 0; token < passage.count; token += 1) {
          const row = (groups.groups as Uint16Array)[token] ?? 0;
          const from = passage.vectors.subarray(token * codebook.dimension, (token + 1) * codebook.dimension);
          const stays =
            from.every((value, d) => value === left[i]?.vectors[row * codebook.dimension + d]) &&
            !seen.has(row);
          if (stays) seen.add(row);
          const kind = kindOf(text, passage.spans[2 * token] ?? 0, passage.spans[2 * token + 1] ?? 0);
          const count = lost.get(kind) ?? { of: 0, gone: 0 };
          lost.set(kind, { of: count.of + 1, gone: count.gone + (stays ? 0 : 1) });
        }
      });
    const kinds = [...lost].map(([kind, { of, gone }]) => `${kind} ${((100 * gone) / of).toFixed(1)} %`);
    console.log(
      `${name} ${step}: first ${((100 * first) / texts.length).toFixed(1)} % of ${texts.length}${kinds.length > 0 ? `; left out: ${kinds.join(', ')}` : ''}`,
    );
  }
}
await encoder.close();
