import { createRequire } from 'node:module';
import type * as Arrow from 'apache-arrow';

/*
 * The one copy of Apache Arrow that LanceDB uses, which is the CommonJS one: `import` would load all of it a second
 * time, 130 files and a fifth of what starting takes.
 */
const arrow: typeof Arrow = createRequire(import.meta.url)('apache-arrow');

export const {
  Binary,
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
} = arrow;

export type { Data, DataType } from 'apache-arrow';
export type Binary = Arrow.Binary;
export type Field = Arrow.Field;
export type FixedSizeList<T extends Arrow.DataType> = Arrow.FixedSizeList<T>;
export type Float16 = Arrow.Float16;
export type Float64 = Arrow.Float64;
export type RecordBatch = Arrow.RecordBatch;
export type Schema = Arrow.Schema;
export type Table = Arrow.Table;
export type Uint32 = Arrow.Uint32;
export type Utf8 = Arrow.Utf8;
