// Makes every icon of the desktop app from two drawings: renderer/public/icon.svg (the app) and main/icons/tray.svg
// (the menu bar of macOS, which takes the shape alone).
//   node scripts/with-node.mjs scripts/build-icons.mjs [folder]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCanvas, loadImage } from '@napi-rs/canvas';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Sizes of the pictures in a Windows icon, in pixels. */
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
/** Type codes of the pictures in a macOS icon by their size; all of them hold PNG. */
const ICNS_TYPES = {
  16: 'icp4',
  32: 'icp5',
  64: 'icp6',
  128: 'ic07',
  256: 'ic08',
  512: 'ic09',
  1024: 'ic10',
};
/** Sizes that Linux desktops look for. */
const LINUX_SIZES = [16, 24, 32, 48, 64, 128, 256, 512];

/** A drawing as PNG of a size in pixels, with an empty margin of a share of it. */
async function draw(svg, size, margin = 0) {
  const inner = size * (1 - 2 * margin);
  // The drawing says no size, so it is given one: it would be drawn small and then enlarged.
  const sized = svg.replace('<svg ', `<svg width="${inner}" height="${inner}" `);
  const image = await loadImage(Buffer.from(sized));
  const canvas = createCanvas(size, size);
  canvas.getContext('2d').drawImage(image, size * margin, size * margin, inner, inner);
  return canvas.toBuffer('image/png');
}

/** Windows icon: a directory of pictures, then the pictures as PNG. */
export function ico(pictures) {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  for (const [i, { size, png }] of pictures.entries()) {
    const at = 6 + 16 * i;
    // 256 is written as 0.
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  }
  return Buffer.concat([head, ...pictures.map(({ png }) => png)]);
}

/** macOS icon: blocks of a type, a length and a PNG. */
export function icns(pictures) {
  const blocks = pictures.map(({ size, png }) => {
    const head = Buffer.alloc(8);
    head.write(ICNS_TYPES[size], 0, 'ascii');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const head = Buffer.alloc(8);
  head.write('icns', 0, 'ascii');
  head.writeUInt32BE(8 + blocks.reduce((sum, block) => sum + block.length, 0), 4);
  return Buffer.concat([head, ...blocks]);
}

/**
 * Writes the icons into a folder.
 * @param {string} folder
 * @returns {Promise<void>}
 */
export async function buildIcons(folder) {
  const app = readFileSync(join(root, 'renderer/public/icon.svg'), 'utf8');
  const shape = readFileSync(join(root, 'main/icons/tray.svg'), 'utf8');
  const pictures = (sizes, margin) =>
    Promise.all(sizes.map(async (size) => ({ size, png: await draw(app, size, margin) })));
  mkdirSync(join(folder, 'linux'), { recursive: true });
  const write = (name, bytes) => writeFileSync(join(folder, name), bytes);
  write('icon.png', await draw(app, 512));
  write('icon.ico', ico(await pictures(ICO_SIZES)));
  // macOS draws icons with room around them.
  write('icon.icns', icns(await pictures(Object.keys(ICNS_TYPES).map(Number), 0.098)));
  for (const { size, png } of await pictures(LINUX_SIZES)) write(`linux/${size}x${size}.png`, png);
  write('tray.ico', ico(await pictures([16, 20, 24, 32])));
  write('tray.png', await draw(app, 32));
  write('trayTemplate.png', await draw(shape, 16));
  write('trayTemplate@2x.png', await draw(shape, 32));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildIcons(resolve(process.argv[2] ?? join(root, 'dist/icons')));
