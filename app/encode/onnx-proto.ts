import { PbfReader, PbfWriter } from 'pbf';
import { PassimError } from '../contract/errors.ts';

/**
 * The part of ONNX's protobuf (onnx.proto, IR version 3 and later) that a graph rewrite needs: models, graphs, nodes,
 * attributes and tensors. Fields that are not listed here (documentation, training information) are dropped on reading.
 */

/** Element types of TensorProto that occur in encoders. */
export const ElementType = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
} as const;

export interface OnnxTensor {
  name: string;
  dims: number[];
  dataType: number;
  /** Little-endian elements, row-major; the other data fields are empty then. */
  rawData: Uint8Array;
  floatData: number[];
  int32Data: number[];
  int64Data: number[];
  doubleData: number[];
  /** 1 when the elements lie in another file. */
  dataLocation: number;
}

export interface OnnxAttribute {
  name: string;
  /** FLOAT 1, INT 2, STRING 3, TENSOR 4, GRAPH 5, FLOATS 6, INTS 7, STRINGS 8. */
  type: number;
  f: number;
  i: number;
  s: Uint8Array;
  t: OnnxTensor | null;
  g: OnnxGraph | null;
  floats: number[];
  ints: number[];
  strings: Uint8Array[];
}

export interface OnnxNode {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  domain: string;
  attribute: OnnxAttribute[];
}

/** A graph's input, output or intermediate value: a tensor type and its shape (a number, or the name of a free size). */
export interface OnnxValueInfo {
  name: string;
  elementType: number;
  shape: (number | string)[];
}

export interface OnnxGraph {
  name: string;
  node: OnnxNode[];
  initializer: OnnxTensor[];
  input: OnnxValueInfo[];
  output: OnnxValueInfo[];
  valueInfo: OnnxValueInfo[];
}

export interface OnnxModel {
  irVersion: number;
  producerName: string;
  opsets: { domain: string; version: number }[];
  graph: OnnxGraph;
}

export function emptyTensor(name: string, dataType: number, dims: number[]): OnnxTensor {
  return {
    name,
    dims,
    dataType,
    rawData: new Uint8Array(0),
    floatData: [],
    int32Data: [],
    int64Data: [],
    doubleData: [],
    dataLocation: 0,
  };
}

function readTensorField(tag: number, tensor: OnnxTensor, pbf: PbfReader): void {
  if (tag === 1) pbf.readPackedVarint(tensor.dims, true);
  else if (tag === 2) tensor.dataType = pbf.readVarint();
  else if (tag === 4) pbf.readPackedFloat(tensor.floatData);
  else if (tag === 5) pbf.readPackedVarint(tensor.int32Data, true);
  else if (tag === 7) pbf.readPackedVarint(tensor.int64Data, true);
  else if (tag === 8) tensor.name = pbf.readString();
  else if (tag === 9) tensor.rawData = pbf.readBytes();
  else if (tag === 10) pbf.readPackedDouble(tensor.doubleData);
  else if (tag === 14) tensor.dataLocation = pbf.readVarint();
}

function readAttributeField(tag: number, attribute: OnnxAttribute, pbf: PbfReader): void {
  if (tag === 1) attribute.name = pbf.readString();
  else if (tag === 2) attribute.f = pbf.readFloat();
  else if (tag === 3) attribute.i = pbf.readVarint(true);
  else if (tag === 4) attribute.s = pbf.readBytes();
  else if (tag === 5) attribute.t = pbf.readMessage(readTensorField, emptyTensor('', 0, []));
  else if (tag === 6) attribute.g = pbf.readMessage(readGraphField, emptyGraph());
  else if (tag === 7) pbf.readPackedFloat(attribute.floats);
  else if (tag === 8) pbf.readPackedVarint(attribute.ints, true);
  else if (tag === 9) attribute.strings.push(pbf.readBytes());
  else if (tag === 20) attribute.type = pbf.readVarint();
}

function emptyAttribute(name: string, type: number): OnnxAttribute {
  return {
    name,
    type,
    f: 0,
    i: 0,
    s: new Uint8Array(0),
    t: null,
    g: null,
    floats: [],
    ints: [],
    strings: [],
  };
}

function readNodeField(tag: number, node: OnnxNode, pbf: PbfReader): void {
  if (tag === 1) node.input.push(pbf.readString());
  else if (tag === 2) node.output.push(pbf.readString());
  else if (tag === 3) node.name = pbf.readString();
  else if (tag === 4) node.opType = pbf.readString();
  else if (tag === 5) node.attribute.push(pbf.readMessage(readAttributeField, emptyAttribute('', 0)));
  else if (tag === 7) node.domain = pbf.readString();
}

function readDimensionField(tag: number, shape: (number | string)[], pbf: PbfReader): void {
  if (tag === 1) shape.push(pbf.readVarint(true));
  else if (tag === 2) shape.push(pbf.readString());
}

function readShapeField(tag: number, shape: (number | string)[], pbf: PbfReader): void {
  if (tag !== 1) return;
  const before = shape.length;
  pbf.readMessage(readDimensionField, shape);
  if (shape.length === before) shape.push('');
}

function readTensorTypeField(tag: number, value: OnnxValueInfo, pbf: PbfReader): void {
  if (tag === 1) value.elementType = pbf.readVarint();
  else if (tag === 2) pbf.readMessage(readShapeField, value.shape);
}

function readTypeField(tag: number, value: OnnxValueInfo, pbf: PbfReader): void {
  if (tag === 1) pbf.readMessage(readTensorTypeField, value);
}

function readValueField(tag: number, value: OnnxValueInfo, pbf: PbfReader): void {
  if (tag === 1) value.name = pbf.readString();
  else if (tag === 2) pbf.readMessage(readTypeField, value);
}

function readValue(pbf: PbfReader): OnnxValueInfo {
  return pbf.readMessage<OnnxValueInfo>(readValueField, { name: '', elementType: 0, shape: [] });
}

function emptyGraph(): OnnxGraph {
  return { name: '', node: [], initializer: [], input: [], output: [], valueInfo: [] };
}

function readGraphField(tag: number, graph: OnnxGraph, pbf: PbfReader): void {
  if (tag === 1)
    graph.node.push(
      pbf.readMessage<OnnxNode>(readNodeField, {
        input: [],
        output: [],
        name: '',
        opType: '',
        domain: '',
        attribute: [],
      }),
    );
  else if (tag === 2) graph.name = pbf.readString();
  else if (tag === 5) graph.initializer.push(pbf.readMessage(readTensorField, emptyTensor('', 0, [])));
  else if (tag === 11) graph.input.push(readValue(pbf));
  else if (tag === 12) graph.output.push(readValue(pbf));
  else if (tag === 13) graph.valueInfo.push(readValue(pbf));
  else if (tag === 15) throw new PassimError('model-invalid', 'the graph has sparse weights');
}

function readModelField(tag: number, model: OnnxModel, pbf: PbfReader): void {
  if (tag === 1) model.irVersion = pbf.readVarint();
  else if (tag === 2) model.producerName = pbf.readString();
  else if (tag === 7) model.graph = pbf.readMessage(readGraphField, emptyGraph());
  else if (tag === 8)
    model.opsets.push(
      pbf.readMessage(
        (field, opset, reader) => {
          if (field === 1) opset.domain = reader.readString();
          else if (field === 2) opset.version = reader.readVarint();
        },
        { domain: '', version: 0 },
      ),
    );
  else if (tag === 25) throw new PassimError('model-invalid', 'the graph defines functions of its own');
}

/**
 * Reads an ONNX file. Weights stay views of `bytes`.
 * @throws PassimError 'model-invalid' when the bytes are no ONNX model
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const model: OnnxModel = { irVersion: 0, producerName: '', opsets: [], graph: emptyGraph() };
  try {
    new PbfReader(bytes).readFields(readModelField, model);
  } catch (error) {
    if (error instanceof PassimError) throw error;
    throw new PassimError('model-invalid', `the graph can't be read: ${String(error)}`, { cause: error });
  }
  if (model.graph.node.length === 0 || model.graph.output.length === 0)
    throw new PassimError('model-invalid', 'the file is no ONNX model, or its graph is empty');
  return model;
}

function writeTensor(tensor: OnnxTensor, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, tensor.dims);
  pbf.writeVarintField(2, tensor.dataType);
  pbf.writePackedFloat(4, tensor.floatData);
  pbf.writePackedVarint(5, tensor.int32Data);
  pbf.writePackedVarint(7, tensor.int64Data);
  pbf.writeStringField(8, tensor.name);
  if (tensor.rawData.length > 0) pbf.writeBytesField(9, tensor.rawData);
  pbf.writePackedDouble(10, tensor.doubleData);
}

function writeAttribute(attribute: OnnxAttribute, pbf: PbfWriter): void {
  pbf.writeStringField(1, attribute.name);
  pbf.writeVarintField(20, attribute.type);
  if (attribute.type === 1) pbf.writeFloatField(2, attribute.f);
  if (attribute.type === 2) pbf.writeVarintField(3, attribute.i);
  if (attribute.type === 3) pbf.writeBytesField(4, attribute.s);
  if (attribute.t) pbf.writeMessage(5, writeTensor, attribute.t);
  if (attribute.g) pbf.writeMessage(6, writeGraph, attribute.g);
  pbf.writePackedFloat(7, attribute.floats);
  pbf.writePackedVarint(8, attribute.ints);
  for (const text of attribute.strings) pbf.writeBytesField(9, text);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const name of node.input) pbf.writeStringField(1, name);
  for (const name of node.output) pbf.writeStringField(2, name);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.opType);
  for (const attribute of node.attribute) pbf.writeMessage(5, writeAttribute, attribute);
  if (node.domain !== '') pbf.writeStringField(7, node.domain);
}

function writeDimension(size: number | string, pbf: PbfWriter): void {
  if (typeof size === 'number') pbf.writeVarintField(1, size);
  else if (size !== '') pbf.writeStringField(2, size);
}

function writeShape(shape: (number | string)[], pbf: PbfWriter): void {
  for (const size of shape) pbf.writeMessage(1, writeDimension, size);
}

function writeTensorType(value: OnnxValueInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, value.elementType);
  pbf.writeMessage(2, writeShape, value.shape);
}

function writeValue(value: OnnxValueInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(2, (info, type) => type.writeMessage(1, writeTensorType, info), value);
}

function writeGraph(graph: OnnxGraph, pbf: PbfWriter): void {
  for (const node of graph.node) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, graph.name);
  for (const tensor of graph.initializer) pbf.writeMessage(5, writeTensor, tensor);
  for (const value of graph.input) pbf.writeMessage(11, writeValue, value);
  for (const value of graph.output) pbf.writeMessage(12, writeValue, value);
  for (const value of graph.valueInfo) pbf.writeMessage(13, writeValue, value);
}

/** The bytes of an ONNX file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, model.irVersion);
  pbf.writeStringField(2, model.producerName);
  for (const opset of model.opsets) {
    pbf.writeMessage(
      8,
      (entry, writer) => {
        if (entry.domain !== '') writer.writeStringField(1, entry.domain);
        writer.writeVarintField(2, entry.version);
      },
      opset,
    );
  }
  pbf.writeMessage(7, writeGraph, model.graph);
  return pbf.finish();
}

export function intAttribute(name: string, value: number): OnnxAttribute {
  return { ...emptyAttribute(name, 2), i: value };
}

export function intsAttribute(name: string, values: number[]): OnnxAttribute {
  return { ...emptyAttribute(name, 7), ints: values };
}

export function floatAttribute(name: string, value: number): OnnxAttribute {
  return { ...emptyAttribute(name, 1), f: value };
}

/** A node; `domain` "" is ONNX's own. */
export function makeNode(
  opType: string,
  input: string[],
  output: string[],
  attribute: OnnxAttribute[] = [],
  domain = '',
): OnnxNode {
  return { input, output, name: output[0] ?? '', opType, domain, attribute };
}
