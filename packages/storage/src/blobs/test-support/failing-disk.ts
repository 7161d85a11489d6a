/** A disk that runs full or breaks at a word. */
import { nodeDisk, type Disk, type DiskFile } from '../disk.ts';

export interface FailingDisk extends Disk {
  /** Bytes that can still be written; a write that does not fit is done in part and then fails with ENOSPC. */
  roomBytes: number;
  /** Flushing fails with EIO. */
  isSyncBroken: boolean;
  /** Cutting fails with EIO too. */
  isTruncateBroken: boolean;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export function failingDisk(): FailingDisk {
  const disk: FailingDisk = {
    ...nodeDisk,
    roomBytes: Infinity,
    isSyncBroken: false,
    isTruncateBroken: false,
    open: async (path, mode) => wrap(await nodeDisk.open(path, mode)),
  };
  function wrap(file: DiskFile): DiskFile {
    return {
      read: (into, position) => file.read(into, position),
      size: () => file.size(),
      close: () => file.close(),
      truncate: async (bytes) => {
        if (disk.isTruncateBroken) throw systemError('EIO');
        await file.truncate(bytes);
      },
      datasync: async () => {
        if (disk.isSyncBroken) throw systemError('EIO');
        await file.datasync();
      },
      write: async (pieces, position) => {
        const all = Buffer.concat(pieces);
        const fits = Math.min(all.length, disk.roomBytes);
        disk.roomBytes -= fits;
        await file.write([all.subarray(0, fits)], position);
        if (fits < all.length) throw systemError('ENOSPC');
      },
    };
  }
  return disk;
}
