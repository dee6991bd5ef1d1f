import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnableLambda, RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { BaseRetriever } from '@llamaindex/core/retriever';
import { MetadataMode, NodeRelationship, TextNode } from '@llamaindex/core/schema';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { toLangChainCompressor, toLangChainRetriever } from '../../app/adapters/langchain.ts';
import { toLlamaIndexPostprocessor, toLlamaIndexRetriever } from '../../app/adapters/llamaindex.ts';
import { Files, Retriever } from '../../app/index.ts';
import { openEngine } from '../helpers/engine.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const LEASE = "The rent is due on the first.\n\nThe tenant may end the contract with three months' notice.";
const DOCUMENTS = [
  { id: 'lease', title: 'Lease', content: LEASE, metadata: { year: 2024, source: '/papers/lease.pdf' } },
  { id: 'recipe', content: 'Mix flour, eggs and milk, and fry thin pancakes in hot butter.' },
  { id: 'motor', content: 'An electric motor turns current into torque.' },
];

let retriever: Retriever;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'passim-adapters-'));
  retriever = await Retriever.open({ directory });
  await retriever.add(DOCUMENTS);
});
afterAll(async () => {
  await retriever.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('LangChain', () => {
  it('gets documents with source, place, offsets and score', async () => {
    const [first] = await toLangChainRetriever(retriever, { k: 2 }).invoke('how can I cancel my flat?');
    expect(first).toBeInstanceOf(Document);
    expect(first).toMatchObject({
      id: 'lease',
      metadata: { source: '/papers/lease.pdf', year: 2024, title: 'Lease', place: 'line 1', rank: 1 },
    });
    const { start, end, score } = (first?.metadata ?? {}) as { start: number; end: number; score: number };
    expect(LEASE.slice(start, end)).toBe(first?.pageContent);
    expect(score).toBeGreaterThan(0);
  });

  it('puts the right context before a model in a chain', async () => {
    const prompts: string[] = [];
    const chain = RunnableSequence.from([
      {
        context: toLangChainRetriever(retriever, { k: 1 }).pipe((documents: { pageContent: string }[]) =>
          documents.map((document) => document.pageContent).join('\n---\n'),
        ),
        question: new RunnablePassthrough<string>(),
      },
      ChatPromptTemplate.fromTemplate('Answer from this only:\n{context}\nQuestion: {question}'),
      new RunnableLambda({
        func: async (prompt: { toString(): string }) => {
          prompts.push(prompt.toString());
          return prompt as never;
        },
      }),
      new FakeListChatModel({ responses: ['With three months notice.'] }),
      new StringOutputParser(),
    ]);
    expect(await chain.invoke('what do I fry thin pancakes in?')).toBe('With three months notice.');
    expect(prompts[0]).toContain('fry thin pancakes in hot butter');
    expect(prompts[0]).not.toContain('torque');
  });

  it('reranks the documents of another retriever', async () => {
    const found = [
      new Document({ id: 'a', pageContent: 'The deposit is paid back.', metadata: { from: 'elsewhere' } }),
      new Document({
        id: 'b',
        pageContent: `${'Nothing of note. '.repeat(5)}\n\nPancakes with syrup.`,
        metadata: {},
      }),
      new Document({ pageContent: '' }),
    ];
    const ranked = await toLangChainCompressor(retriever, { topN: 2 }).compressDocuments(
      found,
      'breakfast pancakes',
    );
    expect(ranked.map((document) => document.id)).toEqual(['b', 'a']);
    expect(ranked[1]?.metadata).toMatchObject({ from: 'elsewhere', rank: 2, score: expect.any(Number) });
    expect(ranked[0]?.pageContent).toBe(found[1]?.pageContent);
    const stop = AbortSignal.abort();
    await expect(
      toLangChainCompressor(retriever, { signal: stop }).compressDocuments(found, 'x'),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('LlamaIndex', () => {
  it('gets nodes with source, place, offsets and score', async () => {
    const nodes = await toLlamaIndexRetriever(retriever, { k: 2 }).retrieve({ query: 'cancel my flat' });
    const { node, score } = nodes[0] ?? {};
    expect(node).toBeInstanceOf(TextNode);
    expect(node?.id_).toBe('lease');
    expect(score).toBeGreaterThan(0);
    expect(node?.metadata).toMatchObject({ source: '/papers/lease.pdf', place: 'line 1' });
    expect(node?.relationships[NodeRelationship.SOURCE]).toMatchObject({ nodeId: '/papers/lease.pdf' });
    const text = node as TextNode;
    expect(LEASE.slice(text.startCharIdx, text.endCharIdx)).toBe(text.text);
    // The model reads where it is from, and no numbers.
    expect(text.getContent(MetadataMode.LLM)).toContain('source: /papers/lease.pdf');
    expect(text.getContent(MetadataMode.LLM)).not.toContain('score:');
  });

  it('answers through the package’s own query engine with a fake model', async () => {
    // Its types come with another version of a parser that would hide this project's own.
    const name = 'llamaindex';
    const llama = (await import(name)) as Record<string, unknown>;
    expect(llama['BaseRetriever']).toBe(BaseRetriever);
    const Engine = llama['RetrieverQueryEngine'] as new (
      retriever: unknown,
      synthesizer: unknown,
      postprocessors: unknown[],
    ) => { query(input: { query: string }): Promise<{ sourceNodes?: { node: TextNode }[] }> };
    const seen: string[] = [];
    const synthesizer = {
      async synthesize({ nodes }: { nodes: { node: TextNode }[] }) {
        seen.push(...nodes.map(({ node }) => node.getContent(MetadataMode.LLM)));
        return { sourceNodes: nodes };
      },
    };
    const engine = new Engine(toLlamaIndexRetriever(retriever, { k: 3 }), synthesizer, [
      toLlamaIndexPostprocessor(retriever, { topN: 1 }),
    ]);
    const answer = await engine.query({ query: 'what turns current into torque?' });
    expect(answer.sourceNodes).toHaveLength(1);
    expect(seen).toEqual([expect.stringContaining('An electric motor turns current into torque.')]);
  });

  it('reranks the nodes of another retriever', async () => {
    const nodes = ['The deposit is paid back.', 'Pancakes with syrup.'].map((text, i) => ({
      node: new TextNode({ id_: `n${i}`, text }),
      score: 1 - i,
    }));
    const post = toLlamaIndexPostprocessor(retriever);
    const ranked = await post.postprocessNodes(nodes, [{ type: 'text', text: 'breakfast' }]);
    expect(ranked.map(({ node }) => node.id_)).toEqual(['n1', 'n0']);
    expect(ranked[0]?.score).not.toBe(0);
    expect(await post.postprocessNodes(nodes)).toBe(nodes);
  });
});

describe('the person’s files', () => {
  it('are found by adapters with their path and place, also those indexed later', async () => {
    const base = temporaryFolder('adapters');
    const folder = join(base, 'notes');
    mkdirSync(folder);
    writeFileSync(join(folder, 'lease.md'), `# Lease\n\n${LEASE}\n`);
    const engine = await openEngine(join(base, 'data'));
    await engine.call('addFolder', { path: folder });
    await engine.call('sync', {});
    const files = await Files.open({ home: join(base, 'data') });
    onTestFinished(() => files.close());
    const [document] = await toLangChainRetriever(files, { k: 1 }).invoke('cancel my flat');
    expect(document?.metadata).toMatchObject({
      source: join(folder, 'lease.md'),
      name: 'lease.md',
      place: expect.stringMatching(/^line \d$/),
    });
    writeFileSync(join(folder, 'motor.txt'), 'An electric motor turns current into torque.\n');
    await engine.call('sync', {});
    await expect
      .poll(async () => (await files.search('electric motor torque', 1))[0]?.metadata['source'])
      .toBe(join(folder, 'motor.txt'));
  });
});
