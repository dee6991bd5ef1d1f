import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractBytes } from '../../../app/extract/extract-file.ts';
import { FORMATS } from '../../../app/extract/registry.ts';
import { decodedFixture, extractText, FIXTURES, fixtureBytes, outline } from './fixture.ts';
import { labelOfText } from './places.ts';
import { sourceMapFaults } from './source-map.ts';

/** Whole names count for some formats, so the folder is left out. */
const sample = (name: string) => extractBytes(fixtureBytes(`code/${name}`), name, { textChars: 1e6 });

const SAMPLES = readdirSync(join(FIXTURES, 'code'));

/** What heading paths the sample of each language must have. */
const SYMBOLS: Readonly<Record<string, readonly string[]>> = {
  'sample.py': ['class Foo > method add', 'class Foo > method p', 'function top'],
  'sample.js': ['function readList', 'function exports.sorted'],
  'sample.jsx': ['function Counter'],
  'sample.ts': [
    'class Foo > method add',
    'class Foo > method arrow',
    'interface I',
    'type X',
    'enum E',
    'describe things',
  ],
  'sample.tsx': ['type Props', 'function Strong'],
  'sample.java': ['class Lamp > method light'],
  'sample.c': ['function add', 'struct s', 'type t_t', 'enum q', 'macro M', 'function cond'],
  'sample.cpp': [
    'namespace a > namespace b > class Foo > method add',
    'namespace a > namespace b > method Foo::sub',
  ],
  'sample.cs': [
    'namespace A.B > class Foo > method Add',
    'namespace A.B > class Foo > constructor Foo',
    'namespace A.B > interface I',
  ],
  'sample.go': ['function Add', 'method Foo.Mul', 'type Foo'],
  'sample.rs': ['struct Foo', 'impl Foo', 'impl Bar for Foo<T>', 'trait T', 'function top', 'macro mm'],
  'sample.rb': ['module A > class Foo > method add', 'method top'],
  'sample.php': ['class Foo > method add', 'interface I', 'function top'],
  'sample.swift': ['class Foo > method add', 'extension Foo', 'struct S', 'protocol P', 'function top'],
  'sample.kt': ['class Foo > method add', 'object Single', 'function ext', 'interface I', 'enum E'],
  'sample.scala': ['class Foo', 'object Foo', 'trait T', 'function top'],
  'sample.dart': ['class Foo > method add', 'function top', 'enum E', 'mixin M', 'extension X'],
  'sample.lua': ['function M.foo', 'function bar', 'function M.baz', 'function M:meth', 'function q'],
  'sample.r': ['function foo', 'function bar'],
  'sample.pl': ['function new', 'function run'],
  'sample.hs': ['function add', 'data T', 'class C', 'instance C T'],
  'sample.ex': ['module Foo.Bar > function add', 'module Foo.Bar > macro mac'],
  'sample.clj': ['ns foo.bar', 'defn add', 'defprotocol P'],
  'sample.sh': ['function foo', 'function bar'],
  'sample.tf': ['resource aws_x y', 'variable z'],
  'sample.elm': ['value add', 'type T', 'type R'],
  'sample.gleam': ['function add', 'type T'],
  'sample.gd': ['function _ready', 'class Inner > method x'],
  'sample.zig': ['function add', 'struct S', 'test foo'],
  'sample.jl': ['module Foo', 'function bar', 'function baz', 'struct P{T}'],
  'sample.erl': ['function add'],
  'sample.ml': ['function add', 'module M'],
  'sample.m': ['implementation Foo > method bar', 'function main'],
  'sample.ps1': ['function Get-Foo', 'class A'],
  'sample.sql': ['table customers', 'function add'],
  'sample.groovy': ['class Oven > function bake'],
  'sample.f90': ['module tides', 'module tides > subroutine surge'],
  'CMakeLists.txt': ['function add_stone'],
  Dockerfile: ['stage node:20 AS build', 'stage alpine'],
  Makefile: ['target all', 'target clean'],
  'build.gradle': ['class A > function foo', 'function bar'],
  greet: ['function greet'],
};

describe('source code', () => {
  it.each(SAMPLES)('%s: letter for letter, every line in its place', async (name) => {
    const document = await sample(name);
    const source = decodedFixture(`code/${name}`);
    expect(document.family).toBe('code');
    expect(sourceMapFaults(document, source)).toEqual([]);
    // Nothing but white space is lost.
    expect(document.text.replace(/\s+/g, '')).toBe(source.replace(/\s+/g, ''));
  });

  it.each(Object.entries(SYMBOLS))('%s has its symbols', async (name, symbols) => {
    const document = await sample(name);
    const paths = new Set(document.blocks.map((block) => block.headings.join(' > ')));
    for (const symbol of symbols) expect(paths).toContain(symbol);
  });

  it('covers at least forty languages', () => {
    expect(FORMATS.filter((entry) => entry.family === 'code').length).toBeGreaterThanOrEqual(40);
  });

  it('gives leading comments and annotations to the definition below, and names it by its path', async () => {
    const document = await sample('IndexWriter.java');
    expect(outline(document)).toEqual([
      'code package org.example.index;\n\nimport java.io.IOException;\nimport java.util.List;',
      'code class IndexWriter: /** Writes an index, segment by segment. */\npublic class IndexWriter implements AutoCloseable {\n  private final List<String> pending;',
      'code class IndexWriter > constructor IndexWriter:   public IndexWriter(List<String> pending) {\n    this.pending = pending;\n  }',
      'code class IndexWriter > method commit:   /**\n   * Makes everything that was added durable.\n   */\n  @Override\n  public long commit() throws IOException {\n    long generation = 1; // grüße 🚀\n    return generation;\n  }',
      'code class IndexWriter > method close:   // Releases the lock.\n  public void close() {}',
      'code class IndexWriter > class Segment:   static class Segment {',
      'code class IndexWriter > class Segment > method documents:     int documents() {\n      return 0;\n    }\n  }\n}',
    ]);
    expect(labelOfText(document, 'return generation')).toBe('line 20');
    expect(labelOfText(document, 'Releases the lock')).toBe('line 23');
  });

  it('with errors in it still finds what is whole', async () => {
    const document = await extractText(
      'def good():\n    return 1\n\ndef bad(:\n    ???\n\ndef fine():\n    return 2\n',
      'a.py',
    );
    expect(document.blocks.map((block) => block.headings.join('/'))).toContain('function good');
    expect(document.text).toContain('return 2');
  });

  it('with \\r\\n keeps its places', async () => {
    const source = 'import os\r\n\r\ndef one():\r\n    return 1\r\n';
    const document = await extractText(source, 'a.py');
    expect(sourceMapFaults(document, source)).toEqual([]);
    expect(labelOfText(document, 'return 1')).toBe('line 4');
  });

  it('that is minified is kept in part, with a word about it', async () => {
    const document = await extractText(
      `!function(){${'var a=function(b){return b+1};'.repeat(20_000)}}()`,
      'a.min.js',
    );
    expect(document.text.length).toBeLessThanOrEqual(20_000);
    expect(document.warnings[0]).toMatch(/minified/);
  });

  it('nested absurdly deep ends all the same', async () => {
    const source = `x = ${'('.repeat(20_000)}1${')'.repeat(20_000)}\n`;
    const document = await extractText(source, 'deep.py');
    expect(document.text.length).toBeGreaterThan(10_000);
  });

  it.each([
    ['tool', '#!/usr/bin/perl -w\nsub run { 1 }\n', 'perl'],
    ['tool', '#!/bin/sh\nrun() { :; }\n', 'shell'],
    ['tool', '#!/usr/bin/env node\nfunction a() {}\n', 'javascript'],
    ['Rakefile', 'task :x\n', 'ruby'],
    ['a.m', 'function y = f(x)\ny = x;\n', 'matlab'],
    ['a.m', '@interface A\n@end\n', 'objective-c'],
    ['a.ts', 'export const a = 1;\n', 'typescript'],
    ['a.ts', '<?xml version="1.0"?><TS><context><name>A</name></context></TS>', 'xml'],
    ['a.h', 'namespace a { class B { public: int c(); }; }\n', 'c'],
  ])('%s is told by its name or its first line (%#)', async (name, source, format) => {
    expect((await extractText(source, name)).format).toBe(format);
  });
});
