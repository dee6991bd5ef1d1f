export { resolveIndexDirectory } from './index-directory.ts';
export { type OpenStoreOptions, openStoreReader, openStoreWriter } from './open-store.ts';
export * from './types.ts';
