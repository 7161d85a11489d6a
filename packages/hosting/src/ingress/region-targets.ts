/** Which region of an archive goes onto which region of the grid. */
import type { InspectionReport, RegionReport } from '@gridkeep/content/archives/inspection-report';
import type { Region } from '@gridkeep/grid/regions/region-records';
import type { Regions } from '@gridkeep/grid/regions/regions';
import type { Queries } from '@gridkeep/storage/database/database';
import { randomUuid } from '@gridkeep/wire/uuid';
import { LoadRefusedError } from './archive-intake.ts';

export interface TargetRules {
  /** Make the regions that an archive of several has and the grid has not. */
  readonly createMissing: boolean;
  /** Let a region that has content take the archive's size. An empty region always does. */
  readonly resize: boolean;
  readonly merge: boolean;
}

export interface RegionTarget {
  readonly source: RegionReport;
  readonly region: Region;
}

/** Finds, makes and sizes the regions inside the load's transaction. Throws LoadRefusedError. */
export async function findTargets(
  queries: Queries,
  regions: Regions,
  anchor: Region,
  report: InspectionReport,
  rules: TargetRules,
): Promise<readonly RegionTarget[]> {
  const laid = anchorOf(report, anchor);
  const targets: RegionTarget[] = [];
  for (const source of report.regions) {
    const region =
      source === laid ? anchor : await findNeighbour(queries, regions, anchor, laid, source, rules);
    targets.push({ source, region: await fit(queries, regions, region, source, rules) });
  }
  return targets;
}

/** The archive's region that is laid on the one that was named: that of the same name, else the first. */
function anchorOf(report: InspectionReport, anchor: Region): RegionReport {
  const same = report.regions.find((region) => region.name?.toLowerCase() === anchor.name.toLowerCase());
  const laid = same ?? report.regions[0];
  if (laid === undefined) throw new LoadRefusedError('the archive holds no region', report);
  return laid;
}

async function findNeighbour(
  queries: Queries,
  regions: Regions,
  anchor: Region,
  laid: RegionReport,
  source: RegionReport,
  rules: TargetRules,
): Promise<Region> {
  const locationX = anchor.locationX + (source.position?.x ?? 0) - (laid.position?.x ?? 0);
  const locationY = anchor.locationY + (source.position?.y ?? 0) - (laid.position?.y ?? 0);
  const found = await regions.findAt(locationX, locationY, queries);
  if (found !== undefined) return found;
  const name = source.name ?? source.dir ?? '';
  if (!rules.createMissing)
    throw new LoadRefusedError(
      `the archive's region ${JSON.stringify(name)} belongs at ${locationX},${locationY}, where the grid has none: ` +
        'create it first, or load with --create-missing',
    );
  return regions.create(
    {
      ...{ id: randomUuid(), name, locationX, locationY, ownerId: anchor.ownerId },
      ...{ sizeX: source.size.x, sizeY: source.size.y },
    },
    queries,
  );
}

async function fit(
  queries: Queries,
  regions: Regions,
  region: Region,
  source: RegionReport,
  rules: TargetRules,
): Promise<Region> {
  const { x, y } = source.size;
  if (region.sizeX === x && region.sizeY === y) return region;
  if (rules.merge) return region;
  if (region.contentRevision > 0 && !rules.resize)
    throw new LoadRefusedError(
      `region ${region.name} measures ${region.sizeX} x ${region.sizeY} m, the archive's ${x} x ${y} m: ` +
        'load with --resize, or into another region',
    );
  return regions.update(region.id, { sizeX: x, sizeY: y }, queries);
}
