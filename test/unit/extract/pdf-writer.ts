/** Writes small PDFs for tests: pages of content streams in Helvetica, with objects in plain sight. */
import { deflateSync } from 'node:zlib';

/** A 2 × 2 grey picture. */
export function imageObject(): string {
  return '<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 4 >>\nstream\nabcd\nendstream';
}

/** Content of one page per text: each in one line of 12-point Helvetica. */
export function pdfOf(texts: readonly string[]): string[][] {
  return texts.map((text) => [`BT /F1 12 Tf 72 700 Td (${text.replace(/[()\\]/g, '\\$&')}) Tj ET`]);
}

/**
 * Assembles a file with a right cross-reference table.
 * @param pages the lines of each page's content stream
 * @param xobjects objects by resource name, given to every page
 * @param info entries of the information dictionary
 */
export function writePdf(
  pages: readonly (readonly string[])[],
  xobjects: Readonly<Record<string, string>> = {},
  info = '',
): Uint8Array {
  const names = Object.keys(xobjects);
  const first = 5 + names.length;
  const pageId = (index: number) => first + index * 2;
  const resources = `<< /Font << /F1 3 0 R >> /XObject << ${names.map((name, i) => `/${name} ${5 + i} 0 R`).join(' ')} >> >>`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, i) => `${pageId(i)} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    `<< ${info} >>`,
    ...names.map((name) => xobjects[name] ?? ''),
    ...pages.flatMap((lines, i) => {
      const content = lines.join('\n');
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources ${resources} /Contents ${pageId(i) + 1} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
  ];
  return assemble(objects.map((object) => Buffer.from(object, 'latin1')));
}

/** Numbers the objects from 1 and writes header, cross-reference table and trailer around them. Object 4 is the information dictionary. */
export function assemble(objects: readonly Buffer[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const offsets: number[] = [];
  let length = parts[0]?.length ?? 0;
  objects.forEach((object, index) => {
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    offsets.push(length);
    length += part.length;
    parts.push(part);
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return new Uint8Array(Buffer.concat(parts));
}

/** A Flate-compressed stream object. `times` compresses that many times over. */
export function flateStream(content: Buffer, dictionary = '', times = 1): Buffer {
  let data = content;
  for (let i = 0; i < times; i++) data = deflateSync(data, { level: 9 });
  const filters = Array(times).fill('/FlateDecode').join(' ');
  return Buffer.concat([
    Buffer.from(`<< ${dictionary} /Filter [${filters}] /Length ${data.length} >>\nstream\n`),
    data,
    Buffer.from('\nendstream'),
  ]);
}
