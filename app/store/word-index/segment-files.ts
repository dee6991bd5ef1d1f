import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../durable-file.ts';
import { WordSegment } from './segment.ts';

/*
 * Segments on the disk: a file each, and a list of those that hold. The list is replaced last, so that whoever reads
 * finds either what was or what is; a file that is missing or damaged is as good as none.
 */

const LIST = 'words.json';
/** Times that files are read before what is missing counts as damaged. */
const ATTEMPTS = 4;
const SEGMENT = /^[0-9a-f-]{36}\.words$/;
const listSchema = z.object({ format: z.literal(1), segments: z.array(z.string().regex(SEGMENT)) });

/** @param damaged told of each file that cannot be used */
export async function loadSegments(
  directory: string,
  damaged: (file: string, error: unknown) => void,
): Promise<WordSegment[]> {
  for (let attempt = 1; ; attempt += 1) {
    const names = await listed(directory, damaged);
    const segments: WordSegment[] = [];
    const failures: { name: string; error: unknown }[] = [];
    for (const name of names) {
      try {
        const segment = WordSegment.parse(await readFile(join(directory, name)));
        segment.file = name;
        segments.push(segment);
      } catch (error) {
        failures.push({ name, error });
      }
    }
    // Another process may have written a new list meanwhile, and removed what only the old one names.
    const replaced = failures.length > 0 && !sameNames(names, await listed(directory, () => {}));
    if (replaced && attempt < ATTEMPTS) continue;
    for (const { name, error } of failures) damaged(name, error);
    return segments;
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}

/** Writes those without a file, then the list, and removes what the list does not name. @throws the system's errors */
export async function saveSegments(directory: string, segments: readonly WordSegment[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const segment of segments) {
    if (segment.file !== null) continue;
    const name = `${randomUUID()}.words`;
    await replaceFile(join(directory, name), segment.serialize());
    segment.file = name;
  }
  const names = segments.flatMap(({ file }) => file ?? []);
  await replaceFile(join(directory, LIST), JSON.stringify({ format: 1, segments: names }));
  for (const name of await readdir(directory))
    if (name !== LIST && !names.includes(name)) await rm(join(directory, name), { force: true });
}

async function listed(directory: string, damaged: (file: string, error: unknown) => void): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(join(directory, LIST), 'utf8');
  } catch {
    return [];
  }
  try {
    return listSchema.parse(JSON.parse(text)).segments;
  } catch (error) {
    damaged(LIST, error);
    return [];
  }
}
