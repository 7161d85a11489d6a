/** A target in a folder: another disk or a network mount. */
import type { Target } from './target.ts';

export interface FolderTargetOptions {
  /** Do not make the folder: it must be there (a mount that vanished is not an empty repository). */
  readonly mustExist?: boolean;
}

export declare function openFolderTarget(path: string, options?: FolderTargetOptions): Promise<Target>;
