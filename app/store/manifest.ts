import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PbfReader, PbfWriter } from 'pbf';

/*
 * Just enough of Lance's manifest to tell whether what it names is there. A manifest file is: an index section and
 * others, the message `Manifest` with its length before it, then 16 bytes: position of that length (uint64), format
 * version (2 × uint16), "LANC". The messages are those of table.proto in the Lance format specification,
 * https://lance.org/format/.
 */
const MAGIC = 'LANC';
const FOOTER_BYTES = 16;
const MANIFEST = { fragments: 2, version: 3, indexSection: 6 } as const;
const FRAGMENT = { id: 1, files: 2, deletionFile: 3, physicalRows: 4 } as const;
const DATA_FILE = { path: 1, size: 6 } as const;
const DELETION_FILE = { readVersion: 2, deletedRows: 4 } as const;
const INDEX = { uuid: 1, name: 3, files: 10 } as const;
const INDEX_FILE = { path: 1, size: 2 } as const;

/** A file that a manifest names, relative to the table's directory. */
export interface NamedFile {
  readonly path: string;
  /** 0 when the manifest does not say. */
  readonly bytes: number;
}

export interface Fragment {
  readonly id: number;
  readonly files: readonly NamedFile[];
  /** Beginning of the deletion file's name in `_deletions`; null when no row is deleted. */
  readonly deletions: string | null;
  /** Rows that are not deleted. */
  readonly rows: number;
  readonly physicalRows: number;
}

/** Folder of a table's search structures. */
export const INDICES = '_indices';

/** A search structure of a table. */
interface IndexEntry {
  readonly name: string;
  /** Below the table's directory. */
  readonly folder: string;
  readonly files: readonly NamedFile[];
}

export interface Manifest {
  readonly version: number;
  readonly fragments: readonly Fragment[];
  readonly indices: readonly IndexEntry[];
}

export function manifestName(version: number): string {
  return `${String(2n ** 64n - 1n - BigInt(version)).padStart(20, '0')}.manifest`;
}

/** The manifests of a table, newest first, by their names alone. */
export function listManifests(table: string): { version: number; path: string }[] {
  const directory = join(table, '_versions');
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d{20}\.manifest$/.test(name))
    .map((name) => ({
      version: Number(2n ** 64n - 1n - BigInt(name.slice(0, 20))),
      path: join(directory, name),
    }))
    .sort((a, b) => b.version - a.version);
}

/** @returns null when the bytes are no whole manifest */
export function parseManifest(bytes: Uint8Array): Manifest | null {
  const body = manifestBody(bytes);
  if (!body) return null;
  try {
    const found = { version: 0, indexSection: -1, fragments: [] as Fragment[] };
    new PbfReader(body.bytes).readFields((tag, into, reader) => {
      if (tag === MANIFEST.version) into.version = reader.readVarint();
      else if (tag === MANIFEST.indexSection) into.indexSection = reader.readVarint();
      else if (tag === MANIFEST.fragments) into.fragments.push(parseFragment(reader.readBytes()));
    }, found);
    const indices = found.indexSection < 0 ? [] : parseIndices(bytes, found.indexSection);
    return found.version > 0 ? { version: found.version, fragments: found.fragments, indices } : null;
  } catch {
    return null;
  }
}

export function readManifest(path: string): Manifest | null {
  try {
    return parseManifest(readFileSync(path));
  } catch {
    return null;
  }
}

/** What to leave out of a manifest: fragments, and the lists of deleted rows of fragments that stay. */
export interface ManifestCut {
  readonly fragments: ReadonlySet<number>;
  readonly deletions: ReadonlySet<number>;
}

/**
 * The same manifest under another version number and without some fragments: how a damaged data file is left out
 * while the rest of the table stays as it is. Rows that an index still names there are skipped by Lance, as those
 * of fragments that were deleted whole.
 */
export function cutManifest(bytes: Uint8Array, version: number, cut: ManifestCut): Uint8Array {
  const body = manifestBody(bytes);
  if (!body) throw new RangeError('these bytes are no manifest');
  const kept = editFields(body.bytes, (tag, field, value) => {
    if (tag === MANIFEST.version) return null;
    if (tag !== MANIFEST.fragments) return field;
    const { id } = parseFragment(value);
    if (cut.fragments.has(id)) return null;
    if (!cut.deletions.has(id)) return field;
    const undeleted = editFields(value, (inner, part) => (inner === FRAGMENT.deletionFile ? null : part));
    const writer = new PbfWriter();
    writer.writeBytesField(MANIFEST.fragments, undeleted);
    return writer.finish();
  });
  const writer = new PbfWriter();
  writer.writeVarintField(MANIFEST.version, version);
  const message = Buffer.concat([kept, writer.finish()]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(message.length);
  const footer = bytes.subarray(bytes.length - FOOTER_BYTES);
  return Buffer.concat([bytes.subarray(0, body.position), length, message, footer]);
}

/** Passes each field of a message, whole and its value if that is bytes, through `edit`; null leaves it out. */
function editFields(
  message: Uint8Array,
  edit: (tag: number, field: Uint8Array, value: Uint8Array) => Uint8Array | null,
): Uint8Array {
  const reader = new PbfReader(message);
  const parts: Uint8Array[] = [];
  const empty = new Uint8Array();
  for (let start = 0; start < message.length; start = reader.pos) {
    const tag = reader.nextField(message.length);
    const lengthDelimited = reader.type === 2;
    const value = lengthDelimited ? reader.readBytes() : empty;
    if (!lengthDelimited) reader.skip(reader.type);
    const part = edit(tag, message.subarray(start, reader.pos), value);
    if (part) parts.push(part);
  }
  return Buffer.concat(parts);
}

function manifestBody(bytes: Uint8Array): { bytes: Uint8Array; position: number } | null {
  if (bytes.length <= FOOTER_BYTES) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.toString('latin1', buffer.length - MAGIC.length) !== MAGIC) return null;
  const position = Number(buffer.readBigUInt64LE(buffer.length - FOOTER_BYTES));
  if (position + 4 > buffer.length - FOOTER_BYTES) return null;
  const end = position + 4 + buffer.readUInt32LE(position);
  if (end > buffer.length - FOOTER_BYTES) return null;
  return { bytes: buffer.subarray(position + 4, end), position };
}

function parseFragment(bytes: Uint8Array): Fragment {
  const files: NamedFile[] = [];
  const found = { id: 0, rows: 0, deletedRows: 0, readVersion: -1 };
  new PbfReader(bytes).readFields((tag, into, reader) => {
    if (tag === FRAGMENT.id) into.id = reader.readVarint();
    else if (tag === FRAGMENT.physicalRows) into.rows = reader.readVarint();
    else if (tag === FRAGMENT.files) files.push(parseNamedFile(reader.readBytes(), DATA_FILE, 'data'));
    else if (tag === FRAGMENT.deletionFile) {
      into.readVersion = 0;
      new PbfReader(reader.readBytes()).readFields((inner, target, deletion) => {
        if (inner === DELETION_FILE.readVersion) target.readVersion = deletion.readVarint();
        else if (inner === DELETION_FILE.deletedRows) target.deletedRows = deletion.readVarint();
      }, into);
    }
  }, found);
  return {
    id: found.id,
    files,
    deletions: found.readVersion < 0 ? null : `${found.id}-${found.readVersion}-`,
    rows: found.rows - found.deletedRows,
    physicalRows: found.rows,
  };
}

function parseNamedFile(
  bytes: Uint8Array,
  tags: { readonly path: number; readonly size: number },
  folder: string,
): NamedFile {
  const found = { path: '', bytes: 0 };
  new PbfReader(bytes).readFields((tag, into, reader) => {
    if (tag === tags.path) into.path = reader.readString();
    else if (tag === tags.size) into.bytes = reader.readVarint();
  }, found);
  return { path: join(folder, found.path), bytes: found.bytes };
}

function parseIndices(bytes: Uint8Array, position: number): Manifest['indices'] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const section = buffer.subarray(position + 4, position + 4 + buffer.readUInt32LE(position));
  const indices: IndexEntry[] = [];
  new PbfReader(section).readFields((tag, into, reader) => {
    if (tag !== 1) return;
    const raw: Uint8Array[] = [];
    const found = { name: '', uuid: '' };
    new PbfReader(reader.readBytes()).readFields((inner, target, index) => {
      if (inner === INDEX.name) target.name = index.readString();
      else if (inner === INDEX.files) raw.push(index.readBytes());
      else if (inner === INDEX.uuid) target.uuid = uuidOf(index.readBytes());
    }, found);
    const folder = join(INDICES, found.uuid);
    into.push({
      name: found.name,
      folder,
      files: raw.map((file) => parseNamedFile(file, INDEX_FILE, folder)),
    });
  }, indices);
  return indices;
}

function uuidOf(message: Uint8Array): string {
  const found = { hex: '' };
  new PbfReader(message).readFields((tag, into, reader) => {
    if (tag === 1) into.hex = Buffer.from(reader.readBytes()).toString('hex');
  }, found);
  return found.hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
