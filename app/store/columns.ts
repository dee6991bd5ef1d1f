import {
  Binary,
  type Data,
  type DataType,
  Field,
  FixedSizeList,
  Float16,
  Float64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Uint32,
  Utf8,
  util,
} from './arrow.ts';

/*
 * Arrow columns built straight from typed arrays. LanceDB's own conversion from rows of objects takes ten times as
 * long for vectors and guesses types.
 */

export function uint32Column(values: ArrayLike<number>): Data<Uint32> {
  const data = Uint32Array.from(values);
  return makeData({ type: new Uint32(), length: data.length, nullCount: 0, data });
}

export function float64Column(values: ArrayLike<number>): Data<Float64> {
  const data = Float64Array.from(values);
  return makeData({ type: new Float64(), length: data.length, nullCount: 0, data });
}

function concatenate(parts: readonly Uint8Array[]): { valueOffsets: Int32Array; data: Uint8Array } {
  const valueOffsets = new Int32Array(parts.length + 1);
  let total = 0;
  for (const [i, part] of parts.entries()) {
    total += part.length;
    valueOffsets[i + 1] = total;
  }
  const data = new Uint8Array(total);
  for (const [i, part] of parts.entries()) data.set(part, valueOffsets[i] ?? 0);
  return { valueOffsets, data };
}

export function binaryColumn(values: readonly Uint8Array[]): Data<Binary> {
  return makeData({ type: new Binary(), length: values.length, nullCount: 0, ...concatenate(values) });
}

/** Lone surrogates, which UTF-8 cannot hold, become U+FFFD; lengths in UTF-16 units stay as they are. */
export function stringColumn(values: readonly string[]): Data<Utf8> {
  const parts = values.map((value) => Buffer.from(value, 'utf8'));
  return makeData({ type: new Utf8(), length: values.length, nullCount: 0, ...concatenate(parts) });
}

export function halfVectorType(dimension: number): FixedSizeList<Float16> {
  return new FixedSizeList(dimension, new Field('item', new Float16(), false));
}

/** Vectors as 16-bit floats: half the bytes, and far finer than a mean of quantised vectors needs. */
export function halfVectorColumn(
  vectors: readonly Float32Array[],
  dimension: number,
): Data<FixedSizeList<Float16>> {
  const data = new Uint16Array(vectors.length * dimension);
  for (const [row, vector] of vectors.entries())
    for (let d = 0; d < dimension; d += 1) data[row * dimension + d] = util.float64ToUint16(vector[d] ?? 0);
  const child = makeData({ type: new Float16(), length: data.length, nullCount: 0, data });
  return makeData({ type: halfVectorType(dimension), length: vectors.length, nullCount: 0, child });
}

export function halfToFloats(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => util.uint16ToFloat64(half));
}

/** A table of one batch; `columns` in the order of the schema's fields. */
export function arrowTable(schema: Schema, length: number, columns: readonly Data<DataType>[]): Table {
  const type = new Struct(schema.fields);
  const data = makeData({ type, length, nullCount: 0, children: [...columns] });
  return new Table(schema, [new RecordBatch(schema, data)]);
}

export function required(name: string, type: DataType): Field {
  return new Field(name, type, false);
}

export function schemaOf(fields: readonly Field[]): Schema {
  return new Schema([...fields]);
}

/** The column `name` of a batch as numbers. @throws RangeError when it is not there */
export function numbersOf(batch: RecordBatch, name: string): Uint32Array | Float64Array | Float32Array {
  const values: unknown = batch.getChild(name)?.toArray();
  if (values instanceof Uint32Array || values instanceof Float64Array || values instanceof Float32Array)
    return values;
  throw new RangeError(`the column ${name} is missing or holds no numbers`);
}

/** LanceDB's row ids of a batch that was read with them. @throws RangeError when they are not there */
export function rowIdsOf(batch: RecordBatch): BigUint64Array {
  const values: unknown = batch.getChild('_rowid')?.toArray();
  if (values instanceof BigUint64Array) return values;
  throw new RangeError('the batch has no row ids');
}

/** Reads one text column row by row. @throws RangeError when it is not there */
export function stringsOf(batch: RecordBatch, name: string): (row: number) => string {
  const column = batch.getChild(name);
  if (!column) throw new RangeError(`the column ${name} is missing`);
  return (row) => {
    const value: unknown = column.get(row);
    return typeof value === 'string' ? value : '';
  };
}

/** Reads one binary column row by row; the values are views of the batch. @throws RangeError when it is not there */
export function bytesOf(batch: RecordBatch, name: string): (row: number) => Uint8Array {
  const column = batch.getChild(name);
  if (!column) throw new RangeError(`the column ${name} is missing`);
  return (row) => {
    const value: unknown = column.get(row);
    if (value instanceof Uint8Array) return value;
    throw new RangeError(`the column ${name} has no bytes at row ${row}`);
  };
}

/** Reads one column of 16-bit float vectors row by row. @throws RangeError when it is not there */
export function halfVectorsOf(batch: RecordBatch, name: string): (row: number) => Float32Array {
  const column = batch.getChild(name);
  if (!column) throw new RangeError(`the column ${name} is missing`);
  return (row) => {
    const value: { data?: readonly { values?: unknown }[]; toArray?: () => unknown } | null = column.get(row);
    const halves: unknown = value?.toArray?.();
    if (halves instanceof Uint16Array) return halfToFloats(halves);
    if (halves instanceof Float32Array) return Float32Array.from(halves);
    throw new RangeError(`the column ${name} has no vector at row ${row}`);
  };
}
