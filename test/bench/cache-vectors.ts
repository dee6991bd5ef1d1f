/**
 * Encodes test collections once and keeps the float vectors, so that codecs and pooling can be compared without
 * encoding again (test/bench/compression.ts reads them).
 *
 *   node scripts/with-node.mjs test/bench/cache-vectors.ts OUT COLLECTION... [--threads 1] [--model FOLDER]
 *
 * OUT/COLLECTION gets vectors.f32 (row-major, all passages), queries.f32, and index.json: each passage's document,
 * its number of vectors and of tokens read, its text bytes and spans; each query's id and number of tokens.
 */
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEncoder } from '../../app/encode/encoder.ts';
import { loadModelPackage } from '../../app/encode/package.ts';
import { defaultModelFolder } from '../../app/engine/model-folder.ts';
import { readDataset } from '../../app/eval/dataset.ts';
import { asExtracted } from '../../app/retriever/documents.ts';
import { chunkDocument } from '../../app/text/chunk.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: 'string', default: '1' }, model: { type: 'string' } },
});
const [out, ...collections] = positionals;
if (out === undefined || collections.length === 0) throw new Error('give OUT and at least one COLLECTION');

const SLICE = 32;
const model = await loadModelPackage(values.model ?? defaultModelFolder());
const encoder = await createEncoder({ package: model, threads: Number(values.threads) });

for (const collection of collections) {
  const data = readDataset(collection);
  const folder = join(out, basename(collection));
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, 'vectors.f32'), 'w');
  const passages: unknown[] = [];
  const from = performance.now();
  for (let at = 0; at < data.documents.length; at += SLICE) {
    const drafts = data.documents.slice(at, at + SLICE).flatMap((document) =>
      chunkDocument(asExtracted({ id: document.id, title: document.title, content: document.text }), {
        measure: (text) => encoder.countTokens(text),
      }).map((draft) => ({ id: document.id, text: draft.context + draft.text })),
    );
    const encoded = await encoder.encodePassages(drafts.map((draft) => draft.text));
    drafts.forEach((draft, i) => {
      const passage = encoded[i];
      if (passage === undefined) throw new Error('the encoder gave fewer passages than it was given');
      writeSync(
        file,
        new Uint8Array(passage.vectors.buffer, passage.vectors.byteOffset, passage.vectors.byteLength),
      );
      passages.push({
        document: draft.id,
        vectors: passage.count,
        tokens: passage.tokenCount,
        textBytes: Buffer.byteLength(draft.text),
        spans: Array.from(passage.spans),
      });
    });
  }
  closeSync(file);
  const queryFile = openSync(join(folder, 'queries.f32'), 'w');
  const queries: unknown[] = [];
  for (const query of data.queries) {
    const text = query.text.replace(/["“”„«»]/g, ' ').replace(/(^|\s)[-+]+/g, '$1 ');
    const { vectors, tokens } = await encoder.encodeQuery(text.trim());
    writeSync(queryFile, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
    queries.push({ id: query.id, tokens: tokens.length });
  }
  closeSync(queryFile);
  const index = { model: model.modelId, dimension: encoder.dimension, passages, queries };
  writeFileSync(join(folder, 'index.json.part'), JSON.stringify(index));
  renameSync(join(folder, 'index.json.part'), join(folder, 'index.json'));
  console.log(
    `${basename(collection)}: ${passages.length} passages in ${((performance.now() - from) / 1000).toFixed(0)} s`,
  );
}
await encoder.close();
