import { statfs } from 'node:fs/promises';

/** Linux's numbers for file systems that live on another machine (statfs(2)). */
const REMOTE_TYPES = new Map<number, string>([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x5346414f, 'afs'],
  [0x00c36400, 'ceph'],
  [0x73757245, 'coda'],
  [0x65735546, 'fuse'],
  [0x786f4256, 'vboxsf'],
  [0x564c, 'ncp'],
]);

/**
 * Whether a folder lies on a file system that does not tell what others change on it: network drives, and on
 * Linux everything in FUSE (sshfs, rclone). Such folders are scanned. macOS does not give away the kind here;
 * there the regular comparison finds what was not told.
 */
export async function isRemoteFolder(
  path: string,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  if (platform === 'win32') return /^[\\/]{2}(?![?.])/.test(path) || /^\\\\\?\\UNC\\/i.test(path);
  if (platform !== 'linux') return false;
  try {
    const { type } = await statfs(path);
    return REMOTE_TYPES.has(type >>> 0);
  } catch {
    return false;
  }
}
