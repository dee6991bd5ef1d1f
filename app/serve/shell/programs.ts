import { pathToFileURL } from 'node:url';

/** How a program is told to open a file at a place; every entry is one argument, never a line for a shell. */
export interface Program {
  /** What the system calls it, in lower case: desktop entry (Linux), file name (Windows), bundle (macOS). */
  readonly names: readonly string[];
  /** Names of its command on the path, for Linux and macOS. */
  readonly commands: readonly string[];
  readonly page?: (path: string, page: number) => string[];
  readonly line?: (path: string, line: number) => string[];
}

const pageIndex = (path: string, page: number) => [`--page-index=${page}`, path];
const pageOption = (path: string, page: number) => ['--page', String(page), path];
const adobe = (path: string, page: number) => ['/A', `page=${page}`, path];
const fragment = (path: string, page: number) => [`${pathToFileURL(path).href}#page=${page}`];
const colon = (path: string, line: number) => [`${path}:${line}`];
const goto = (path: string, line: number) => ['--goto', `${path}:${line}`];
const plus = (path: string, line: number) => [`+${line}`, path];
const lineOption = (path: string, line: number) => ['--line', String(line), path];

/** Programs that can open a document at a page, or a text at a line, by their own manuals. */
export const PROGRAMS: readonly Program[] = [
  { names: ['org.gnome.evince', 'evince'], commands: ['evince'], page: pageIndex },
  { names: ['org.gnome.papers', 'papers'], commands: ['papers'], page: pageIndex },
  { names: ['xreader'], commands: ['xreader'], page: pageIndex },
  { names: ['atril'], commands: ['atril'], page: pageIndex },
  { names: ['org.kde.okular', 'okularapplication_pdf', 'okular'], commands: ['okular'], page: pageOption },
  {
    names: ['org.pwmt.zathura', 'org.pwmt.zathura-pdf-mupdf', 'org.pwmt.zathura-pdf-poppler', 'zathura'],
    commands: ['zathura'],
    page: pageOption,
  },
  { names: ['mupdf'], commands: ['mupdf'], page: (path, page) => [path, String(page)] },
  { names: ['qpdfview'], commands: ['qpdfview'], page: (path, page) => [`${path}#${page}`] },
  { names: ['sumatrapdf.exe'], commands: [], page: (path, page) => ['-page', String(page), path] },
  { names: ['acrobat.exe', 'acrord32.exe', 'pdfxedit.exe'], commands: [], page: adobe },
  {
    names: ['foxitpdfreader.exe', 'foxitreader.exe'],
    commands: [],
    page: (path, page) => [path, '/A', `page=${page}`],
  },
  {
    names: ['firefox', 'org.mozilla.firefox', 'firefox-esr', 'firefox.exe'],
    commands: ['firefox', 'firefox-esr'],
    page: fragment,
  },
  {
    names: ['chromium', 'chromium-browser', 'google-chrome', 'chrome.exe'],
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    page: fragment,
  },
  { names: ['brave-browser', 'brave.exe'], commands: ['brave-browser'], page: fragment },
  { names: ['microsoft-edge', 'msedge.exe'], commands: ['microsoft-edge'], page: fragment },

  {
    names: ['code', 'code-oss', 'com.visualstudio.code', 'code.exe', 'com.microsoft.vscode'],
    commands: ['code', 'code-oss'],
    line: goto,
  },
  { names: ['codium', 'vscodium', 'vscodium.exe', 'com.vscodium'], commands: ['codium'], line: goto },
  { names: ['sublime_text', 'sublime_text.exe', 'com.sublimetext.4'], commands: ['subl'], line: colon },
  { names: ['dev.zed.zed', 'zed.exe'], commands: ['zed'], line: colon },
  { names: ['org.kde.kate', 'kate.exe'], commands: ['kate'], line: lineOption },
  { names: ['org.kde.kwrite'], commands: ['kwrite'], line: lineOption },
  { names: ['org.xfce.mousepad', 'mousepad'], commands: ['mousepad'], line: lineOption },
  { names: ['geany'], commands: ['geany'], line: lineOption },
  { names: ['org.gnome.gedit', 'gedit'], commands: ['gedit'], line: plus },
  { names: ['xed', 'org.x.editor'], commands: ['xed'], line: plus },
  { names: ['pluma'], commands: ['pluma'], line: plus },
  { names: ['gvim', 'gvim.exe'], commands: ['gvim'], line: plus },
  { names: ['emacs', 'emacs.exe'], commands: ['emacs'], line: plus },
  { names: ['com.barebones.bbedit'], commands: ['bbedit'], line: plus },
  { names: ['notepad++.exe'], commands: [], line: (path, line) => [`-n${line}`, path] },
];
