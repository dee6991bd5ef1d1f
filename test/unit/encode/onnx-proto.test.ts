import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PassimError } from '../../../app/contract/index.ts';
import {
  decodeModel,
  encodeModel,
  floatAttribute,
  intAttribute,
  makeNode,
} from '../../../app/encode/onnx-proto.ts';
import { tinyGraph } from './tiny-package.ts';

/** Reads bytes that may be no graph: the only error that may come is the documented one. */
function read(bytes: Uint8Array): void {
  try {
    decodeModel(bytes);
  } catch (error) {
    if (!(error instanceof PassimError)) throw error;
    expect(error.code).toBe('model-invalid');
  }
}

describe('ONNX files', () => {
  test('come back as they were written, attributes of every kind included', () => {
    const model = tinyGraph({ dimension: 16, types: true, mix: true, normalise: true });
    model.graph.node.push(
      makeNode(
        'Example',
        ['a', '', 'b'],
        ['c'],
        [
          intAttribute('negative', -1),
          intAttribute('zero', 0),
          intAttribute('large', 2 ** 40),
          floatAttribute('half', 0.5),
          { ...intAttribute('text', 0), type: 3, i: 0, s: new TextEncoder().encode('gelu') },
          { ...intAttribute('floats', 0), type: 6, i: 0, floats: [0.25, -2] },
          { ...intAttribute('ints', 0), type: 7, i: 0, ints: [-1, 0, 7] },
        ],
        'com.example',
      ),
    );
    const again = decodeModel(encodeModel(model));
    expect(again.opsets).toEqual(model.opsets);
    expect(again.graph.input).toEqual(model.graph.input);
    expect(again.graph.output).toEqual(model.graph.output);
    expect(again.graph.node).toEqual(model.graph.node);
    expect(
      again.graph.initializer.map((tensor) => [tensor.name, tensor.dims, tensor.rawData.length]),
    ).toEqual(model.graph.initializer.map((tensor) => [tensor.name, tensor.dims, tensor.rawData.length]));
  });

  test('that are none are refused, whatever their bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), read), { numRuns: 2000 });
    expect(() => decodeModel(new Uint8Array(0))).toThrow(PassimError);
  });

  test('that are damaged are read or refused, never worse', () => {
    const bytes = encodeModel(tinyGraph({ dimension: 8, vocabulary: 10 }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const damaged = bytes.slice(0, length);
          for (const [at, value] of changes) if (at < length) damaged[at] = value;
          read(damaged);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('with functions or sparse weights are refused', () => {
    const field = (tag: number) => Uint8Array.of((tag << 3) | 2, 0);
    expect(() => decodeModel(Uint8Array.of(0xca, 0x01, 0))).toThrow(/functions/);
    const graph = field(15);
    expect(() => decodeModel(Uint8Array.of((7 << 3) | 2, graph.length, ...graph))).toThrow(/sparse/);
  });
});
