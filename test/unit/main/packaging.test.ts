import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { builtApp } from '../../../scripts/build-app.mjs';
import { FUSES, programPath } from '../../../scripts/set-fuses.mjs';
import { dependencyPlaces, type ImportGraph, importGraph } from '../../helpers/package-graph.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const require = createRequire(import.meta.url);

interface Configuration {
  readonly files: string[];
  readonly asarUnpack: string[];
  readonly afterPack: string;
  readonly directories: { readonly buildResources: string };
  readonly linux: Platform;
  readonly mac: Platform;
  readonly win: Platform;
}
interface Platform {
  readonly target: string[];
  readonly icon: string;
  readonly files?: string[];
}

/** Parts of electron-builder that read its configuration; the same code runs when the app is packed. */
const { validateConfiguration } = require('app-builder-lib/out/util/config/config') as {
  validateConfiguration(configuration: unknown, log: { isEnabled: boolean; add(): void }): Promise<void>;
};
interface Matcher {
  createFilter(): (file: string, stat: unknown) => boolean;
}
const { FileMatcher, getNodeModuleFileMatcher } = require('app-builder-lib/out/fileMatcher') as {
  getNodeModuleFileMatcher(
    from: string,
    to: string,
    expand: (text: string) => string,
    platform: Platform,
    packager: unknown,
  ): Matcher;
  FileMatcher: new (
    from: string,
    to: string,
    expand: (text: string) => string,
    patterns: readonly string[],
  ) => Matcher;
};

const MACROS: Readonly<Record<string, string>> = { platform: 'linux', arch: 'x64' };
const same = (text: string): string =>
  text.replace(/\$\{(\w+)\}/g, (_all, name: string) => MACROS[name] ?? '');
const byName = (matcher: Matcher): ((name: string) => boolean) => {
  const filter = matcher.createFilter();
  return (name) => filter(join(root, name), statSync(join(root, name)));
};

/** Whether electron-builder's patterns take a file, by its path relative to the root. */
const matcher = (patterns: readonly string[]) => byName(new FileMatcher(root, root, same, patterns));

const text = readFileSync(join(root, 'electron-builder.yml'), 'utf8');
const configuration = parse(text) as Configuration;
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  main: string;
  dependencies: Record<string, string>;
};
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { dev?: boolean }>;
};
/** Every script that a process or a thread of the app begins with. */
const ENTRIES = [
  'dist/main/main.js',
  'dist/app/host/main.js',
  'dist/app/extract/worker.js',
  'dist/app/encode/worker.js',
];

let graph: ImportGraph;
beforeAll(async () => {
  await builtApp();
  graph = importGraph(root, ENTRIES);
}, 300_000);

/** Whether a file is packed for Linux. Packages come by what package.json depends on, less what is excluded. */
const takesOwn = matcher(configuration.files);
const takesPackages = byName(
  getNodeModuleFileMatcher(root, root, same, configuration.linux, {
    config: configuration,
    debugLogger: { isEnabled: false },
  }),
);
const linuxTakes = (name: string): boolean =>
  name.startsWith('node_modules/') ? takesPackages(name) : takesOwn(name);

/** Files of a package that can be run or loaded, relative to the root. */
function runnable(place: string): string[] {
  return readdirSync(join(root, place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.([cm]?js|json|node|wasm|so(\.\d+)*|proto)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/'))
    .filter((name) => !name.slice(place.length + 1).includes('node_modules/'));
}

describe('the configuration of the packager', () => {
  it('is of its schema', async () => {
    await validateConfiguration(structuredClone(configuration), { isEnabled: false, add: () => {} });
    await expect(
      validateConfiguration({ ...configuration, asarUnpak: [] }, { isEnabled: false, add: () => {} }),
    ).rejects.toThrow('asarUnpak');
  });

  it('makes every installer that is promised', () => {
    expect(configuration.win.target).toEqual(['nsis', 'portable']);
    expect(configuration.mac.target).toEqual(['dmg']);
    expect(configuration.linux.target).toEqual(['AppImage', 'deb']);
  });

  it('has no list of files for one platform, since that would bring in everything else', () => {
    for (const name of ['linux', 'mac', 'win'] as const)
      expect(configuration[name].files, name).toBeUndefined();
  });

  it('names only files that are there after a build', () => {
    const resources = join(root, configuration.directories.buildResources);
    for (const { icon } of [configuration.linux, configuration.mac, configuration.win])
      expect(existsSync(join(resources, icon)), icon).toBe(true);
    expect(existsSync(join(root, configuration.afterPack))).toBe(true);
    for (const pattern of configuration.files.filter((each) => !each.startsWith('!'))) {
      const fixed = pattern
        .split('/')
        .filter((part) => !/[*{]/.test(part))
        .join('/');
      // The addon is built where there is a compiler; without it the index in TypeScript serves.
      if (fixed !== 'native/build/passim.node') expect(existsSync(join(root, fixed)), pattern).toBe(true);
    }
    expect(ENTRIES).toContain(manifest.main);
  });

  it('sets the fuses after packing, in the program itself', async () => {
    const hook = (await import('../../../scripts/set-fuses.mjs')) as unknown as { default: unknown };
    expect(hook.default).toBeTypeOf('function');
    expect(FUSES.strictlyRequireAllFuses).toBe(true);
    const packager = { appInfo: { productFilename: 'Passim' }, executableName: 'passim' };
    const at = (electronPlatformName: string) =>
      programPath({ appOutDir: '/out', electronPlatformName, packager });
    expect(at('linux')).toBe(join('/out', 'passim'));
    expect(at('win32')).toBe(join('/out', 'Passim.exe'));
    expect(at('darwin')).toBe(join('/out', 'Passim.app/Contents/MacOS', 'Passim'));
  });

  it('packs every file of Passim that runs', () => {
    expect(graph.files.size).toBeGreaterThan(100);
    expect([...graph.files].filter((name) => !linuxTakes(name))).toEqual([]);
    for (const name of [
      'package.json',
      'dist/main/preload.cjs',
      'dist/icons/icon.png',
      'dist/icons/tray.png',
      'dist/icons/tray.ico',
      'dist/icons/trayTemplate.png',
      'dist/icons/trayTemplate@2x.png',
      'models/default/manifest.json',
      'models/default/model.int8.onnx',
    ])
      expect(linuxTakes(name), name).toBe(true);
  });

  it('packs every package that they need, whole', () => {
    const names = [...graph.packages.keys()].filter((name) => name !== 'electron');
    for (const name of names)
      expect(Object.keys(manifest.dependencies), graph.packages.get(name)).toContain(name);
    const places = dependencyPlaces(root, names);
    expect(places.size).toBeGreaterThan(names.length);
    const dropped: string[] = [];
    for (const place of places) {
      expect(lock.packages[place]?.dev ?? false, place).toBe(false);
      dropped.push(...runnable(place).filter((name) => !linuxTakes(name)));
    }
    // Left out knowingly: other platforms' binaries, and runtimes that nothing here loads.
    const known =
      /onnxruntime-node\/bin\/napi-v\d\/(darwin|win32|linux\/arm64)|tokenizers\.(android|darwin|win32)|node_modules\/onnxruntime-web\/|@lancedb\/lancedb\/node_modules\//;
    expect(dropped.filter((name) => !known.test(name))).toEqual([]);
  });

  it('leaves out what only Node, the window’s bundle and tests need', () => {
    for (const name of [
      'node_modules/react-dom/index.js',
      'node_modules/lucide-react/package.json',
      'node_modules/commander/package.json',
    ])
      expect(linuxTakes(name), name).toBe(false);
    for (const name of [
      'app/engine.ts',
      'main/main.ts',
      'test/unit/main/packaging.test.ts',
      'models/recipe/train.py',
    ])
      expect(linuxTakes(name), name).toBe(false);
  });

  it('unpacks whatever is not read through Node', () => {
    const unpacked = matcher(configuration.asarUnpack);
    const places = dependencyPlaces(
      root,
      [...graph.packages.keys()].filter((name) => name !== 'electron'),
    );
    const binaries = [...places]
      .flatMap(runnable)
      .filter((name) => /\.(node|so(\.\d+)*)$/.test(name) && linuxTakes(name));
    expect(binaries.length).toBeGreaterThan(3);
    for (const name of [...binaries, 'models/default/model.int8.onnx', 'models/default/tokenizer.json'])
      expect(unpacked(name), name).toBe(true);
    for (const name of ['dist/main/main.js', 'dist/main/preload.cjs', 'package.json'])
      expect(unpacked(name), name).toBe(false);
  });

  it('brings icons of the sizes that systems ask for', () => {
    const icons = join(root, configuration.directories.buildResources);
    const ico = readFileSync(join(icons, 'icon.ico'));
    expect([...ico.subarray(0, 4)]).toEqual([0, 0, 1, 0]);
    const sizes = Array.from({ length: ico.readUInt16LE(4) }, (_, i) => ico.readUInt8(6 + 16 * i) || 256);
    expect(sizes).toEqual([16, 24, 32, 48, 64, 128, 256]);
    for (let i = 0; i < sizes.length; i += 1) {
      const at = ico.readUInt32LE(6 + 16 * i + 12);
      expect(ico.toString('latin1', at + 1, at + 4)).toBe('PNG');
      expect(ico.readUInt32BE(at + 16)).toBe(sizes[i]);
    }
    const icns = readFileSync(join(icons, 'icon.icns'));
    expect(icns.toString('latin1', 0, 4)).toBe('icns');
    expect(icns.readUInt32BE(4)).toBe(icns.length);
    const png = readFileSync(join(icons, 'linux/512x512.png'));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([512, 512]);
  });
});
