import type { PassageDraft } from '../contract/passage.ts';
import type { IndexCore } from '../engine/core.ts';
import { chunkDocument } from '../text/chunk.ts';
import { placeLabel, placeOf } from '../text/place.ts';
import { asExtracted } from './documents.ts';
import type { RetrieverDocument, RetrieverResult } from './types.ts';

interface Best {
  readonly document: RetrieverDocument;
  readonly position: number;
  readonly score: number;
  readonly draft: PassageDraft;
}

/** MaxSim (Khattab & Zaharia 2020): for each query vector its highest dot product with a passage vector, summed. */
function maxSim(query: Float32Array, passage: Float32Array, dimension: number): number {
  let sum = 0;
  for (let q = 0; q < query.length; q += dimension) {
    let best = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < passage.length; t += dimension) {
      let dot = 0;
      for (let d = 0; d < dimension; d += 1) dot += (query[q + d] ?? 0) * (passage[t + d] ?? 0);
      if (dot > best) best = dot;
    }
    sum += best;
  }
  return sum;
}

/** Scores documents by their best passage, in full precision: nothing is stored, so nothing is compressed. */
export async function rerankDocuments(
  query: string,
  documents: readonly RetrieverDocument[],
  k: number,
  core: IndexCore,
  signal?: AbortSignal,
): Promise<RetrieverResult[]> {
  const { encoder, model } = core;
  const { dimension } = model.manifest;
  const encoded = await encoder.encodeQuery(query);
  const pieces = documents.flatMap((document, position) =>
    chunkDocument(asExtracted(document), { measure: (text) => encoder.countTokens(text) }).map((draft) => ({
      document,
      position,
      draft,
    })),
  );
  const passages = await encoder.encodePassages(
    pieces.map((piece) => piece.draft.context + piece.draft.text),
    signal === undefined ? {} : { signal },
  );
  const best = new Map<number, Best>();
  pieces.forEach(({ document, position, draft }, i) => {
    const passage = passages[i];
    if (passage === undefined) return;
    const score = maxSim(encoded.vectors, passage.vectors, dimension);
    if (score <= (best.get(position)?.score ?? Number.NEGATIVE_INFINITY)) return;
    best.set(position, { document, position, score, draft });
  });
  return [...best.values()]
    .toSorted((a, b) => b.score - a.score || a.position - b.position)
    .slice(0, k)
    .map(({ document, score, draft }, i) => ({
      id: document.id,
      score,
      content: draft.text,
      rank: i + 1,
      metadata: document.metadata ?? {},
      start: draft.start,
      end: draft.end,
      place: placeLabel(placeOf(draft, null)),
      title: draft.title,
    }));
}
