import type { SearchTrace } from '../contract/trace.ts';
import { hashText } from '../text/hash.ts';

type Value =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number }
  | { arrayValue: { values: Value[] } };
interface Attribute {
  readonly key: string;
  readonly value: Value;
}

const SPAN_KIND_INTERNAL = 1;

function anyValue(value: string | number | boolean | readonly string[]): Value {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((each) => ({ stringValue: each })) } };
}

function attributes(
  values: Readonly<Record<string, string | number | boolean | readonly string[] | null>>,
): Attribute[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === null ? [] : [{ key, value: anyValue(value) }],
  );
}

/** Id of a span, never zero: the same for the same stage of the same trace. */
function spanId(trace: string, stage: string): string {
  const half = (salt: string) => hashText(`${salt} ${trace} ${stage}`).toString(16).padStart(8, '0');
  return half('a') + half('b').replace(/0$/, '1');
}

/** Nanoseconds since the epoch as a decimal string; a double holds them only to about 100 ns. */
const nanos = (ms: number) =>
  (BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1e6))).toString();

/**
 * Traces as OpenTelemetry spans in OTLP's JSON encoding (ExportTraceServiceRequest), for any collector's
 * `/v1/traces`: one span for a search and one below it for each stage.
 * @param options.queries whether the query and its words go along; they tell what a person looked for
 */
export function toOtlp(
  traces: readonly SearchTrace[],
  options: { readonly version: string; readonly queries: boolean },
): Record<string, unknown> {
  const spans = traces.flatMap((trace) => {
    const root = spanId(trace.id, '');
    const { choices, found, engine } = trace;
    const search = {
      traceId: trace.id,
      spanId: root,
      name: 'search',
      kind: SPAN_KIND_INTERNAL,
      startTimeUnixNano: nanos(trace.time),
      endTimeUnixNano: nanos(trace.time + trace.tookMs),
      attributes: attributes({
        'passim.ranker': choices.ranker,
        'passim.exhaustive': choices.exhaustive,
        'passim.k': choices.k,
        'passim.passages_per_file': choices.passagesPerFile,
        'passim.explain': choices.explain,
        'passim.maxsim_weight': choices.maxsimWeight,
        'passim.query.words': choices.words.length,
        'passim.found.files': found.files,
        'passim.found.passages': found.passages,
        'passim.found.strength': found.strength,
        'passim.searchable_files': trace.searchableFiles,
        'passim.model': engine.model,
        'passim.index': engine.index,
        'passim.kernel': engine.kernel,
        ...(options.queries ? { 'passim.query.text': trace.query, 'passim.roots': choices.roots } : {}),
      }),
      status: {},
    };
    const stages = trace.stages.map((stage) => ({
      traceId: trace.id,
      spanId: spanId(trace.id, stage.name),
      parentSpanId: root,
      name: stage.name,
      kind: SPAN_KIND_INTERNAL,
      startTimeUnixNano: nanos(trace.time + stage.start),
      endTimeUnixNano: nanos(trace.time + stage.start + stage.ms),
      attributes: [],
      status: {},
    }));
    return [search, ...stages];
  });
  return {
    resourceSpans: [
      {
        resource: {
          attributes: attributes({ 'service.name': 'passim', 'service.version': options.version }),
        },
        scopeSpans: [{ scope: { name: 'passim.search', version: options.version }, spans }],
      },
    ],
  };
}
