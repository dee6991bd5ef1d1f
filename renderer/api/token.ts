const KEY = 'passim-token';

/**
 * The access token: in the address's fragment the first time, afterwards in the tab's own storage, so that it
 * stands in no history and no bookmark.
 */
export function takeToken(
  location: Pick<Location, 'hash' | 'pathname'>,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  history: Pick<History, 'replaceState'>,
): string | null {
  const found = /^#token=([A-Za-z0-9_-]{16,})$/.exec(location.hash)?.[1];
  if (found === undefined) return storage.getItem(KEY);
  storage.setItem(KEY, found);
  history.replaceState(null, '', `${location.pathname}#/`);
  return found;
}
