/** All commands, in the order in which help lists them. */
import { archiveDiff, archiveInspect } from './archive-commands.ts';
import {
  backupDrill,
  backupList,
  backupPrune,
  backupRun,
  backupShow,
  backupVerify,
} from './backup-commands.ts';
import { backupDiff } from './backup-diff-command.ts';
import { backupBrowse } from './backup-look-commands.ts';
import { backupRestore } from './backup-restore-command.ts';
import { blobsCompact, blobsReindex, blobsStats, blobsVerify } from './blobs-commands.ts';
import { backupCertificate, backupCertificateVerify } from './certificate-commands.ts';
import type { Command, InstallationCommand } from './command.ts';
import { gridCreate, gridList, gridShow } from './grid-commands.ts';
import { gridSet, gridSettings } from './grid-setting-commands.ts';
import { inventoryLoad, inventorySave } from './inventory-archive-commands.ts';
import { inventoryList } from './inventory-commands.ts';
import { libraryImport } from './library-commands.ts';
import { jobsCancel, jobsList, jobsWatch } from './jobs-commands.ts';
import { regionLoad, regionSave } from './region-archive-commands.ts';
import { regionCreate, regionList, regionShow } from './region-commands.ts';
import { regionDeregister, regionFlagsCommand } from './region-map-commands.ts';
import { residentCreate, residentList, residentPassword } from './resident-commands.ts';
import { simulatorAdd } from './simulator-add.ts';
import { simulatorList, simulatorRevoke } from './simulator-commands.ts';
import { status } from './status-command.ts';
import { vaultRetention } from './vault-retention-command.ts';
import { vaultErase, vaultInit, vaultLog, vaultPassword, vaultStats, vaultUnlock } from './vault-commands.ts';
import {
  vaultTargetsAdd,
  vaultTargetsCopy,
  vaultTargetsList,
  vaultTargetsRemove,
} from './vault-target-commands.ts';
import { termsAccepted, termsList, termsPublish, termsShow } from './terms-commands.ts';

export const commands: readonly Command[] = [
  status,
  gridCreate,
  gridList,
  gridShow,
  gridSettings,
  gridSet,
  residentCreate,
  residentList,
  residentPassword,
  regionCreate,
  regionList,
  regionShow,
  regionFlagsCommand,
  regionDeregister,
  regionLoad,
  regionSave,
  inventoryLoad,
  inventorySave,
  inventoryList,
  libraryImport,
  archiveInspect,
  archiveDiff,
  backupRun,
  backupList,
  backupShow,
  backupBrowse,
  backupDiff,
  backupRestore,
  backupVerify,
  backupDrill,
  backupCertificate,
  backupCertificateVerify,
  backupPrune,
  vaultInit,
  vaultTargetsList,
  vaultTargetsAdd,
  vaultTargetsRemove,
  vaultTargetsCopy,
  vaultPassword,
  vaultUnlock,
  vaultRetention,
  vaultStats,
  vaultErase,
  vaultLog,
  blobsStats,
  blobsVerify,
  blobsReindex,
  blobsCompact,
  jobsList,
  jobsWatch,
  jobsCancel,
  simulatorAdd,
  simulatorList,
  simulatorRevoke,
  termsShow,
  termsPublish,
  termsList,
  termsAccepted,
];

/** The command of that name, when it works on a data folder. */
export function findInstallationCommand(name: string): InstallationCommand | undefined {
  const command = commands.find((one) => one.name === name);
  return command?.place === 'installation' ? command : undefined;
}
