import { InferenceSession } from 'onnxruntime-node';
import { ElementType, encodeModel, type OnnxNode } from '../../app/encode/onnx-proto.ts';

type Shape = (number | string)[];

/** Opens a graph of a few nodes in ONNX Runtime; inputs and outputs by name, element type ('float' or 'int64') and shape. */
export function openGraph(
  node: OnnxNode[],
  input: readonly [string, 'float' | 'int64', Shape][],
  output: readonly [string, 'float' | 'int64', Shape][],
): Promise<InferenceSession> {
  const values = (list: typeof input) =>
    list.map(([name, type, shape]) => ({ name, elementType: ElementType[type], shape }));
  return InferenceSession.create(
    encodeModel({
      irVersion: 8,
      producerName: 'passim',
      opsets: [{ domain: '', version: 17 }],
      graph: {
        name: 'bench',
        node,
        initializer: [],
        input: values(input),
        output: values(output),
        valueInfo: [],
      },
    }),
  );
}
