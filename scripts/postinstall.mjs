// Runs after `npm ci`: builds the native index where a C++ compiler is there. It never fails the install.
import { buildAddon } from './build-native.mjs';

const { line } = await buildAddon();
console.log(line);
