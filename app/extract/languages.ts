import { startsWithText } from './sniff.ts';

/** A programming language: how its files are recognised and which grammar reads them. */
export interface Language {
  readonly format: string;
  readonly extensions: readonly string[];
  readonly names?: readonly string[];
  readonly interpreters?: readonly string[];
  /** Name of the tree-sitter grammar; without one the look of the lines divides the file. */
  readonly grammar?: string;
  readonly accepts?: (head: Uint8Array) => boolean;
}

const objectiveC = (head: Uint8Array) =>
  startsWithText(head, /(^|\n)\s*(#import|#include|@(interface|implementation|class|protocol|import)\b)/);
const notXml = (head: Uint8Array) => !startsWithText(head, /^<(\?xml|!doctype)/i);
const prolog = (head: Uint8Array) => startsWithText(head, /(^|\n):-\s*\w+/);

/** Languages in the order in which they are asked where two share an extension. */
export const LANGUAGES: readonly Language[] = [
  {
    format: 'python',
    extensions: ['py', 'pyw', 'pyi', 'pyx', 'pxd', 'bzl', 'star', 'gyp', 'gypi'],
    names: ['sconstruct', 'sconscript', 'wscript', 'build.bazel', 'workspace.bazel', 'tiltfile'],
    interpreters: ['python', 'pypy', 'pythonw'],
    grammar: 'python',
  },
  {
    format: 'javascript',
    extensions: ['js', 'mjs', 'cjs', 'jsx', 'es6', 'userscript.js'],
    names: ['jakefile'],
    interpreters: ['node', 'nodejs', 'deno', 'bun'],
    grammar: 'javascript',
  },
  // A .ts file may also be a Qt translation or a video stream.
  {
    format: 'typescript',
    extensions: ['ts', 'mts', 'cts'],
    grammar: 'typescript',
    accepts: (head) => head[0] !== 0x47 && notXml(head),
  },
  { format: 'tsx', extensions: ['tsx'], grammar: 'tsx' },
  { format: 'java', extensions: ['java', 'jav'], grammar: 'java' },
  { format: 'c', extensions: ['c', 'h'], grammar: 'c' },
  {
    format: 'cpp',
    extensions: [
      'cpp',
      'cc',
      'cxx',
      'c++',
      'hpp',
      'hh',
      'hxx',
      'h++',
      'ipp',
      'inl',
      'tpp',
      'ino',
      'cu',
      'cuh',
    ],
    grammar: 'cpp',
  },
  { format: 'csharp', extensions: ['cs', 'csx'], grammar: 'c_sharp' },
  { format: 'go', extensions: ['go'], grammar: 'go' },
  { format: 'rust', extensions: ['rs'], grammar: 'rust' },
  {
    format: 'ruby',
    extensions: ['rb', 'rake', 'gemspec', 'ru', 'podspec'],
    names: ['rakefile', 'gemfile', 'vagrantfile', 'podfile', 'brewfile', 'fastfile', 'guardfile'],
    interpreters: ['ruby', 'jruby', 'rake'],
    grammar: 'ruby',
  },
  {
    format: 'php',
    extensions: ['php', 'phtml', 'php3', 'php4', 'php5', 'phps', 'inc'],
    interpreters: ['php'],
    grammar: 'php',
  },
  { format: 'swift', extensions: ['swift'], interpreters: ['swift'], grammar: 'swift' },
  { format: 'kotlin', extensions: ['kt', 'kts'], grammar: 'kotlin' },
  { format: 'scala', extensions: ['scala', 'sc', 'sbt'], interpreters: ['scala'], grammar: 'scala' },
  { format: 'dart', extensions: ['dart'], interpreters: ['dart'], grammar: 'dart' },
  { format: 'lua', extensions: ['lua', 'rockspec', 'luau'], interpreters: ['lua', 'luajit'], grammar: 'lua' },
  { format: 'r', extensions: ['r'], names: ['.rprofile'], interpreters: ['rscript', 'r'], grammar: 'r' },
  { format: 'prolog', extensions: ['pl', 'pro', 'prolog'], interpreters: ['swipl'], accepts: prolog },
  {
    format: 'perl',
    extensions: ['pl', 'pm', 'pod', 't', 'plx', 'al'],
    interpreters: ['perl'],
    grammar: 'perl',
  },
  {
    format: 'haskell',
    extensions: ['hs', 'lhs', 'hsc'],
    interpreters: ['runhaskell', 'runghc', 'stack'],
    grammar: 'haskell',
  },
  { format: 'elixir', extensions: ['ex', 'exs'], interpreters: ['elixir'], grammar: 'elixir' },
  {
    format: 'clojure',
    extensions: ['clj', 'cljs', 'cljc', 'edn', 'bb'],
    interpreters: ['clojure', 'bb'],
    grammar: 'clojure',
  },
  {
    format: 'shell',
    extensions: ['sh', 'bash', 'zsh', 'ksh', 'bats', 'command', 'ebuild', 'fish'],
    names: [
      '.bashrc',
      '.bash_profile',
      '.bash_aliases',
      '.profile',
      '.zshrc',
      '.zprofile',
      '.zshenv',
      'pkgbuild',
      'configure',
    ],
    interpreters: ['sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'bats', 'fish'],
    grammar: 'bash',
  },
  { format: 'terraform', extensions: ['tf', 'tfvars', 'hcl', 'nomad'], grammar: 'hcl' },
  { format: 'nix', extensions: ['nix'], grammar: 'nix' },
  { format: 'elm', extensions: ['elm'], grammar: 'elm' },
  { format: 'gleam', extensions: ['gleam'], grammar: 'gleam' },
  { format: 'gdscript', extensions: ['gd'], grammar: 'gdscript' },
  { format: 'zig', extensions: ['zig', 'zon'], grammar: 'zig' },
  { format: 'objective-c', extensions: ['m', 'mm'], accepts: objectiveC },
  { format: 'matlab', extensions: ['m'], interpreters: ['octave'] },
  { format: 'julia', extensions: ['jl'], interpreters: ['julia'] },
  { format: 'erlang', extensions: ['erl', 'hrl', 'escript'], interpreters: ['escript'] },
  { format: 'ocaml', extensions: ['ml', 'mli', 'mll', 'mly'], interpreters: ['ocaml'] },
  { format: 'fsharp', extensions: ['fs', 'fsi', 'fsx'] },
  { format: 'powershell', extensions: ['ps1', 'psm1', 'psd1'], interpreters: ['pwsh', 'powershell'] },
  { format: 'batch', extensions: ['bat', 'cmd'] },
  { format: 'sql', extensions: ['sql', 'ddl', 'dml', 'psql', 'mysql', 'pgsql', 'plsql', 'pks', 'pkb'] },
  {
    format: 'groovy',
    extensions: ['groovy', 'gradle', 'gvy'],
    names: ['jenkinsfile'],
    interpreters: ['groovy'],
  },
  { format: 'css', extensions: ['css', 'pcss'] },
  { format: 'scss', extensions: ['scss', 'sass'] },
  { format: 'less', extensions: ['less', 'styl'] },
  { format: 'vue', extensions: ['vue'] },
  { format: 'svelte', extensions: ['svelte', 'astro'] },
  {
    format: 'template',
    extensions: [
      'ejs',
      'hbs',
      'handlebars',
      'mustache',
      'erb',
      'j2',
      'jinja',
      'jinja2',
      'twig',
      'liquid',
      'pug',
      'jade',
      'haml',
      'cshtml',
      'razor',
      'jsp',
      'ftl',
      'tmpl',
      'tpl',
    ],
  },
  {
    format: 'dockerfile',
    extensions: ['dockerfile', 'containerfile'],
    names: ['dockerfile', 'containerfile'],
  },
  {
    format: 'makefile',
    extensions: ['mk', 'mak', 'make'],
    names: ['makefile', 'gnumakefile', 'bsdmakefile', 'makefile.am', 'makefile.in', 'justfile', 'kbuild'],
    interpreters: ['make'],
  },
  { format: 'cmake', extensions: ['cmake'], names: ['cmakelists.txt'] },
  { format: 'meson', extensions: [], names: ['meson.build', 'meson_options.txt'] },
  { format: 'fortran', extensions: ['f', 'f90', 'f95', 'f03', 'f08', 'for', 'ftn'] },
  { format: 'pascal', extensions: ['pas', 'dpr', 'lpr', 'pp'] },
  { format: 'ada', extensions: ['ada', 'adb', 'ads'] },
  { format: 'd', extensions: ['d', 'di'] },
  { format: 'nim', extensions: ['nim', 'nims', 'nimble'] },
  { format: 'crystal', extensions: ['cr'], interpreters: ['crystal'] },
  {
    format: 'lisp',
    extensions: ['lisp', 'lsp', 'cl', 'el', 'asd'],
    names: ['.emacs'],
    interpreters: ['sbcl'],
  },
  { format: 'scheme', extensions: ['scm', 'ss', 'sld'], interpreters: ['guile'] },
  { format: 'racket', extensions: ['rkt'], interpreters: ['racket'] },
  { format: 'tcl', extensions: ['tcl', 'tk', 'itcl'], interpreters: ['tclsh', 'wish'] },
  { format: 'awk', extensions: ['awk'], interpreters: ['awk', 'gawk', 'mawk'] },
  { format: 'vim', extensions: ['vim'], names: ['.vimrc', '_vimrc'] },
  { format: 'visual-basic', extensions: ['vb', 'vbs', 'bas', 'frm'] },
  { format: 'assembly', extensions: ['s', 'asm', 'nasm'] },
  { format: 'verilog', extensions: ['v', 'sv', 'svh', 'vh'] },
  { format: 'vhdl', extensions: ['vhd', 'vhdl'] },
  { format: 'solidity', extensions: ['sol'] },
  { format: 'protobuf', extensions: ['proto'] },
  { format: 'thrift', extensions: ['thrift'] },
  { format: 'graphql', extensions: ['graphql', 'gql', 'graphqls'] },
  { format: 'shader', extensions: ['glsl', 'vert', 'frag', 'geom', 'comp', 'hlsl', 'wgsl', 'metal'] },
  { format: 'diff', extensions: ['diff', 'patch'] },
];

const BY_FORMAT: ReadonlyMap<string, Language> = new Map(LANGUAGES.map((entry) => [entry.format, entry]));

export function languageOf(format: string): Language | undefined {
  return BY_FORMAT.get(format);
}
