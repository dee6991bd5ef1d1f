/** Small files that unfold into far more than they are. */
import { constants, deflateRawSync } from 'node:zlib';
import { assemble, flateStream, pdfOf, writePdf } from '../../unit/extract/pdf-writer.ts';

/** zlib data of `times` × `chunk`, made by repeating one compressed block, without holding the whole. */
function repeatedZlib(chunk: Buffer, times: number): Buffer {
  const block = deflateRawSync(chunk, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const end = deflateRawSync(Buffer.alloc(0));
  // Readers of PDF leave the checksum at the end unread.
  return Buffer.concat([
    Buffer.from([0x78, 0xda]),
    ...Array<Buffer>(times).fill(block),
    end,
    Buffer.alloc(4),
  ]);
}

function page(
  contents: Buffer,
  resources = '<< /Font << /F1 5 0 R >> >>',
  more: readonly Buffer[] = [],
): Uint8Array {
  const text = (value: string) => Buffer.from(value, 'latin1');
  return assemble([
    text('<< /Type /Catalog /Pages 2 0 R >>'),
    text('<< /Type /Pages /Count 1 /Kids [3 0 R] >>'),
    text(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources ${resources} /Contents 6 0 R >>`),
    text('<< >>'),
    text('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'),
    contents,
    ...more,
  ]);
}

const SHOW = 'BT /F1 12 Tf 72 700 Td (Words and more words) Tj ET\n';

function stream(data: Buffer, filters: string): Buffer {
  return Buffer.concat([
    Buffer.from(`<< /Filter [${filters}] /Length ${data.length} >>\nstream\n`),
    data,
    Buffer.from('\nendstream'),
  ]);
}

/** About 400 kB that inflate to 400 MB of page content. */
export function flateBomb(): Uint8Array {
  const chunk = Buffer.from(SHOW + ' '.repeat(1024 * 1024 - SHOW.length));
  return page(stream(repeatedZlib(chunk, 390), '/FlateDecode'));
}

/** A few kB that inflate twice to 4 GB of page content. */
export function doubleFlateBomb(): Uint8Array {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const inner = repeatedZlib(chunk, 4096);
  return page(flateStreamOf(inner));
}

function flateStreamOf(inner: Buffer): Buffer {
  const outer = flateStream(inner);
  const dictionary = outer.toString('latin1', 0, outer.indexOf('stream'));
  return Buffer.concat([
    Buffer.from(dictionary.replace('[/FlateDecode]', '[/FlateDecode /FlateDecode]')),
    outer.subarray(outer.indexOf('stream')),
  ]);
}

/** "A billion laughs": forms that each draw the next one ten times, twelve deep. */
export function formBomb(): Uint8Array {
  const depth = 12;
  const forms = Array.from({ length: depth }, (_, level) => {
    const content = level === depth - 1 ? SHOW : '/Fm Do '.repeat(10);
    const resources =
      level === depth - 1 ? '<< /Font << /F1 5 0 R >> >>' : `<< /XObject << /Fm ${7 + level + 1} 0 R >> >>`;
    return Buffer.from(
      `<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources ${resources} /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  });
  return page(
    Buffer.from('<< /Length 7 >>\nstream\n/Fm Do \nendstream'),
    '<< /XObject << /Fm 7 0 R >> >>',
    forms,
  );
}

/** 120 kB that claim twenty thousand pages, all of them the same one. */
export function manyPages(count = 20_000): Uint8Array {
  const one = writePdf(pdfOf(['The same page over and over.']));
  const source = Buffer.from(one).toString('latin1');
  const kids = /\/Kids \[(\d+ 0 R)\]/.exec(source)?.[1] ?? '';
  const objects = [...source.matchAll(/\d+ 0 obj\n([\s\S]*?)\nendobj/g)].map((match) => match[1] ?? '');
  return assemble(
    objects.map((object) =>
      Buffer.from(
        object.includes('/Type /Pages')
          ? `<< /Type /Pages /Count ${count} /Kids [${`${kids} `.repeat(count)}] >>`
          : object,
        'latin1',
      ),
    ),
  );
}
