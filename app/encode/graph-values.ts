import { PassimError } from '../contract/errors.ts';
import { halfToFloat } from './half.ts';
import {
  ElementType,
  emptyTensor,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from './onnx-proto.ts';

/** Weights of a graph as numbers, and small queries over its nodes. Shared by the graph rewrites. */

export function attributeOf(node: OnnxNode, name: string): OnnxAttribute | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

/** Elements of a weight tensor as numbers. @throws PassimError 'model-invalid' for types that no encoder uses */
export function elementsOf(tensor: OnnxTensor): ArrayLike<number> {
  if (tensor.dataLocation === 1)
    throw new PassimError('model-invalid', `the weights of ${tensor.name} lie in another file`);
  // A copy: the bytes may begin at any place of the file, typed arrays may not.
  const raw = () => new Uint8Array(tensor.rawData).buffer;
  const has = tensor.rawData.length > 0;
  switch (tensor.dataType) {
    case ElementType.float:
      return has ? new Float32Array(raw()) : tensor.floatData;
    case ElementType.double:
      return has ? new Float64Array(raw()) : tensor.doubleData;
    case ElementType.uint8:
      return has ? tensor.rawData : tensor.int32Data;
    case ElementType.bool:
      return has ? tensor.rawData : tensor.int32Data;
    case ElementType.int8:
      return has ? new Int8Array(raw()) : tensor.int32Data;
    case ElementType.int32:
      return has ? new Int32Array(raw()) : tensor.int32Data;
    case ElementType.int64:
      return has ? Array.from(new BigInt64Array(raw()), Number) : tensor.int64Data;
    case ElementType.float16:
      return Array.from(has ? new Uint16Array(raw()) : tensor.int32Data, halfToFloat);
    default:
      throw new PassimError('model-invalid', `the weights of ${tensor.name} are of type ${tensor.dataType}`);
  }
}

export function floatTensor(name: string, dims: number[], values: Float32Array): OnnxTensor {
  return {
    ...emptyTensor(name, ElementType.float, dims),
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

/** Turns Constant nodes into initializers, so that a rewrite meets constants in one form only. */
export function liftConstants(graph: OnnxGraph): void {
  graph.node = graph.node.filter((node) => {
    if (node.opType !== 'Constant' || node.domain !== '') return true;
    const output = node.output[0] ?? '';
    const [attribute] = node.attribute;
    if (attribute?.name === 'value' && attribute.t) graph.initializer.push({ ...attribute.t, name: output });
    else if (attribute?.name === 'value_float')
      graph.initializer.push(floatTensor(output, [], Float32Array.of(attribute.f)));
    else if (attribute?.name === 'value_floats')
      graph.initializer.push(
        floatTensor(output, [attribute.floats.length], Float32Array.from(attribute.floats)),
      );
    else if (attribute?.name === 'value_int')
      graph.initializer.push({ ...emptyTensor(output, ElementType.int64, []), int64Data: [attribute.i] });
    else if (attribute?.name === 'value_ints')
      graph.initializer.push({
        ...emptyTensor(output, ElementType.int64, [attribute.ints.length]),
        int64Data: attribute.ints,
      });
    else return true;
    return false;
  });
}

/** Drops nodes and weights that no output needs. */
export function dropUnused(graph: OnnxGraph): void {
  const needed = new Set(graph.output.map((value) => value.name));
  const kept: OnnxNode[] = [];
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => needed.has(name))) continue;
    for (const name of node.input) needed.add(name);
    kept.push(node);
  }
  graph.node = kept.reverse();
  graph.initializer = graph.initializer.filter((tensor) => needed.has(tensor.name));
}

export function refuseSubgraphs(graph: OnnxGraph): void {
  const branching = graph.node.find((node) => node.attribute.some((attribute) => attribute.g !== null));
  if (branching !== undefined)
    throw new PassimError('model-invalid', `the graph branches (${branching.opType})`, {
      subject: branching.opType,
    });
}
