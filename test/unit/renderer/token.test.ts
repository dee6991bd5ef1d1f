import { describe, expect, it } from 'vitest';
import { takeToken } from '../../../renderer/api/token.ts';
import { linkRule } from '../../../renderer/search/link.ts';
import { createStore } from '../../../renderer/state/store.ts';

function page(hash: string, stored: string | null = null) {
  const kept = new Map<string, string>(stored === null ? [] : [['passim-token', stored]]);
  const addresses: string[] = [];
  const token = takeToken(
    { hash, pathname: '/' },
    { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) },
    { replaceState: (_, __, address) => void addresses.push(String(address)) },
  );
  return { token, addresses, kept: kept.get('passim-token') ?? null };
}

describe('the access token', () => {
  it('is taken out of the address once and kept for the tab', () => {
    expect(page('#token=abcdefghijklmnop')).toEqual({
      token: 'abcdefghijklmnop',
      addresses: ['/#/'],
      kept: 'abcdefghijklmnop',
    });
  });

  it('is the kept one afterwards, and none without either', () => {
    expect(page('#/folders', 'kept-before')).toMatchObject({ token: 'kept-before', addresses: [] });
    expect(page('#/')).toMatchObject({ token: null });
  });

  it('is not taken from anything else', () => {
    for (const hash of [
      '#token=',
      '#token=short',
      '#token=abc def ghi jkl mno',
      '#/token=abcdefghijklmnop',
    ]) {
      expect(page(hash).token).toBeNull();
    }
  });
});

describe('the rule that links words', () => {
  it('names each word exactly, so that 1 does not light 11', () => {
    expect(linkRule([])).toBe('');
    expect(linkRule([1, 3])).toContain('.heat[data-w~="1"], .heat[data-w~="3"]');
  });
});

describe('stores', () => {
  it('tell of changes only', () => {
    const store = createStore(1);
    let told = 0;
    const stop = store.subscribe(() => {
      told += 1;
    });
    store.set(1);
    store.set((value) => value + 1);
    stop();
    store.set(5);
    expect([store.get(), told]).toEqual([5, 1]);
  });
});
