import { open } from 'node:fs/promises';

/** The ways in which the store touches the disk that a test may want to watch or let fail. */
export interface StoreIo {
  /** Called before each write to a LanceDB table; an error thrown here is treated as one of the write. */
  beforeWrite(table: string, operation: 'add' | 'delete' | 'optimize' | 'index'): void | Promise<void>;
  /** Called after each write and before the store takes note of it. */
  afterWrite(table: string, operation: 'add' | 'delete' | 'optimize' | 'index'): void | Promise<void>;
  syncFile(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const systemIo: StoreIo = {
  beforeWrite: () => {},
  afterWrite: () => {},
  // Windows flushes only handles that may write.
  syncFile: (path) => sync(path, process.platform === 'win32' ? 'r+' : 'r'),
  async syncDirectory(path) {
    // Windows has no such thing as a directory to flush; NTFS journals its entries.
    if (process.platform !== 'win32') await sync(path, 'r');
  },
};
