import { createEncoder } from '../../../app/encode/encoder.ts';
import { loadModelPackage } from '../../../app/encode/package.ts';
import { offlineTransformers } from '../../../app/encode/transformers.ts';

/** Everything that encoding does, in a process of its own; its arguments are a package and an export without manifest. */
const [packaged = '', exported = '', parent = ''] = process.argv.slice(2);
for (const folder of [packaged, exported]) {
  const encoder = await createEncoder({ package: await loadModelPackage(folder), threads: 1 });
  const [passage] = await encoder.encodePassages(['the river']);
  const query = await encoder.encodeQuery('the river');
  console.log(`ENCODED ${passage?.count} ${query.tokens.length} ${encoder.countTokens('the river')}`);
  await encoder.close();
}
const { AutoTokenizer } = await offlineTransformers(parent);
const outcome = await AutoTokenizer.from_pretrained('someone/not-there').then(
  () => 'found',
  () => 'refused',
);
console.log(`REMOTE ${outcome}`);
if (process.env.PASSIM_TEST_CONTROL === '1') await fetch('http://127.0.0.1:9/').catch(() => {});
