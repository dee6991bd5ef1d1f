/** Names of files as people type them, for tests and measurements of finding files by name. */

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `count` files drawn at random whose names no other file has, case apart. */
export function uniqueNames(
  paths: readonly string[],
  count: number,
  random: () => number,
): { path: string; name: string }[] {
  const uses = new Map<string, number>();
  for (const path of paths) {
    const name = baseName(path).toLowerCase();
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const unique = paths.filter(
    (path) => uses.get(baseName(path).toLowerCase()) === 1 && /\p{L}{3}/u.test(baseName(path)),
  );
  const drawn: { path: string; name: string }[] = [];
  while (drawn.length < count && unique.length > 0) {
    const [path = ''] = unique.splice(Math.floor(random() * unique.length), 1);
    drawn.push({ path, name: baseName(path) });
  }
  return drawn;
}

/**
 * The beginning of a name: three fifths to nine tenths of its stem, and as much more as it takes to tell the file from
 * all others.
 */
export function partOf(name: string, paths: readonly string[], random: () => number): string {
  const stem = name.replace(/(?!^)\.[^.]{1,8}$/, '');
  const others = paths
    .map((path) => baseName(path).toLowerCase())
    .filter((other) => other !== name.toLowerCase());
  for (let length = Math.ceil(stem.length * (0.6 + 0.3 * random())); length < name.length; length += 1) {
    const part = name.slice(0, length);
    if (/[\p{L}\p{N}]$/u.test(part) && !others.some((other) => other.startsWith(part.toLowerCase())))
      return part;
  }
  return name;
}

/** A name with one letter of its stem replaced, dropped, doubled by another, or exchanged with its neighbour. */
export function misspell(name: string, random: () => number): string {
  const letters = [...name.matchAll(/\p{L}/gu)].map((match) => match.index);
  const ending = /(?!^)\.[^.]{1,8}$/.exec(name)?.index ?? name.length;
  const inStem = letters.filter((at) => at < ending && at > 0);
  const at = inStem[Math.floor(random() * inStem.length)] ?? 0;
  const other = String.fromCharCode(97 + Math.floor(random() * 26));
  const kinds = [
    () => name.slice(0, at) + other + name.slice(at + 1),
    () => name.slice(0, at) + name.slice(at + 1),
    () => name.slice(0, at) + other + name.slice(at),
    () => name.slice(0, at - 1) + name.charAt(at) + name.charAt(at - 1) + name.slice(at + 1),
  ];
  const wrong = (kinds[Math.floor(random() * kinds.length)] ?? kinds[0])?.() ?? name;
  return wrong === name ? `${name.slice(0, at)}${name.slice(at + 1)}` : wrong;
}
