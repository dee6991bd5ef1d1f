/** Passim for LlamaIndex: `import … from 'passim/llamaindex'`. Needs `llamaindex` (or `@llamaindex/core`) beside Passim. */
import type { MessageContent } from '@llamaindex/core/llms';
import type { BaseNodePostprocessor } from '@llamaindex/core/postprocessor';
import type { QueryBundle } from '@llamaindex/core/query-engine';
import { BaseRetriever } from '@llamaindex/core/retriever';
import {
  MetadataMode,
  NodeRelationship,
  type NodeWithScore,
  ObjectType,
  TextNode,
} from '@llamaindex/core/schema';
import { extractText } from '@llamaindex/core/utils';
import { metadataFor, type PassageSource, type Reranker, titleOf } from './source.ts';

export interface LlamaIndexRetrieverOptions {
  /** Nodes at most. */
  readonly k?: number;
  readonly signal?: AbortSignal;
}

/** A LlamaIndex retriever whose nodes carry source, place, offsets and score. */
export class PassimNodeRetriever extends BaseRetriever {
  readonly #source: PassageSource;
  readonly #options: LlamaIndexRetrieverOptions;

  constructor(source: PassageSource, options: LlamaIndexRetrieverOptions = {}) {
    super();
    this.#source = source;
    this.#options = options;
  }

  /** @throws PassimError as the source's search */
  override async _retrieve(params: QueryBundle): Promise<NodeWithScore[]> {
    const { k, signal } = this.#options;
    const results = await this.#source.search(
      extractText(params.query),
      k ?? 10,
      signal === undefined ? {} : { signal },
    );
    return results.map((result) => {
      const metadata = metadataFor(result);
      return {
        node: new TextNode({
          id_: result.id,
          text: result.content,
          metadata,
          // A model reads where a text is from, not its numbers.
          excludedLlmMetadataKeys: ['start', 'end', 'score', 'rank'],
          excludedEmbedMetadataKeys: Object.keys(metadata),
          startCharIdx: result.start,
          endCharIdx: result.end,
          relationships: {
            [NodeRelationship.SOURCE]: {
              nodeId: String(metadata['source']),
              nodeType: ObjectType.DOCUMENT,
              metadata: {},
            },
          },
        }),
        score: result.score,
      };
    });
  }
}

/** A LlamaIndex retriever over a Retriever or over Files. */
export function toLlamaIndexRetriever(
  source: PassageSource,
  options: LlamaIndexRetrieverOptions = {},
): PassimNodeRetriever {
  return new PassimNodeRetriever(source, options);
}

export interface LlamaIndexPostprocessorOptions {
  /** Nodes kept at most; all when absent. */
  readonly topN?: number;
  readonly signal?: AbortSignal;
}

/** A LlamaIndex node postprocessor that ranks nodes of any retriever by MaxSim with a Retriever's model. */
export function toLlamaIndexPostprocessor(
  reranker: Reranker,
  options: LlamaIndexPostprocessorOptions = {},
): BaseNodePostprocessor {
  return {
    async postprocessNodes(nodes: NodeWithScore[], query?: MessageContent): Promise<NodeWithScore[]> {
      if (query === undefined) return nodes;
      const ranked = await reranker.rerank(
        extractText(query),
        nodes.map(({ node }, i) => ({
          id: String(i),
          content: node.getContent(MetadataMode.NONE),
          ...titleOf(node.metadata as Record<string, unknown>),
        })),
        options.topN ?? nodes.length,
        options.signal === undefined ? {} : { signal: options.signal },
      );
      return ranked.flatMap(({ id, score }) => {
        const found = nodes[Number(id)];
        return found === undefined ? [] : [{ node: found.node, score }];
      });
    },
  };
}
