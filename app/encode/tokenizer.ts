import { readFile } from 'node:fs/promises';
import { Tokenizer } from 'tokenizers';
import { PassimError } from '../contract/errors.ts';
import type { ModelManifest } from '../contract/model.ts';
import type { QueryToken } from '../contract/vectors.ts';
import { head, stretches, wordBoundary } from './cuts.ts';
import { utf16Spans } from './offsets.ts';

/** A passage as the model reads it: everything per token, special tokens and prefix included. */
export interface TokenizedPassage {
  readonly ids: Int32Array;
  /** (start, end) UTF-16 offsets in the text for each token, length 2 × tokens; (0, 0) for special tokens. */
  readonly spans: Uint32Array;
  /** 1 for tokens whose vectors are kept. */
  readonly keep: Uint8Array;
  /** True when the end of the text was cut off. */
  readonly truncated: boolean;
}

export interface TokenizedQuery {
  readonly ids: Int32Array;
  /** 1 for tokens that others attend to. */
  readonly attention: Uint8Array;
  /** 1 for tokens whose vectors are kept. */
  readonly keep: Uint8Array;
  /** The kept tokens, in order. */
  readonly tokens: readonly QueryToken[];
}

/** Tokens of a stretch of text, without special tokens. */
interface Pieces {
  readonly ids: readonly number[];
  readonly spans: Uint32Array;
  readonly truncated: boolean;
  readonly names: readonly string[];
}

/** Characters per token that are tried first when only the beginning of a long text is needed. */
const CHARS_PER_TOKEN = 12;

const WORDLESS = { addSpecialTokens: false } as const;

/**
 * The tokenizer of a model package, on Hugging Face's Rust library: cuts texts into tokens with their places in the
 * text, and frames them as the model was trained (special tokens, prefix, query expansion), as its manifest says.
 * Padding and truncation that `tokenizer.json` carries are switched off: lengths are the encoder's business.
 */
export class PassageTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #manifest: ModelManifest;
  /** Ids that the tokenizer itself puts before and after every text, e.g. [CLS] and [SEP]. */
  readonly #before: readonly number[];
  readonly #after: readonly number[];
  readonly #queryPrefix: readonly number[];
  readonly #passagePrefix: readonly number[];
  readonly #expansion: number | null;
  readonly #skip: ReadonlySet<number>;

  private constructor(
    tokenizer: Tokenizer,
    manifest: ModelManifest,
    frame: { before: number[]; after: number[]; queryPrefix: number[]; passagePrefix: number[] },
  ) {
    this.#tokenizer = tokenizer;
    this.#manifest = manifest;
    this.#before = frame.before;
    this.#after = frame.after;
    this.#queryPrefix = frame.queryPrefix;
    this.#passagePrefix = frame.passagePrefix;
    this.#skip = new Set(
      manifest.skipTokens
        .map((token) => tokenizer.tokenToId(token))
        .filter((id): id is number => id !== null),
    );
    this.#expansion = null;
    if (manifest.queryExpansion !== null) {
      const id = tokenizer.tokenToId(manifest.queryExpansion.token);
      if (id === null)
        throw new PassimError(
          'model-invalid',
          `the tokenizer has no token ${JSON.stringify(manifest.queryExpansion.token)}, with which queries are padded`,
          { subject: 'queryExpansion.token' },
        );
      this.#expansion = id;
    }
    for (const [field, limit, prefix] of [
      ['maxPassageTokens', manifest.maxPassageTokens, frame.passagePrefix],
      ['maxQueryTokens', manifest.maxQueryTokens, frame.queryPrefix],
    ] as const) {
      if (limit <= frame.before.length + prefix.length + frame.after.length)
        throw new PassimError('model-invalid', `"${field}" leaves no room for text`, { subject: field });
    }
  }

  /**
   * @param file `tokenizer.json`
   * @throws PassimError 'model-invalid' when the file is no tokenizer, or does not go with the manifest
   */
  static async load(file: string, manifest: ModelManifest): Promise<PassageTokenizer> {
    let tokenizer: Tokenizer;
    try {
      tokenizer = Tokenizer.fromString(await readFile(file, 'utf8'));
    } catch (error) {
      throw new PassimError('model-invalid', `${file} is no tokenizer: ${String(error)}`, {
        subject: file,
        cause: error,
      });
    }
    tokenizer.disablePadding();
    tokenizer.disableTruncation();
    const probe = await tokenizer.encode('a');
    const special = probe.getSpecialTokensMask();
    const ids = probe.getIds();
    const first = special.indexOf(0);
    const last = special.lastIndexOf(0);
    return new PassageTokenizer(tokenizer, manifest, {
      before: first < 0 ? ids : ids.slice(0, first),
      after: first < 0 ? [] : ids.slice(last + 1),
      queryPrefix: await prefixIds(tokenizer, manifest.queryPrefix),
      passagePrefix: await prefixIds(tokenizer, manifest.passagePrefix),
    });
  }

  /** Tokens that frame a passage: special tokens and prefix. */
  get passageOverhead(): number {
    return this.#before.length + this.#passagePrefix.length + this.#after.length;
  }

  /** Passages framed as the model reads them; those beyond `maxPassageTokens` lose their end at a word boundary. */
  async passages(texts: readonly string[]): Promise<TokenizedPassage[]> {
    const room = this.#manifest.maxPassageTokens - this.passageOverhead;
    const all = await this.#pieces(texts, room, false);
    return all.map((pieces) => this.#framePassage(pieces));
  }

  /** A query framed as the model reads it, with expansion tokens where the model uses them. */
  async query(text: string): Promise<TokenizedQuery> {
    const { maxQueryTokens, keepSpecialTokens, queryExpansion } = this.#manifest;
    const framing = this.#before.length + this.#queryPrefix.length + this.#after.length;
    const [pieces] = await this.#pieces([text], maxQueryTokens - framing, true);
    if (pieces === undefined) throw new PassimError('internal', 'the tokenizer gave no answer');
    const lead = [...this.#before, ...this.#queryPrefix];
    const real = lead.length + pieces.ids.length + this.#after.length;
    const expansion =
      queryExpansion === null || this.#expansion === null ? 0 : Math.max(0, queryExpansion.length - real);
    const ids = new Int32Array(real + expansion);
    ids.set(lead);
    ids.set(pieces.ids, lead.length);
    ids.set(this.#after, lead.length + pieces.ids.length);
    if (expansion > 0 && this.#expansion !== null) ids.fill(this.#expansion, real);
    const attention = new Uint8Array(ids.length).fill(1);
    if (queryExpansion?.attend === false) attention.fill(0, real);
    const keepSpecial = keepSpecialTokens || (pieces.ids.length === 0 && expansion === 0);
    const keep = new Uint8Array(ids.length);
    const tokens: QueryToken[] = [];
    ids.forEach((id, i) => {
      const word = i - lead.length;
      if (word >= 0 && word < pieces.ids.length) {
        keep[i] = 1;
        tokens.push({
          piece: pieces.names[word] ?? '',
          start: pieces.spans[2 * word] ?? 0,
          end: pieces.spans[2 * word + 1] ?? 0,
          kind: 'word',
        });
      } else if (i >= real || keepSpecial) {
        keep[i] = 1;
        const piece = this.#tokenizer.idToToken(id) ?? '';
        tokens.push({ piece, start: 0, end: 0, kind: i >= real ? 'expansion' : 'special' });
      }
    });
    return { ids, attention, keep, tokens };
  }

  /**
   * Places of all tokens of a text of any length, special tokens not counted.
   * @returns (start, end) UTF-16 offsets, length 2 × tokens
   */
  async offsets(text: string): Promise<Uint32Array> {
    const parts: { from: number; spans: Uint32Array }[] = [];
    let length = 0;
    for (const [from, to] of stretches(text)) {
      const part = text.slice(from, to);
      const encoding = await this.#tokenizer.encode(part, null, WORDLESS);
      const spans = utf16Spans(part, encoding.getOffsets());
      parts.push({ from, spans });
      length += spans.length;
    }
    const all = new Uint32Array(length);
    let at = 0;
    for (const { from, spans } of parts) {
      for (const offset of spans) all[at++] = offset + from;
    }
    return all;
  }

  /** Number of tokens of each text, special tokens not counted. */
  async lengths(texts: readonly string[]): Promise<Uint32Array> {
    const counts = new Uint32Array(texts.length);
    const parts: string[] = [];
    const owners: number[] = [];
    texts.forEach((text, i) => {
      for (const [from, to] of stretches(text)) {
        parts.push(text.slice(from, to));
        owners.push(i);
      }
    });
    const encodings = parts.length === 0 ? [] : await this.#tokenizer.encodeBatch(parts, WORDLESS);
    encodings.forEach((encoding, i) => {
      const owner = owners[i] ?? 0;
      counts[owner] = (counts[owner] ?? 0) + encoding.getLength();
    });
    return counts;
  }

  #framePassage(pieces: Pieces): TokenizedPassage {
    const lead = [...this.#before, ...this.#passagePrefix];
    const count = pieces.ids.length;
    const ids = new Int32Array(lead.length + count + this.#after.length);
    ids.set(lead);
    ids.set(pieces.ids, lead.length);
    ids.set(this.#after, lead.length + count);
    const spans = new Uint32Array(2 * ids.length);
    spans.set(pieces.spans, 2 * lead.length);
    const keep = new Uint8Array(ids.length).fill(this.#manifest.keepSpecialTokens ? 1 : 0);
    pieces.ids.forEach((id, i) => {
      keep[lead.length + i] = this.#skip.has(id) ? 0 : 1;
    });
    // A passage is never without a vector: one of punctuation alone keeps what it has.
    if (!keep.includes(1)) keep.fill(1);
    return { ids, spans, keep, truncated: pieces.truncated };
  }

  /** At most `room` tokens of each text. A text that is far too long is read only as far as it is needed. */
  async #pieces(texts: readonly string[], room: number, named: boolean): Promise<Pieces[]> {
    const results = new Array<Pieces | undefined>(texts.length);
    let open = texts.map((_, i) => i);
    for (let chars = Math.max(1024, room * CHARS_PER_TOKEN); open.length > 0; chars *= 4) {
      const heads = open.map((i) => head(texts[i] ?? '', chars));
      const encodings = await this.#tokenizer.encodeBatch(heads, WORDLESS);
      const again: number[] = [];
      open.forEach((index, k) => {
        const encoding = encodings[k];
        const text = texts[index] ?? '';
        const part = heads[k] ?? '';
        if (encoding === undefined) throw new PassimError('internal', 'the tokenizer gave no answer');
        // The last tokens of a head may be cut differently than in the whole text: only a surplus is sure.
        if (part.length < text.length && encoding.getLength() <= room + 1) {
          again.push(index);
          return;
        }
        const spans = utf16Spans(part, encoding.getOffsets());
        const ids = encoding.getIds();
        const count = ids.length <= room ? ids.length : wordBoundary(part, spans, room);
        results[index] = {
          ids: ids.slice(0, count),
          spans: spans.subarray(0, 2 * count),
          truncated: ids.length > room,
          names: named ? encoding.getTokens() : [],
        };
      });
      open = again;
    }
    return results.filter((pieces): pieces is Pieces => pieces !== undefined);
  }
}

/** A prefix that is one token of the vocabulary, or the tokens of its text. */
async function prefixIds(tokenizer: Tokenizer, prefix: string | null): Promise<number[]> {
  if (prefix === null || prefix === '') return [];
  const id = tokenizer.tokenToId(prefix) ?? tokenizer.tokenToId(prefix.trim());
  if (id !== null) return [id];
  return (await tokenizer.encode(prefix, null, WORDLESS)).getIds();
}
