/** How an installation is: what is broken makes it unhealthy, what will soon be is a warning. */
import { statfs } from 'node:fs/promises';
import type { BlobStoreStats } from '@gridkeep/storage/blobs/blob-store';
import type { Installation } from '../installation/installation.ts';
import { formatBytes } from './format.ts';

export interface InstallationStatus {
  /** Nothing is known to be broken. */
  readonly healthy: boolean;
  /** Sentences for a person, worst first. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly blobs: BlobStoreStats;
  readonly diskFreeBytes: number;
  readonly diskBytes: number;
}

/** A warning below this share of the disk, and below this size anyway. */
const diskFreeShareMin = 0.05;
const diskFreeBytesMin = 2_000_000_000;

export async function installationStatus(installation: Installation): Promise<InstallationStatus> {
  const { blobs, configuration } = installation;
  const problems: string[] = [];
  const warnings: string[] = [];
  const { packsMissing, damages, rebuilt, tailsCut } = blobs.openReport;
  for (const pack of packsMissing)
    problems.push(
      `pack ${pack} is missing: bring its file back, or see "gridkeep blobs reindex" for what is lost`,
    );
  const lasting = damages.filter((damage) => !damage.recoverable);
  if (lasting.length > 0)
    problems.push(`${lasting.length} damaged records were seen at the start: see "gridkeep blobs verify"`);
  if (rebuilt) warnings.push('the index of the blob store was rebuilt at the start');
  for (const tail of tailsCut)
    warnings.push(`${tail.bytes} unacknowledged bytes were cut from pack ${tail.pack} at the start`);

  // Every grid's list is read from the host database: a database that is gone shows here.
  await installation.tenants.readAll();
  const disk = await statfs(configuration.data);
  const diskFreeBytes = disk.bavail * disk.bsize;
  const diskBytes = disk.blocks * disk.bsize;
  if (diskFreeBytes < Math.max(diskFreeBytesMin, diskBytes * diskFreeShareMin))
    warnings.push(`only ${formatBytes(diskFreeBytes)} of the disk are free`);
  return {
    healthy: problems.length === 0,
    problems,
    warnings,
    blobs: await blobs.stats(),
    diskFreeBytes,
    diskBytes,
  };
}
