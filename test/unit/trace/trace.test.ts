import { describe, expect, it } from 'vitest';
import { type SearchResponse, searchRequestSchema } from '../../../app/contract/search.ts';
import { searchTraceSchema } from '../../../app/contract/trace.ts';
import { toOtlp } from '../../../app/trace/otlp.ts';
import { traceOf } from '../../../app/trace/record.ts';
import { readTraces, traceLogs } from '../../../app/trace/store.ts';
import { temporaryFolder } from '../../helpers/temp.ts';

const ENGINE = { model: 'm@1', index: 'native', kernel: 'avx2' };
const BEGAN = 1_790_000_000_123.25;

function response(stages: Record<string, number>): SearchResponse {
  return {
    query: 'secret lease',
    tookMs: 30,
    stages,
    words: [{ index: 0, text: 'secret', start: 0, end: 6, weight: 2, required: false }],
    results: [],
    notices: [],
    coverage: { searchable: 5, known: 6 },
  };
}

const STAGES = { filter: 1, encode: 10, bm25: 3, maxsim: 5, complete: 2, explain: 4 };
const trace = () =>
  traceOf(
    searchRequestSchema.parse({ query: 'secret lease', ranker: 'fused', k: 7 }),
    response(STAGES),
    BEGAN,
    ENGINE,
  );

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

const spansOf = (queries: boolean): Span[] => {
  const request = toOtlp([trace()], { version: '1.2.3', queries }) as {
    resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
  };
  return request.resourceSpans.flatMap((each) => each.scopeSpans.flatMap((scope) => scope.spans));
};

describe('the trace of a search', () => {
  it('places the stages in time: rankings begin together', () => {
    const { stages, ...rest } = searchTraceSchema.parse(trace());
    expect(stages).toEqual([
      { name: 'filter', start: 0, ms: 1 },
      { name: 'encode', start: 1, ms: 10 },
      { name: 'bm25', start: 11, ms: 3 },
      { name: 'maxsim', start: 11, ms: 5 },
      { name: 'complete', start: 16, ms: 2 },
      { name: 'explain', start: 18, ms: 4 },
    ]);
    expect(rest).toMatchObject({
      time: BEGAN,
      choices: { ranker: 'fused', k: 7, maxsimWeight: null, words: [{ text: 'secret', weight: 2 }] },
      found: { files: 0, passages: 0 },
      engine: ENGINE,
    });
  });

  it('becomes OpenTelemetry spans, one for each stage below that of the search', () => {
    const spans = spansOf(true);
    const [root, ...stages] = spans;
    expect(spans.map((span) => span.name)).toEqual(['search', ...Object.keys(STAGES)]);
    expect(root?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(spans.length);
    for (const span of spans) {
      expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(span.traceId).toBe(root?.traceId);
      expect(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)).toBeGreaterThan(0n);
    }
    for (const stage of stages) expect(stage.parentSpanId).toBe(root?.spanId);
    expect(root?.startTimeUnixNano).toBe('1790000000123250000');
    expect(root?.endTimeUnixNano).toBe('1790000000153250000');
    expect(root?.attributes).toContainEqual({ key: 'passim.k', value: { intValue: '7' } });
    expect(root?.attributes).toContainEqual({ key: 'passim.exhaustive', value: { boolValue: false } });
  });

  it('leaves out what was searched for when told to', () => {
    expect(JSON.stringify(spansOf(true))).toContain('secret');
    expect(JSON.stringify(spansOf(false))).not.toContain('secret');
  });

  it('is read back newest first; lines of another form are passed over', async () => {
    const { traces } = traceLogs(temporaryFolder('traces'));
    const first = trace();
    await traces.append(first);
    await traces.append({ other: true });
    const second = trace();
    await traces.append(second);
    expect(await readTraces(traces, 10)).toEqual([second, first]);
  });
});
