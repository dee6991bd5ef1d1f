import type { FormatEntry } from '../format.ts';
import { startsWith, startsWithText } from '../sniff.ts';

/** Plain text, light markup, the web and PDF. */
export const TEXT_FORMATS: readonly FormatEntry[] = [
  {
    format: 'pdf',
    family: 'document',
    extensions: ['pdf'],
    // The header may stand anywhere in the first 1,024 bytes (ISO 32000-1, annex H.3, note 13).
    sniff: (head) => startsWith(head, '%PDF-', 1024),
    load: () => import('../formats/pdf.ts'),
  },
  {
    format: 'html',
    family: 'web',
    extensions: ['html', 'htm', 'xhtml', 'shtml'],
    sniff: (head) =>
      startsWithText(head, /^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<(!doctype\s+html|html)\b/i),
    load: () => import('../formats/html.ts'),
  },
  {
    format: 'markdown',
    family: 'text',
    extensions: ['md', 'markdown', 'mdown', 'mkd', 'mkdn', 'mdx', 'rmd', 'qmd', 'md.txt'],
    load: () => import('../formats/markdown.ts'),
  },
  {
    format: 'rst',
    family: 'text',
    extensions: ['rst', 'rest', 'rst.txt'],
    load: () => import('../formats/markup-rst.ts'),
  },
  {
    format: 'org',
    family: 'text',
    extensions: ['org'],
    load: () => import('../formats/markup-org.ts'),
  },
  {
    format: 'latex',
    family: 'text',
    extensions: ['tex', 'ltx', 'latex'],
    sniff: (head) => startsWithText(head, /^(%[^\n]*\n\s*)*\\documentclass\b/),
    load: () => import('../formats/markup-latex.ts'),
  },
  {
    format: 'asciidoc',
    family: 'text',
    extensions: ['adoc', 'asciidoc', 'asc'],
    // "asc" is also what armoured keys and signatures are called.
    accepts: (head) => !startsWithText(head, /^-----BEGIN PGP/),
    load: () => import('../formats/markup-asciidoc.ts'),
  },
  {
    format: 'text',
    family: 'text',
    extensions: [
      'txt',
      'text',
      'log',
      'nfo',
      'me',
      '1st',
      'diz',
      'sty',
      'cls',
      'dtx',
      'bib',
      'man',
      'conf',
      'cfg',
    ],
    names: [
      'readme',
      'license',
      'licence',
      'copying',
      'authors',
      'changelog',
      'news',
      'todo',
      'install',
      'notice',
    ],
    readsStart: true,
    load: () => import('../formats/text.ts'),
  },
];
