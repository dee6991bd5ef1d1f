import { PassimError } from '../contract/errors.ts';
import { unpackBlocks } from './block-weights.ts';
import {
  attributeOf,
  dropUnused,
  elementsOf,
  floatTensor,
  liftConstants,
  refuseSubgraphs,
} from './graph-values.ts';
import { makeNode, type OnnxGraph, type OnnxModel, type OnnxNode, type OnnxTensor } from './onnx-proto.ts';

/**
 * Turns a dynamically quantised graph back into one of floats: weights are multiplied out, activations are no longer
 * quantised. Knows what onnxruntime's quantiser and its graph optimiser write.
 */

const CONTRIB = 'com.microsoft';
const QUANTISED =
  /^(Q[A-Z]|Dynamic|MatMulInteger|MatMul(NBits|Bnb4)|ConvInteger|QuantizeLinear|DequantizeLinear|GatherBlockQuantized)/;

class Dequantiser {
  readonly #graph: OnnxGraph;
  readonly #weights: Map<string, OnnxTensor>;
  readonly #producers = new Map<string, OnnxNode>();
  /** Values that are another value now. */
  readonly #renamed = new Map<string, string>();
  readonly #made = new Set<string>();

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    for (const node of graph.node) for (const name of node.output) this.#producers.set(name, node);
  }

  run(): void {
    this.#graph.node = this.#graph.node.flatMap((node) => this.#rewrite(node));
    for (const node of this.#graph.node) node.input = node.input.map((name) => this.#now(name));
    dropUnused(this.#graph);
    const left = this.#graph.node.find((node) => QUANTISED.test(node.opType));
    if (left !== undefined)
      throw new PassimError('model-invalid', `the graph's ${left.opType} can't be turned into floats`, {
        subject: left.opType,
      });
  }

  #rewrite(node: OnnxNode): OnnxNode[] {
    if (node.opType === 'DequantizeLinear') return this.#dequantizeLinear(node);
    if (node.opType === 'Mul') return this.#scaledProduct(node) ?? [node];
    if (node.domain !== CONTRIB) return [node];
    if (node.opType === 'DynamicQuantizeMatMul') {
      const [a = '', b = '', scale = '', zero = '', bias = ''] = node.input;
      return this.#product(node, a, this.#weight(b, scale, zero, -1), bias);
    }
    if (node.opType === 'MatMulIntegerToFloat') {
      const [a = '', b = '', , scale = '', , zero = '', bias = ''] = node.input;
      return this.#product(node, this.#unquantised(a), this.#weight(b, scale, zero, -1), bias);
    }
    if (node.opType === 'MatMulNBits') return this.#blockProduct(node);
    if (node.opType === 'QAttention') {
      const [a = '', b = '', bias = '', , scale = '', mask = '', , zero = '', past = ''] = node.input;
      const input = [this.#unquantised(a), this.#weight(b, scale, zero, -1), bias, mask, past];
      while (input.at(-1) === '') input.pop();
      return [{ ...node, opType: 'Attention', input }];
    }
    if (node.opType === 'QEmbedLayerNormalization') {
      const [ids = '', segments = ''] = node.input;
      const mask = node.input[7] ?? '';
      const weights = [2, 3, 4, 5, 6].map((at) =>
        node.input[at]
          ? this.#weight(node.input[at] ?? '', node.input[at + 6] ?? '', node.input[at + 11] ?? '', -1)
          : '',
      );
      const input = [ids, segments, ...weights, mask];
      while (input.at(-1) === '') input.pop();
      return [{ ...node, opType: 'EmbedLayerNormalization', input }];
    }
    return [node];
  }

  /** A constant is multiplied out; a value that was only just quantised is taken as it was before. */
  #dequantizeLinear(node: OnnxNode): OnnxNode[] {
    const [value = '', scale = '', zero = ''] = node.input;
    const output = node.output[0] ?? '';
    const axis = attributeOf(node, 'axis')?.i ?? 1;
    if (this.#weights.has(value)) {
      this.#renamed.set(output, this.#weight(value, scale, zero, axis));
      return [];
    }
    const producer = this.#producers.get(value);
    if (producer?.opType === 'QuantizeLinear') {
      this.#renamed.set(output, producer.input[0] ?? '');
      return [];
    }
    // Rows looked up in a quantised table: the table is multiplied out instead.
    const [table = '', ids = ''] = producer?.input ?? [];
    if (
      producer?.opType === 'Gather' &&
      this.#weights.has(table) &&
      this.#weights.get(scale)?.dims.length === 0
    )
      return [
        { ...producer, name: output, input: [this.#weight(table, scale, zero, axis), ids], output: [output] },
      ];
    return [node];
  }

  /** Mul(Cast(MatMulInteger(DynamicQuantizeLinear(x), W)), Mul(scale of x, scale of W)) is MatMul(x, W). */
  #scaledProduct(node: OnnxNode): OnnxNode[] | null {
    const producers = node.input.map((name) => this.#producers.get(name));
    const cast = producers.find((producer) => producer?.opType === 'Cast');
    const scales = producers.find((producer) => producer?.opType === 'Mul');
    const product = this.#producers.get(cast?.input[0] ?? '');
    if (scales === undefined || product?.opType !== 'MatMulInteger') return null;
    const scale = scales.input.find((name) => this.#weights.has(name));
    const [a = '', b = '', , zero = ''] = product.input;
    if (scale === undefined || !this.#weights.has(b)) return null;
    return this.#product(node, this.#unquantised(a), this.#weight(b, scale, zero, -1), '');
  }

  #product(node: OnnxNode, a: string, b: string, bias: string): OnnxNode[] {
    const output = node.output[0] ?? '';
    if (bias === '') return [makeNode('MatMul', [a, b], [output])];
    const product = `${output}__product`;
    return [makeNode('MatMul', [a, b], [product]), makeNode('Add', [product, bias], [output])];
  }

  #blockProduct(node: OnnxNode): OnnxNode[] {
    const [a = '', b = '', scales = '', zeros = '', , bias = ''] = node.input;
    const size = (name: string) => attributeOf(node, name)?.i ?? 0;
    const layout = {
      rows: size('K'),
      columns: size('N'),
      bits: size('bits') || 4,
      blockSize: size('block_size'),
    };
    const made = `${b}__float`;
    if (!this.#made.has(made)) {
      this.#made.add(made);
      const values = unpackBlocks(
        elementsOf(this.#constant(b)),
        elementsOf(this.#constant(scales)),
        zeros === '' ? null : elementsOf(this.#constant(zeros)),
        layout,
      );
      this.#graph.initializer.push(floatTensor(made, [layout.rows, layout.columns], values));
    }
    return this.#product(node, a, made, bias);
  }

  /** The value that was quantised to give `name`. */
  #unquantised(name: string): string {
    const producer = this.#producers.get(name);
    if (producer?.opType !== 'DynamicQuantizeLinear' && producer?.opType !== 'QuantizeLinear')
      throw new PassimError('model-invalid', `the graph's ${name} is quantised in an unknown way`);
    return producer.input[0] ?? '';
  }

  /** Adds (weight − zero point) × scale as a weight of floats; `axis` is that of the scales, −1 the last. */
  #weight(name: string, scale: string, zero: string, axis: number): string {
    const made = `${name}__float`;
    if (this.#made.has(made)) return made;
    const tensor = this.#constant(name);
    const scales = elementsOf(this.#constant(scale));
    const zeros = zero === '' ? [0] : elementsOf(this.#constant(zero));
    const at = axis < 0 ? tensor.dims.length + axis : axis;
    const inner = tensor.dims.slice(at + 1).reduce((product, size) => product * size, 1);
    const channels = tensor.dims[at] ?? 1;
    const quantised = elementsOf(tensor);
    const values = new Float32Array(quantised.length);
    for (let i = 0; i < values.length; i += 1) {
      const channel = Math.floor(i / inner) % channels;
      const point = zeros[zeros.length === 1 ? 0 : channel] ?? 0;
      values[i] = ((quantised[i] ?? 0) - point) * (scales[scales.length === 1 ? 0 : channel] ?? 0);
    }
    this.#graph.initializer.push(floatTensor(made, tensor.dims, values));
    this.#made.add(made);
    return made;
  }

  #constant(name: string): OnnxTensor {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) throw new PassimError('model-invalid', `the graph computes the weight ${name}`);
    return tensor;
  }

  #now(name: string): string {
    return this.#renamed.get(name) ?? name;
  }
}

/**
 * Graphs with a scale per token divide each row before a product and multiply it afterwards: without integers between
 * them both steps cancel out.
 */
function cancelRowScales(graph: OnnxGraph): void {
  const producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const consumers = new Map<string, OnnxNode[]>();
  for (const node of graph.node)
    for (const name of node.input) consumers.set(name, [...(consumers.get(name) ?? []), node]);
  const outputs = new Set(graph.output.map((value) => value.name));
  for (const node of graph.node) {
    const [product = ''] = node.output;
    const [row = '', scale = ''] = producers.get(node.input[0] ?? '')?.input ?? [];
    const [after, ...others] = consumers.get(product) ?? [];
    if (
      node.opType !== 'MatMul' ||
      producers.get(node.input[0] ?? '')?.opType !== 'Div' ||
      after?.opType !== 'Mul' ||
      others.length > 0 ||
      outputs.has(product) ||
      after.input.find((name) => name !== product) !== scale
    )
      continue;
    node.input = [row, node.input[1] ?? ''];
    node.output = [...after.output];
    after.output = [];
  }
  dropUnused(graph);
}

/**
 * Rewrites `model` in place.
 * @throws PassimError 'model-invalid' when the graph is quantised in a way that is not known
 */
export function toFloatGraph(model: OnnxModel): void {
  refuseSubgraphs(model.graph);
  liftConstants(model.graph);
  new Dequantiser(model.graph).run();
  cancelRowScales(model.graph);
  model.graph.valueInfo = [];
}
