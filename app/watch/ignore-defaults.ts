/**
 * What is left out without being asked: secrets, and what programs make for themselves. All names are compared
 * in lower case. docs/what-is-left-out.md lists them for people.
 */

export interface DefaultRule {
  /** In .gitignore syntax, as shown. */
  readonly rule: string;
  /** Private rules yield only to the person's own settings; the others to a .passimignore as well. */
  readonly private: boolean;
}

/** Folders whose contents are secrets, wherever they lie; longer ones are matched at the end of the path. */
const PRIVATE_FOLDERS = [
  '.ssh',
  '.gnupg',
  '.password-store',
  '.aws',
  '.azure',
  '.kube',
  '.pki',
  '.bitcoin',
  '.electrum',
  '.mozilla',
  '.config/gcloud',
  '.config/gh',
  '.config/google-chrome',
  '.config/chromium',
  '.config/bravesoftware',
  '.config/microsoft-edge',
  '.config/vivaldi',
  '.config/opera',
  '.config/1password',
  '.config/bitwarden',
  '.config/keepassxc',
  '.local/share/keyrings',
  '.local/share/kwalletd',
  '.var/app/org.mozilla.firefox',
  '.var/app/com.google.chrome',
  '.var/app/org.chromium.chromium',
  'snap/firefox',
  'snap/chromium',
  'library/keychains',
  'library/cookies',
  'library/safari',
  'library/containers/com.apple.safari',
  'library/application support/google/chrome',
  'library/application support/chromium',
  'library/application support/firefox',
  'library/application support/bravesoftware',
  'library/application support/microsoft edge',
  'library/application support/1password',
  'library/application support/bitwarden',
  'appdata/local/google/chrome',
  'appdata/local/chromium',
  'appdata/local/microsoft/edge',
  'appdata/local/bravesoftware',
  'appdata/local/microsoft/credentials',
  'appdata/roaming/microsoft/credentials',
  'appdata/roaming/microsoft/protect',
  'appdata/local/microsoft/vault',
  'appdata/roaming/mozilla',
  'appdata/roaming/bitwarden',
  'appdata/local/1password',
];

/** Extensions of keys, key stores and password stores. */
const PRIVATE_EXTENSIONS = [
  'pem',
  'key',
  'p12',
  'pfx',
  'jks',
  'keystore',
  'kdb',
  'kdbx',
  'ppk',
  'gpg',
  'agekey',
  'psafe3',
  'keychain',
  'keychain-db',
  'opvault',
  '1pif',
  '1pux',
  'agilekeychain',
  'ovpn',
  'wallet',
];

const PRIVATE_FILES = [
  'id_rsa',
  'id_dsa',
  'id_ecdsa',
  'id_ecdsa_sk',
  'id_ed25519',
  'id_ed25519_sk',
  '.netrc',
  '_netrc',
  '.pgpass',
  '.my.cnf',
  '.pypirc',
  '.npmrc',
  '.git-credentials',
  '.htpasswd',
  '.vault-token',
  'wallet.dat',
  'key3.db',
  'key4.db',
  'logins.json',
  'logins-backup.json',
  'signons.sqlite',
  'login data',
  'cookies.sqlite',
  '.docker/config.json',
];

const PRIVATE_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^\.env(\.(?!example$|sample$|template$|dist$).*)?$/, '.env*'],
  [/^client_secret.*\.json$/, 'client_secret*.json'],
  [/^(chrome |firefox |safari |edge |lastpass |icloud )?passwords.*\.csv$/, '*passwords*.csv'],
  [/^(bitwarden|lastpass|1password|dashlane)[ _-]?.*(export|vault).*\.(csv|json|zip)$/, '*export*.csv'],
];

const FOLDERS = [
  'node_modules',
  'bower_components',
  'jspm_packages',
  '.git',
  '.hg',
  '.svn',
  '.bzr',
  '_darcs',
  'cvs',
  '__pycache__',
  '__pypackages__',
  '__macosx',
  'site-packages',
  'dist-packages',
  '.venv',
  '.tox',
  '.nox',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.cache',
  '.gradle',
  '.m2',
  '.cargo',
  '.rustup',
  '.npm',
  '.yarn',
  '.pnpm-store',
  '.next',
  '.nuxt',
  '.svelte-kit',
  '.parcel-cache',
  '.turbo',
  '.terraform',
  '.ipynb_checkpoints',
  '.idea',
  '.vs',
  '.trash',
  '.trashes',
  '.spotlight-v100',
  '.fseventsd',
  '.documentrevisions-v100',
  '.temporaryitems',
  '$recycle.bin',
  'system volume information',
  'lost+found',
  'deriveddata',
  'appdata/local/temp',
  'library/caches',
  'library/logs',
  '.local/share/trash',
];
/** Folders that one program treats as a single document. */
const FOLDER_EXTENSIONS = [
  'app',
  'framework',
  'photoslibrary',
  'musiclibrary',
  'tvlibrary',
  'xcassets',
  'egg-info',
];
/** Names of build output; they count only beside a file of a build tool, since people have such folders too. */
const BUILD_FOLDERS = [
  'build',
  'dist',
  'out',
  'target',
  'obj',
  'coverage',
  'vendor',
  'venv',
  'env',
  '.build',
];
const BUILD_MARKERS = new Set([
  'package.json',
  'pyproject.toml',
  'setup.py',
  'requirements.txt',
  'cargo.toml',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'cmakelists.txt',
  'makefile',
  'meson.build',
  'go.mod',
  'composer.json',
  'gemfile',
  'package.swift',
  'tsconfig.json',
]);
const BUILD_MARKER = /\.(csproj|fsproj|vbproj|vcxproj|sln|xcodeproj)$/;

const FILES = [
  '.ds_store',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
  '.localized',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
  'cargo.lock',
  'poetry.lock',
  'pdm.lock',
  'uv.lock',
  'pipfile.lock',
  'composer.lock',
  'gemfile.lock',
  'flake.lock',
  'go.sum',
];
const EXTENSIONS = [
  'tmp',
  'temp',
  'swp',
  'swo',
  'swx',
  'part',
  'partial',
  'crdownload',
  'download',
  'lock',
  'pyc',
  'pyo',
  'o',
  'obj',
  'class',
];
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^~\$/, '~$*'],
  [/^\.~lock\..*#$/, '.~lock.*#'],
  [/^~.*\.tmp$/, '~*.tmp'],
  [/.~$/, '*~'],
  [/^#.*#$/, '#*#'],
  [/^\.#/, '.#*'],
  [/^\._/, '._*'],
  [/\.min\.(js|mjs|cjs|css)$/, '*.min.js'],
  [/\.(bundle|chunk)\.(js|mjs|css)$/, '*.bundle.js'],
  [/\.(js|mjs|cjs|css|ts)\.map$/, '*.js.map'],
];

interface PathTable {
  /** Last part → whole paths that end in it, as parts. */
  readonly byLast: ReadonlyMap<string, readonly (readonly string[])[]>;
}

function pathTable(paths: readonly string[]): PathTable {
  const byLast = new Map<string, string[][]>();
  for (const path of paths) {
    const parts = path.split('/');
    const last = parts.at(-1) ?? '';
    byLast.set(last, [...(byLast.get(last) ?? []), parts]);
  }
  return { byLast };
}

function findPath(table: PathTable, parts: readonly string[]): string | null {
  for (const wanted of table.byLast.get(parts.at(-1) ?? '') ?? []) {
    const offset = parts.length - wanted.length;
    if (offset >= 0 && wanted.every((part, index) => parts[offset + index] === part)) return wanted.join('/');
  }
  return null;
}

const privateFolders = pathTable(PRIVATE_FOLDERS);
const privateFiles = pathTable(PRIVATE_FILES);
const privateExtensions = new Set(PRIVATE_EXTENSIONS);
const folders = pathTable(FOLDERS);
const folderExtensions = new Set(FOLDER_EXTENSIONS);
const buildFolders = new Set(BUILD_FOLDERS);
const files = new Set(FILES);
const extensions = new Set(EXTENSIONS);

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1) : '';
}

/** Whether a folder with these names in it is one that a build tool works in. */
export function isProject(names: Iterable<string>): boolean {
  for (const name of names) {
    const lower = name.toLowerCase();
    if (BUILD_MARKERS.has(lower) || BUILD_MARKER.test(lower)) return true;
  }
  return false;
}

/**
 * The default rule that leaves a path out, null if none does. Only the path itself is looked at, not the folders
 * above it.
 *
 * @param parts parts of the absolute path in lower case
 * @param inProject whether the folder it lies in is one that a build tool works in
 */
export function findDefaultRule(
  parts: readonly string[],
  isDirectory: boolean,
  inProject: boolean,
): DefaultRule | null {
  const name = parts.at(-1) ?? '';
  return isDirectory ? folderRule(parts, name, inProject) : fileRule(parts, name);
}

function folderRule(parts: readonly string[], name: string, inProject: boolean): DefaultRule | null {
  const secret = findPath(privateFolders, parts);
  if (secret !== null) return { rule: `${secret}/`, private: true };
  const extension = extensionOf(name);
  // Key chains and vaults of some programs are folders.
  if (extension !== 'key' && privateExtensions.has(extension))
    return { rule: `*.${extension}`, private: true };
  const junk = findPath(folders, parts);
  if (junk !== null) return { rule: `${junk}/`, private: false };
  if (folderExtensions.has(extension)) return { rule: `*.${extension}/`, private: false };
  return inProject && buildFolders.has(name) ? { rule: `${name}/`, private: false } : null;
}

function fileRule(parts: readonly string[], name: string): DefaultRule | null {
  const secret = findPath(privateFiles, parts);
  if (secret !== null) return { rule: secret, private: true };
  const extension = extensionOf(name);
  if (privateExtensions.has(extension)) return { rule: `*.${extension}`, private: true };
  for (const [pattern, rule] of PRIVATE_PATTERNS) if (pattern.test(name)) return { rule, private: true };
  if (files.has(name)) return { rule: name, private: false };
  if (extensions.has(extension)) return { rule: `*.${extension}`, private: false };
  for (const [pattern, rule] of PATTERNS) if (pattern.test(name)) return { rule, private: false };
  return null;
}
