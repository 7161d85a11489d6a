import Type from 'typebox';
import { gridkeepVersion } from '../gridkeep-version.ts';
import { addressesOf, openWarning } from '../server/summary.ts';
import { installationCommand } from './command.ts';
import { countGrid } from './count-grid.ts';
import { formatBytes, formatDuration, formatFields } from './format.ts';
import { gridWarnings } from './grid-warnings.ts';
import { installationStatus } from './installation-status.ts';
import { countJobs } from './count-jobs.ts';
import { isoTime } from './vault-input.ts';
import { healthOf, runData, vaultText } from './vault-status.ts';

export const status = installationCommand({
  name: 'status',
  summary: 'Tell how the installation is: health, addresses, grids, storage, jobs',
  examples: ['gridkeep status', 'gridkeep status --json --data /srv/grids'],
  input: Type.Object({}, { additionalProperties: false }),
  run: async (installation) => {
    const { server, tenants, jobs } = installation;
    const found = await installationStatus(installation);
    const counts = await countJobs(jobs);
    const warnings = [...found.warnings];
    if (installation.configuration.servicesAccess === 'open') warnings.unshift(openWarning);
    if (counts.failedLately > 0)
      warnings.push(
        `${counts.failedLately} jobs failed in the last day: see "gridkeep jobs list --state failed"`,
      );
    const grids = [];
    for (const { slug, name } of await tenants.list()) {
      const tenant = await tenants.tenant(slug);
      const publicUrl = await tenant.services.publicAddress.read();
      const health = await healthOf(installation, tenant.grid);
      grids.push({
        ...{ slug, name, publicUrl, ...(await countGrid(tenant)) },
        newestBackupAt: isoTime(health.newestBackupAt),
        lastVerify: runData(health.last.verify),
        lastDrill: runData(health.last.drill),
        vault: vaultText(health),
      });
      warnings.push(...(await gridWarnings(tenant)));
      warnings.push(...health.warnings.map((line) => `grid ${slug}: ${line}`));
    }
    const uptimeMs = server === undefined ? 0 : Date.now() - server.startedAt;
    const { blobs } = found;
    return {
      exitCode: found.healthy ? 0 : 1,
      data: {
        running: server !== undefined,
        healthy: found.healthy,
        version: gridkeepVersion,
        pid: server === undefined ? null : process.pid,
        data: installation.configuration.data,
        startedAt: server === undefined ? null : new Date(server.startedAt).toISOString(),
        uptimeSeconds: Math.floor(uptimeMs / 1000),
        addresses: server === undefined ? null : addressesOf(server),
        servicesAccess: installation.configuration.servicesAccess,
        grids,
        blobs,
        jobs: counts,
        disk: { freeBytes: found.diskFreeBytes, bytes: found.diskBytes },
        problems: found.problems,
        warnings,
      },
      text: [
        formatFields([
          ['gridkeep', gridkeepVersion],
          ['data', installation.configuration.data],
          ['server', server === undefined ? 'not running' : `running for ${formatDuration(uptimeMs)}`],
          ...(server === undefined ? [] : Object.entries(addressesOf(server))),
          ['health', found.healthy ? 'good' : 'broken, see below'],
          ['blobs', `${blobs.blobs} in ${blobs.packs} packs, ${formatBytes(blobs.storedBytes)} on disk`],
          ['jobs', `${counts.waiting} waiting, ${counts.running} running`],
          ['disk free', `${formatBytes(found.diskFreeBytes)} of ${formatBytes(found.diskBytes)}`],
          ...grids.map(
            (grid) =>
              [
                `grid ${grid.slug}`,
                `${grid.online} on the grid, ${grid.residents} residents, ${grid.cellsOnline} cells online, ${grid.assets} assets, ${formatBytes(grid.contentBytes)}`,
              ] as const,
          ),
          ...grids.map((grid) => [`  backups of ${grid.slug}`, grid.vault] as const),
        ]),
        ...found.problems.map((line) => `BROKEN: ${line}`),
        ...warnings.map((line) => `warning: ${line}`),
      ].join('\n'),
    };
  },
});
