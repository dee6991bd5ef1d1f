import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineFile, NpyFile } from './files.ts';
import { numbersOf, rowsOf, type VectorPassage } from './passages.ts';
import { payloadOf, type SinkFactory, type VectorExport, type VectorSink } from './sink.ts';

const COLLECTION = 'passim';

async function writeJson(directory: string, name: string, value: unknown): Promise<void> {
  await writeFile(join(directory, name), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
}

/** A sink of one line for each passage. */
async function linesSink(
  { directory }: VectorExport,
  name: string,
  lineOf: (passage: VectorPassage) => unknown,
): Promise<VectorSink> {
  const lines = await LineFile.create(join(directory, name));
  return {
    async write(passages) {
      for (const passage of passages) await lines.write(lineOf(passage));
    },
    close: () => lines.close(),
  };
}

/** The same UUID for the same passage of the same index, where numbers are no ids. */
function uuidOf(modelId: string, id: string): string {
  const hex = createHash('sha256').update(`${modelId} ${id}`).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * Qdrant: `collection.json` is the body of PUT /collections/passim, each line of `points.jsonl` that of
 * PUT /collections/passim/points. Token vectors are compared by MaxSim, the dense one by its dot product.
 */
export const qdrantSink: SinkFactory = async (target) => {
  const { directory, dimension } = target;
  await writeJson(directory, 'collection.json', {
    vectors: {
      tokens: {
        size: dimension,
        distance: 'Dot',
        // Multivectors rerank what the dense vectors find, or are scanned; a graph over them would be large.
        hnsw_config: { m: 0 },
        multivector_config: { comparator: 'max_sim' },
      },
      dense: { size: dimension, distance: 'Dot' },
    },
  });
  const lines = await LineFile.create(join(directory, 'points.jsonl'));
  return {
    async write(passages) {
      if (passages.length === 0) return;
      await lines.write({
        points: passages.map((passage) => ({
          id: passage.number,
          vector: { tokens: rowsOf(passage.vectors, dimension), dense: numbersOf(passage.dense) },
          payload: payloadOf(passage),
        })),
      });
    },
    close: () => lines.close(),
  };
};

/** The schema of a Vespa application; MaxSim is the second phase over what the dense vectors or BM25 find. */
const vespaSchema = (dimension: number) => `schema ${COLLECTION} {
    document ${COLLECTION} {
        field passage type string { indexing: summary | attribute }
        field path type string { indexing: summary | attribute }
        field title type string { indexing: summary | index
            index: enable-bm25 }
        field headings type string { indexing: summary | index }
        field place type string { indexing: summary }
        field text type string { indexing: summary | index
            index: enable-bm25 }
        field start type int { indexing: summary | attribute }
        field end type int { indexing: summary | attribute }
        field dense type tensor<float>(v[${dimension}]) { indexing: attribute | index
            attribute { distance-metric: dotproduct } }
        field tokens type tensor<float>(token{}, v[${dimension}]) { indexing: attribute }
    }
    fieldset default { fields: title, text }
    rank-profile maxsim {
        inputs {
            query(q) tensor<float>(v[${dimension}])
            query(qt) tensor<float>(qtoken{}, v[${dimension}])
        }
        function max_sim() {
            expression: sum(reduce(sum(query(qt) * attribute(tokens), v), max, token), qtoken)
        }
        first-phase { expression: closeness(field, dense) + bm25(text) }
        second-phase { rerank-count: 1000
            expression: max_sim }
        match-features: max_sim
    }
}
`;

/** Vespa: `schemas/passim.sd` of an application, and `feed.jsonl` for `vespa feed`. */
export const vespaSink: SinkFactory = async (target) => {
  const { directory, dimension } = target;
  await writeFile(join(directory, `${COLLECTION}.sd`), vespaSchema(dimension), { mode: 0o600, flag: 'wx' });
  return linesSink(target, 'feed.jsonl', (passage) => ({
    put: `id:${COLLECTION}:${COLLECTION}::${passage.id}`,
    fields: {
      ...payloadOf(passage),
      dense: { values: numbersOf(passage.dense) },
      tokens: {
        blocks: Object.fromEntries(rowsOf(passage.vectors, dimension).map((row, i) => [String(i), row])),
      },
    },
  }));
};

/** FAISS: `dense.npy` for an inner-product index, and `passages.jsonl` with the i-th passage in line i. */
export const faissSink: SinkFactory = async (target) => {
  const dense = await NpyFile.create(join(target.directory, 'dense.npy'), '<f4', target.dimension);
  const lines = await linesSink(target, 'passages.jsonl', payloadOf);
  return {
    async write(passages) {
      for (const passage of passages) await dense.write(passage.dense);
      await lines.write(passages);
    },
    async close() {
      await dense.close();
      await lines.close();
    },
  };
};

/** Milvus: `collection.json` tells the fields, `rows.jsonl` are entities for `insert`. */
export const milvusSink: SinkFactory = async (target) => {
  const varchar = (name: string, max_length: number) => ({ name, type: 'VARCHAR', params: { max_length } });
  await writeJson(target.directory, 'collection.json', {
    collection_name: COLLECTION,
    fields: [
      { name: 'id', type: 'INT64', is_primary: true, auto_id: false },
      { name: 'dense', type: 'FLOAT_VECTOR', params: { dim: target.dimension } },
      varchar('passage', 64),
      varchar('path', 32_768),
      varchar('title', 32_768),
      varchar('headings', 32_768),
      varchar('place', 4_096),
      varchar('text', 65_535),
      { name: 'start', type: 'INT64' },
      { name: 'end', type: 'INT64' },
    ],
    index: { field_name: 'dense', metric_type: 'IP', index_type: 'AUTOINDEX' },
  });
  return linesSink(target, 'rows.jsonl', (passage) => ({
    id: passage.number,
    dense: numbersOf(passage.dense),
    ...payloadOf(passage),
  }));
};

/** Weaviate: `class.json` for POST /v1/schema, and objects for /v1/batch/objects. */
export const weaviateSink: SinkFactory = async (target) => {
  const property = (name: string, dataType: string) => ({ name, dataType: [dataType] });
  await writeJson(target.directory, 'class.json', {
    class: 'Passage',
    vectorizer: 'none',
    vectorIndexConfig: { distance: 'dot' },
    properties: [
      ...['passage', 'path', 'title', 'headings', 'place', 'text'].map((name) => property(name, 'text')),
      ...['start', 'end'].map((name) => property(name, 'int')),
    ],
  });
  return linesSink(target, 'objects.jsonl', (passage) => ({
    class: 'Passage',
    id: uuidOf(target.modelId, passage.id),
    vector: numbersOf(passage.dense),
    properties: payloadOf(passage),
  }));
};

/** Bytes of metadata that Pinecone takes for a record. */
const PINECONE_METADATA = 40_000;

/** Pinecone: `index.json` tells dimension and metric, `vectors.jsonl` are records for `upsert`. */
export const pineconeSink: SinkFactory = async (target) => {
  await writeJson(target.directory, 'index.json', {
    name: COLLECTION,
    dimension: target.dimension,
    metric: 'dotproduct',
  });
  return linesSink(target, 'vectors.jsonl', (passage) => ({
    id: passage.id,
    values: numbersOf(passage.dense),
    metadata: fitting(payloadOf(passage)),
  }));
};

/** Shortens the text of a passage that is larger than a record may be. */
function fitting(payload: Record<string, string | number>): Record<string, string | number> {
  const size = () => Buffer.byteLength(JSON.stringify(payload));
  for (let text = String(payload['text']); size() > PINECONE_METADATA && text !== ''; ) {
    text = text.slice(0, Math.floor(text.length * 0.8));
    payload['text'] = text;
  }
  return payload;
}
