import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';

/** Longest word whose count is remembered, and longest piece that is counted at once, in characters. */
const REMEMBERED_CHARS = 48;
const PIECE_CHARS = 400;
/** Words remembered at most; a language's everyday words are a fraction of it. */
const REMEMBERED_WORDS = 200_000;

/**
 * Counts tokens without waiting. The library that encodes answers only through promises, which a chunker that tries
 * many cuts can't use; this one reads the same `tokenizer.json` in JavaScript and remembers the count of each word,
 * since tokenizers never join words over white space. Special tokens are not counted. Long words without white space
 * are counted piece by piece, so that a megabyte of base64 takes linear time.
 * @param file `tokenizer.json`
 * @returns number of tokens of a text; exact but for words above {@link PIECE_CHARS} characters
 */
export function createTokenCounter(file: string): (text: string) => number {
  let tokenizer: Tokenizer | null = null;
  let pattern = /\S+/g;
  const known = new Map<string, number>();

  const load = (): Tokenizer => {
    const json = JSON.parse(readFileSync(file, 'utf8'));
    // Such tokenizers write white space into tokens, as a rule into the first one of the word that follows.
    const spaced = /"type":"(ByteLevel|Metaspace)"/.test(JSON.stringify(json.pre_tokenizer ?? null));
    pattern = spaced ? /\s*\S+|\s+$/g : /\S+/g;
    const loaded = new Tokenizer(json, {});
    return loaded;
  };

  return (text) => {
    tokenizer ??= load();
    let total = 0;
    for (const [key] of text.matchAll(pattern)) {
      let tokens = known.get(key);
      if (tokens === undefined) {
        tokens = 0;
        for (let at = 0; at < key.length; at += PIECE_CHARS)
          tokens += count(tokenizer, key.slice(at, at + PIECE_CHARS));
        if (key.length <= REMEMBERED_CHARS) {
          if (known.size >= REMEMBERED_WORDS) known.clear();
          known.set(key, tokens);
        }
      }
      total += tokens;
    }
    return total;
  };
}

function count(tokenizer: Tokenizer, text: string): number {
  return tokenizer.encode(text, { add_special_tokens: false }).ids.length;
}
