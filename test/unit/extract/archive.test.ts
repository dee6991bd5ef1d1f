import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { ExtractProblem } from '../../../app/extract/format.ts';
import { Archive } from '../../../app/extract/zip.ts';
import { fixtureBytes } from './fixture.ts';
import { problemOf } from './places.ts';

async function problem(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return 'none';
  } catch (error) {
    if (error instanceof ExtractProblem) return error.problem;
    throw error;
  }
}

/** Changes the sizes that an archive declares for its first entry, in the directory and in the local header. */
function lie(archive: Uint8Array, size: number): Uint8Array {
  const bytes = Buffer.from(archive);
  bytes.writeUInt32LE(size, bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24);
  bytes.writeUInt32LE(size, 22);
  return bytes;
}

describe('archives', () => {
  it('give their parts, whatever the case of the name', async () => {
    const archive = await Archive.open(zipSync({ 'word/Document.xml': strToU8('<a/>') }));
    expect(Buffer.from((await archive.read('word/document.xml')) ?? []).toString()).toBe('<a/>');
    expect(await archive.read('word/other.xml')).toBeNull();
    expect(archive.names).toEqual(['word/Document.xml']);
  });

  it('that unpack to more than a hundred times their size are refused before anything is unpacked', async () => {
    const bomb = zipSync({ 'word/document.xml': new Uint8Array(40_000_000) }, { level: 9 });
    expect(bomb.length).toBeLessThan(60_000);
    expect(await problem(() => Archive.open(bomb))).toBe('too-much-text');
    expect(await problemOf(bomb, 'bomb.docx')).toBe('too-much-text');
    expect(await problemOf(bomb, 'bomb.epub')).toBe('too-much-text');
  });

  it('that declare less than they unpack to are corrupt, and unpack no further', async () => {
    const bomb = zipSync({ 'word/document.xml': new Uint8Array(40_000_000) }, { level: 9 });
    const archive = await Archive.open(lie(bomb, 1000));
    expect(await problem(() => archive.read('word/document.xml'))).toBe('corrupt');
  });

  it('within archives stay closed', async () => {
    const inner = zipSync({ 'x.xml': new Uint8Array(10_000_000) }, { level: 9 });
    const outer = zipSync({ 'a.zip': inner, 'b.zip': inner });
    const archive = await Archive.open(outer);
    expect((await archive.read('a.zip'))?.length).toBe(inner.length);
    expect(await problemOf(outer, 'outer.docx')).toBe('corrupt');
  });

  it('of a hundred thousand entries are refused', async () => {
    const entries = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, index) => [`e${index}`, new Uint8Array(0)] as const),
    );
    const bytes = zipSync(entries, { level: 0 });
    expect(await problem(() => Archive.open(bytes))).toBe('corrupt');
  });

  it.each(['../../evil.txt', '/etc/evil', 'C:/evil', 'a/../../evil'])(
    'with the name %s are refused',
    async (name) => {
      const bytes = zipSync({ [name]: strToU8('x'), 'word/document.xml': strToU8('<a/>') });
      expect(await problem(() => Archive.open(bytes))).toBe('corrupt');
      // Where each name would lead from the folders that something could have been unpacked into.
      for (const from of [process.cwd(), tmpdir()]) expect(existsSync(resolve(from, name))).toBe(false);
    },
  );

  it('with a damaged part are corrupt', async () => {
    const bytes = Buffer.from(fixtureBytes('lease.docx'));
    const header = bytes.indexOf('word/document.xml');
    bytes[header + 200] = (bytes[header + 200] ?? 0) ^ 0xff;
    expect(await problemOf(bytes, 'lease.docx')).toBe('corrupt');
  });

  it('with encrypted parts are told as such', async () => {
    const bytes = Buffer.from(zipSync({ 'word/document.xml': strToU8('<a/>') }));
    bytes.writeUInt16LE(1, bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + 8);
    const archive = await Archive.open(bytes);
    expect(await problem(() => archive.read('word/document.xml'))).toBe('encrypted');
  });

  it('of OpenDocument that are protected say so in their manifest', async () => {
    const manifest = `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
      <manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`;
    const bytes = zipSync({
      mimetype: strToU8('application/vnd.oasis.opendocument.text'),
      'META-INF/manifest.xml': strToU8(manifest),
      'content.xml': strToU8('\u0001\u0002'),
    });
    expect(await problemOf(bytes, 'locked.odt')).toBe('encrypted');
  });

  it('of books under rights management say so, and hidden fonts alone do not', async () => {
    const container = `<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="c.opf"/></rootfiles></container>`;
    const opf = `<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>`;
    const book = (algorithm: string) =>
      zipSync({
        'META-INF/container.xml': strToU8(container),
        'META-INF/encryption.xml': strToU8(
          `<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod Algorithm="${algorithm}"/></enc:EncryptedData></encryption>`,
        ),
        'c.opf': strToU8(opf),
        'a.xhtml': strToU8('<html><body><p>Read me</p></body></html>'),
      });
    expect(await problemOf(book('http://www.w3.org/2001/04/xmlenc#aes128-cbc'), 'a.epub')).toBe('encrypted');
    expect(await problemOf(book('http://www.idpf.org/2008/embedding'), 'a.epub')).toBe(
      'text of 7 characters',
    );
  });
});

describe('XML in archives', () => {
  const docx = (body: string, prefix = '') =>
    zipSync({
      'word/document.xml': strToU8(
        `${prefix}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
      ),
    });

  it('unfolds no entities and reads nothing from outside', async () => {
    const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY e SYSTEM "file:///etc/passwd">]>`;
    const bytes = docx('<w:p><w:r><w:t>say &b; and &e; &amp; go</w:t></w:r></w:p>', laughs);
    expect(await problemOf(bytes, 'a.docx')).toBe(`text of ${'say &b; and &e; & go'.length} characters`);
  });

  it('may use other prefixes and the strict namespaces', async () => {
    const xml = `<d:document xmlns:d="http://purl.oclc.org/ooxml/wordprocessingml/main"><d:body><d:p><d:r><d:t>Strict</d:t></d:r></d:p></d:body></d:document>`;
    expect(await problemOf(zipSync({ 'word/document.xml': strToU8(xml) }), 'a.docx')).toBe(
      'text of 6 characters',
    );
  });

  it('may nest ten thousand deep', async () => {
    const deep = docx(
      `${'<w:sdt>'.repeat(10_000)}<w:p><w:r><w:t>deep</w:t></w:r></w:p>${'</w:sdt>'.repeat(10_000)}`,
    );
    expect(await problemOf(deep, 'a.docx')).toBe('text of 4 characters');
  });

  it('leaves out deleted text and keeps inserted text', async () => {
    const bytes = docx(
      '<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>',
    );
    expect(await problemOf(bytes, 'a.docx')).toBe('text of 3 characters');
  });
});
