// Completes package-lock.json with the packages of other platforms. `npm install` leaves out those that its registry
// did not offer when it ran, and `npm ci` then refuses the file everywhere. Entries without a hash are enough: on the
// platform itself npm fetches the exact version that the parent names. Run it after `npm install` has changed the lock.
//   node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'package-lock.json');
const SYSTEMS = ['android', 'darwin', 'win32', 'linux', 'freebsd', 'openharmony', 'openbsd', 'netbsd'];
const PROCESSORS = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64'];

const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;

/** Key of the package that `from` gets when it asks for `name`, null when there is none. */
function resolved(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const key = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[key] !== undefined) return key;
    if (at === '') return null;
  }
}

function entryFor(name, version, parent) {
  const words = name.replace(/^@[^/]*\//, '').split(/[-_/]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (os.length === 0) return null;
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : null;
  return {
    version,
    ...(cpu.length === 0 ? {} : { cpu }),
    ...(parent.dev ? { dev: true } : {}),
    ...(libc === null ? {} : { libc: [libc] }),
    optional: true,
    os,
  };
}

let added = 0;
for (const [path, parent] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(path === '' ? {} : (parent.optionalDependencies ?? {}))) {
    if (!/^\d+\.\d+\.\d+/.test(version)) continue;
    const key = resolved(path, name);
    if (key !== null && packages[key].version === version) continue;
    const entry = entryFor(name, version, parent);
    if (entry === null) continue;
    packages[`${path}/node_modules/${name}`] = entry;
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms added`);
