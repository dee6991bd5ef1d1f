import { createEncoder } from '../../../app/encode/encoder.ts';
import { loadModelPackage } from '../../../app/encode/package.ts';

/** Closes an encoder in the middle of its work and ends; its argument is a package. */
const [folder = ''] = process.argv.slice(2);
const texts = Array.from({ length: 400 }, (_, i) => `the river ${i} `.repeat(12));
for (let round = 0; round < 3; round += 1) {
  const encoder = await createEncoder({ package: await loadModelPackage(folder), threads: 2 });
  const work = [
    encoder.encodePassages(texts),
    encoder.encodeQuery('the river'),
    encoder.encodePassages(texts),
  ];
  const settled = Promise.allSettled(work);
  // The query's answer comes while passages are at work.
  await work[1];
  await encoder.close();
  for (const outcome of await settled)
    console.log(outcome.status === 'fulfilled' ? 'DONE' : `REFUSED ${outcome.reason.code}`);
}
process.exit();
