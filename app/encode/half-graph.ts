import { PassimError } from '../contract/errors.ts';
import {
  attributeOf,
  dropUnused,
  elementsOf,
  floatTensor,
  liftConstants,
  refuseSubgraphs,
} from './graph-values.ts';
import { floatToHalf } from './half.ts';
import {
  ElementType,
  emptyTensor,
  intAttribute,
  makeNode,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from './onnx-proto.ts';

/**
 * Turns a graph of 32-bit floats into one that computes in 16 bits, inputs and outputs unchanged. Mixed precision as
 * in Micikevicius et al. 2018: products in 16 bits; normalisations, sums of squares, softmax and angles in 32, where
 * 16 bits would overflow or lose the result.
 */

/** Computed in 32 bits. */
const WIDE = new Set([
  'LayerNormalization',
  'SimplifiedLayerNormalization',
  'SkipLayerNormalization',
  'SkipSimplifiedLayerNormalization',
  'LpNormalization',
  'Softmax',
  'LogSoftmax',
  'ReduceL2',
  'ReduceMean',
  'ReduceSum',
  'ReduceSumSquare',
  'Pow',
  'Sqrt',
  'Reciprocal',
  'Range',
  'CumSum',
  'Exp',
  'Log',
]);
/** Computed in 32 bits when they continue a computation that is, up to its division (a normalisation written out). */
const CONTINUES = new Set(['Add', 'Sub', 'Clip', 'Max', 'Sqrt', 'Reciprocal', 'Expand', 'Div', 'Mul']);
/** Outputs of another type than the first input's. */
const FIXED_TYPE: Readonly<Record<string, number>> = {
  Shape: ElementType.int64,
  Size: ElementType.int64,
  ArgMax: ElementType.int64,
  ArgMin: ElementType.int64,
  NonZero: ElementType.int64,
  Equal: ElementType.bool,
  Less: ElementType.bool,
  LessOrEqual: ElementType.bool,
  Greater: ElementType.bool,
  GreaterOrEqual: ElementType.bool,
  IsNaN: ElementType.bool,
  IsInf: ElementType.bool,
};
const FLOATS: readonly number[] = [ElementType.float, ElementType.float16];

class Halver {
  readonly #graph: OnnxGraph;
  readonly #weights: Map<string, OnnxTensor>;
  /** Element type of each value in the new graph. */
  readonly #types = new Map<string, number>();
  readonly #wide: Set<OnnxNode>;
  readonly #nodes: OnnxNode[] = [];
  readonly #made = new Set<string>();
  readonly #initializers: OnnxTensor[] = [];

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    for (const input of graph.input) this.#types.set(input.name, input.elementType);
    this.#wide = wideNodes(graph);
  }

  run(): void {
    for (const node of this.#graph.node) this.#convert(node);
    for (const output of this.#graph.output) this.#widenOutput(output.name);
    this.#graph.node = this.#nodes;
    this.#graph.initializer = this.#initializers;
    this.#graph.valueInfo = [];
    dropUnused(this.#graph);
  }

  #convert(node: OnnxNode): void {
    const wanted = this.#wide.has(node) ? ElementType.float : ElementType.float16;
    const input = node.input.map((name) => this.#in(name, wanted));
    const attribute = node.attribute.map((entry) => {
      if (node.opType === 'Cast' && entry.name === 'to' && entry.i === ElementType.float)
        return intAttribute('to', wanted);
      if (node.opType === 'ConstantOfShape' && entry.t?.dataType === ElementType.float)
        return { ...entry, t: wanted === ElementType.float ? entry.t : halved(entry.t) };
      return entry;
    });
    const converted = { ...node, input, attribute };
    this.#nodes.push(converted);
    const type = this.#outputType(converted, wanted);
    for (const name of node.output) if (name !== '') this.#types.set(name, type);
  }

  #outputType(node: OnnxNode, wanted: number): number {
    const fixed = FIXED_TYPE[node.opType];
    if (fixed !== undefined) return fixed;
    if (node.opType === 'Cast') return attributeOf(node, 'to')?.i ?? wanted;
    if (node.opType === 'ConstantOfShape')
      return attributeOf(node, 'value')?.t?.dataType ?? ElementType.float;
    // The embedding layer's first inputs are ids; its weights tell the type.
    const source =
      node.opType === 'Where'
        ? node.input[1]
        : node.opType === 'EmbedLayerNormalization'
          ? node.input[2]
          : node.input[0];
    const type = this.#types.get(source ?? '');
    if (type === undefined)
      throw new PassimError('model-invalid', `the type of ${node.opType}'s output can't be told`, {
        subject: node.opType,
      });
    return type;
  }

  /** Name of a value in the wanted float type; values that are no floats stay as they are. */
  #in(name: string, wanted: number): string {
    if (name === '') return name;
    const weight = this.#weights.get(name);
    if (weight !== undefined) return this.#weight(weight, wanted);
    const type = this.#types.get(name);
    if (type === undefined || !FLOATS.includes(type) || type === wanted) return name;
    const cast = `${name}__${wanted === ElementType.float ? 'wide' : 'half'}`;
    if (!this.#made.has(cast)) {
      this.#made.add(cast);
      this.#nodes.push(makeNode('Cast', [name], [cast], [intAttribute('to', wanted)]));
      this.#types.set(cast, wanted);
    }
    return cast;
  }

  #weight(tensor: OnnxTensor, wanted: number): string {
    const float = FLOATS.includes(tensor.dataType) || tensor.dataType === ElementType.double;
    const name = float && wanted === ElementType.float16 ? `${tensor.name}__half` : tensor.name;
    if (this.#made.has(name)) return name;
    this.#made.add(name);
    if (!float) {
      this.#initializers.push(tensor);
      this.#types.set(name, tensor.dataType);
    } else {
      const made =
        wanted === ElementType.float16
          ? halved(tensor)
          : floatTensor(name, tensor.dims, Float32Array.from(elementsOf(tensor)));
      this.#initializers.push({ ...made, name });
      this.#types.set(name, wanted);
    }
    return name;
  }

  /** A graph output of 16 bits gets its old name back after a cast to 32. */
  #widenOutput(name: string): void {
    if (this.#types.get(name) !== ElementType.float16) return;
    const inner = `${name}__inner`;
    for (const node of this.#nodes) {
      node.input = node.input.map((input) => (input === name ? inner : input));
      node.output = node.output.map((output) => (output === name ? inner : output));
    }
    const cast = makeNode('Cast', [inner], [name], [intAttribute('to', ElementType.float)]);
    this.#nodes.push({ ...cast, name: `${name}__widened` });
  }
}

function halved(tensor: OnnxTensor): OnnxTensor {
  const values = elementsOf(tensor);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i += 1) halves[i] = floatToHalf(values[i] ?? 0);
  return {
    ...emptyTensor(tensor.name, ElementType.float16, tensor.dims),
    rawData: new Uint8Array(halves.buffer),
  };
}

/** Nodes that are computed in 32 bits. */
function wideNodes(graph: OnnxGraph): Set<OnnxNode> {
  const wide = new Set<OnnxNode>();
  const producers = new Map<string, OnnxNode>();
  /** Values that come straight from a normalisation that is not divided out yet. */
  const open = new Set<string>();
  for (const node of graph.node) {
    for (const name of node.output) producers.set(name, node);
    const continues = CONTINUES.has(node.opType) && node.input.some((name) => open.has(name));
    if (!WIDE.has(node.opType) && !continues) continue;
    wide.add(node);
    const ends =
      node.opType === 'Div' ||
      node.opType === 'Mul' ||
      /Normalization|Softmax|^Range$|^Exp$/.test(node.opType);
    if (!ends) for (const name of node.output) open.add(name);
  }
  // An angle is a position times a frequency: in 16 bits its fraction would be gone after some hundred tokens.
  const angles = graph.node.filter((node) => node.opType === 'Cos' || node.opType === 'Sin');
  while (angles.length > 0) {
    const node = angles.pop();
    if (node === undefined || wide.has(node)) continue;
    wide.add(node);
    for (const name of node.input) {
      const producer = producers.get(name);
      if (producer !== undefined) angles.push(producer);
    }
  }
  return wide;
}

/**
 * Rewrites `model` in place.
 * @throws PassimError 'model-invalid' when the graph branches or holds what can't be typed
 */
export function toHalfGraph(model: OnnxModel): void {
  refuseSubgraphs(model.graph);
  liftConstants(model.graph);
  new Halver(model.graph).run();
}
