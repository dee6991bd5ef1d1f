import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseSync } from 'oxc-parser';

export interface ImportGraph {
  /** Files that are reached, relative to the root with forward slashes. */
  readonly files: ReadonlySet<string>;
  /** Packages that they import, by the file that does. */
  readonly packages: ReadonlyMap<string, string>;
}

const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

/** Names that a JavaScript file imports, loads on demand, requires or runs as another process or thread. */
function namesIn(file: string, source: string): string[] {
  const { module } = parseSync(file, source);
  const names = module.staticImports.map((entry) => entry.moduleRequest.value);
  for (const entry of module.staticExports)
    for (const { moduleRequest } of entry.entries) if (moduleRequest) names.push(moduleRequest.value);
  for (const { moduleRequest } of module.dynamicImports) {
    const text = source.slice(moduleRequest.start, moduleRequest.end);
    if (/^['"]/.test(text)) names.push(text.slice(1, -1));
  }
  for (const match of source.matchAll(/\brequire(?:\.resolve)?\(\s*['"]([^'"]+)['"]/g))
    names.push(match[1] ?? '');
  // Scripts of other processes and threads are named by address.
  for (const match of source.matchAll(/['"](\.\.?\/[\w./-]+\.js)['"]/g)) names.push(match[1] ?? '');
  return names;
}

/** Everything that scripts reach, without looking into packages. */
export function importGraph(root: string, entries: readonly string[]): ImportGraph {
  const files = new Set<string>();
  const packages = new Map<string, string>();
  const waiting = entries.map((entry) => resolve(root, entry));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const name = relative(root, file).split(sep).join('/');
    if (files.has(name)) continue;
    files.add(name);
    for (const imported of namesIn(file, readFileSync(file, 'utf8'))) {
      if (imported.startsWith('node:')) continue;
      if (!imported.startsWith('.')) {
        packages.set(packageOf(imported), name);
        continue;
      }
      const target = resolve(dirname(file), imported);
      if (existsSync(target) && /\.[cm]?js$/.test(target)) waiting.push(target);
    }
  }
  return { files, packages };
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly dependencies?: Readonly<Record<string, string>>;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
        readonly peerDependencies?: Readonly<Record<string, string>>;
        readonly dev?: boolean;
      }
    >
  >;
}

/** The places in node_modules of packages and of everything that they depend on, by the lock file. */
export function dependencyPlaces(root: string, names: Iterable<string>): Set<string> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const find = (from: string, name: string): string | null => {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
      const place = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
      if (packages[place] !== undefined) return place;
      if (at === '') return null;
    }
  };
  const places = new Set<string>();
  const waiting = [...names].map((name) => find('', name));
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (place === null || places.has(place) || !existsSync(join(root, place))) continue;
    places.add(place);
    const { dependencies, optionalDependencies } = packages[place] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
      waiting.push(find(place, name));
  }
  return places;
}
