/**
 * Glob matching for `path:`. Written out rather than compiled to a regular expression, because a pattern that
 * someone types must not be able to take exponential time.
 */

/** Whether text has any of the characters that make it a glob. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/**
 * Matches one path part against a pattern in which `*` stands for any run of characters and `?` for one. Both
 * must have been folded to one case. O(pattern × part).
 */
export function matchPart(pattern: string, part: string): boolean {
  let p = 0;
  let s = 0;
  let star = -1;
  let resume = 0;
  while (s < part.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p;
      resume = s;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === part[s])) {
      p += 1;
      s += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      s = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** Matches path parts against pattern parts in which `**` stands for any number of parts, none included. */
export function matchParts(pattern: readonly string[], parts: readonly string[]): boolean {
  // reachable[j]: the pattern's first i parts match the path's first j parts.
  let reachable = new Array<boolean>(parts.length + 1).fill(false);
  reachable[0] = true;
  for (const piece of pattern) {
    const next = new Array<boolean>(parts.length + 1).fill(false);
    for (let index = 0; index <= parts.length; index += 1) {
      if (piece === '**') next[index] = reachable[index] === true || (index > 0 && next[index - 1] === true);
      else if (index > 0 && reachable[index - 1] === true)
        next[index] = matchPart(piece, parts[index - 1] ?? '');
    }
    reachable = next;
  }
  return reachable[parts.length] === true;
}
