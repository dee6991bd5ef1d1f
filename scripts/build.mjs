// `npm run build`: everything that is packaged: dist/ and dist-renderer/.
import { buildApp } from './build-app.mjs';
import { builtWindow } from './build-window.mjs';

console.log(await buildApp());
console.log(await builtWindow());
