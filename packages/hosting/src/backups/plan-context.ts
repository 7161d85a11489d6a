/** What every part of a plan needs: the records at one point in time, what changed in them, and where the plan is written. */
import type { ChangedRecords } from '@gridkeep/grid/record-changes/changed-records';
import type { Queries } from '@gridkeep/storage/database/database';
import type { ParentFolder } from './parent-tree.ts';
import type { TreeScript } from './tree-script.ts';

export interface PlanContext {
  readonly queries: Queries;
  readonly script: TreeScript;
  /** Undefined: everything may have changed. */
  readonly changed: ChangedRecords | undefined;
  /** Root of the parent snapshot; nothing when `changed` is undefined. */
  readonly parent: ParentFolder;
  /** Time of files and folders that have none of their own. */
  readonly at: number;
  readonly signal: AbortSignal;
}
