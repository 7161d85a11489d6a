/** A folder on slow storage whose packs are copied to a fast one before they are read. */
import type { Target } from './target.ts';

export interface ColdFolderOptions {
  /** Folder on fast storage for the packs that were asked for. */
  readonly staging: string;
  /** Staged packs older than that are removed at opening. Default 7 days. */
  readonly keepMs?: number;
}

export function openColdFolderTarget(path: string, options: ColdFolderOptions): Promise<Target> {
  throw new Error(`not yet: ${path} ${options.staging}`);
}
