/** The kinds of jobs on vaults and what each takes; apart from the work itself, so that asking for it loads little. */
import { restoreScopeSchema } from '@gridkeep/hosting/restores/restore-scope-schema';
import Type from 'typebox';

export const backupRunKind = 'backup-run';
export const backupNightKind = 'backup-night';
export const backupPruneKind = 'backup-prune';
export const backupVerifyKind = 'backup-verify';
export const backupDrillKind = 'backup-drill';
export const backupCopyKind = 'backup-copy';
export const backupCertificateKind = 'backup-certificate';
export const backupRestoreKind = 'backup-restore';
export const backupRestoreFolderKind = 'backup-restore-folder';
export const backupRestoreGridKind = 'backup-restore-grid';

/** Null for as fast as it goes. */
const bytesPerSecond = Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()]);
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const numberOrNull = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]);

export const backupRunInputSchema = Type.Object({
  everything: Type.Boolean(),
  tags: Type.Array(Type.String()),
});
export type BackupRunInput = Type.Static<typeof backupRunInputSchema>;

export const backupNightInputSchema = Type.Object({ bytesPerSecond });
/** So that a night's reading does not keep the disk from residents. */
export const nightBytesPerSecond = 100_000_000;
export type BackupNightInput = Type.Static<typeof backupNightInputSchema>;

export const backupPruneInputSchema = Type.Object({ dryRun: Type.Boolean(), repackCold: Type.Boolean() });
export type BackupPruneInput = Type.Static<typeof backupPruneInputSchema>;

export const backupVerifyInputSchema = Type.Object({
  /** 'slice': those that are due. 'all': every slice that was not read since `since`. */
  data: Type.Union([Type.Literal('none'), Type.Literal('slice'), Type.Literal('all')]),
  /** Unix milliseconds. */
  since: Type.Number(),
  repair: Type.Boolean(),
  /** Also what is on cold storage: it is fetched and waited for. */
  fetch: Type.Boolean(),
  bytesPerSecond,
});
export type BackupVerifyInput = Type.Static<typeof backupVerifyInputSchema>;

export const backupDrillInputSchema = Type.Object({
  at: textOrNull,
  residents: numberOrNull,
  regions: numberOrNull,
  assets: numberOrNull,
  fetch: Type.Boolean(),
});
export type BackupDrillInput = Type.Static<typeof backupDrillInputSchema>;

export const backupCopyInputSchema = Type.Object({ target: Type.String(), bytesPerSecond });
export type BackupCopyInput = Type.Static<typeof backupCopyInputSchema>;

export const backupCertificateInputSchema = Type.Object({});

export const backupRestoreInputSchema = Type.Object({
  /** Of a vault that is no grid's here; null for the grid's own. */
  foreign: textOrNull,
  /** Name of the snapshot's file. */
  snapshot: Type.String(),
  scope: restoreScopeSchema,
  placement: Type.Union([Type.Literal('in-place'), Type.Literal('beside')]),
  dryRun: Type.Boolean(),
  newName: textOrNull,
  location: Type.Union([Type.Object({ x: Type.Integer(), y: Type.Integer() }), Type.Null()]),
  removeLaterAssets: Type.Boolean(),
  /** Ask for what is on cold storage, and wait. */
  fetch: Type.Boolean(),
  /** For the trail of what was done. */
  what: Type.String(),
});
export type BackupRestoreInput = Type.Static<typeof backupRestoreInputSchema>;

export const backupRestoreFolderInputSchema = Type.Object({
  /** As of a whole grid. */
  foreign: textOrNull,
  ofGrid: textOrNull,
  snapshot: Type.String(),
  /** Names in the snapshot; none for everything. */
  path: Type.Array(Type.String()),
  /** An absolute path. */
  into: Type.String(),
  fetch: Type.Boolean(),
  dryRun: Type.Boolean(),
});
export type BackupRestoreFolderInput = Type.Static<typeof backupRestoreFolderInputSchema>;

export const backupRestoreGridInputSchema = Type.Object({
  /** Of a vault that is no grid's here, or the slug of the grid whose vault it is. */
  foreign: textOrNull,
  ofGrid: textOrNull,
  snapshot: Type.String(),
  slug: textOrNull,
  name: textOrNull,
  hostnames: Type.Union([Type.Array(Type.String()), Type.Null()]),
  withSimulators: Type.Boolean(),
  /** The foreign vault becomes the new grid's own. */
  adopt: Type.Boolean(),
  fetch: Type.Boolean(),
  /** Only say what has to be fetched. */
  dryRun: Type.Boolean(),
});
export type BackupRestoreGridInput = Type.Static<typeof backupRestoreGridInputSchema>;

/** What every job on a vault reports. */
export const vaultJobResultSchema = Type.Object({
  ok: Type.Boolean(),
  /** One sentence. */
  summary: Type.String(),
  report: Type.Unknown(),
});
export type VaultJobResult = Type.Static<typeof vaultJobResultSchema>;
