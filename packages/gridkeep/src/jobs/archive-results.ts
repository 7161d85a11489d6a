/** What loads and saves of archives report as the result of their job: bounded, so that it fits into the job's row. */
import type { LostContent } from '@gridkeep/hosting/transfer/saved-content';
import type { Uuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import type { TSchema } from 'typebox';
import Value from 'typebox/value';

/** Of each list; counts are exact. */
const listedMax = 50;

const missingSchema = Type.Array(Type.Object({ id: Type.String(), wantedBy: Type.String() }));

const contentFields = {
  assets: Type.Object({
    created: Type.Integer(),
    existing: Type.Integer(),
    conflicting: Type.Integer(),
    /** Ids that have other bytes on the grid, which stay. */
    conflicts: Type.Array(Type.String()),
  }),
  /** Content the blob store did not have before. */
  newBlobs: Type.Integer(),
  newBlobBytes: Type.Integer(),
  /** Of the archive. */
  entries: Type.Integer(),
  entriesRefused: Type.Integer(),
  missingCount: Type.Integer(),
  missing: missingSchema,
  findings: Type.Array(
    Type.Object({
      rule: Type.String(),
      severity: Type.String(),
      entry: Type.Union([Type.String(), Type.Null()]),
      message: Type.String(),
    }),
  ),
};

const regionFields = {
  regions: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      objects: Type.Integer(),
      /** There already, and left as they were. */
      skipped: Type.Integer(),
      /** Outside the region after the displacement, and left out. */
      outside: Type.Integer(),
      parcels: Type.Integer(),
      revision: Type.Integer(),
    }),
  ),
};

const inventoryFields = {
  folderId: Type.String(),
  foldersAdded: Type.Integer(),
  itemsAdded: Type.Integer(),
  danglingLinks: Type.Integer(),
};

const savedFields = {
  assets: Type.Integer(),
  missingCount: Type.Integer(),
  missing: missingSchema,
  /** Left out, since their content is gone or damaged. */
  lost: Type.Array(Type.Object({ what: Type.String(), id: Type.String(), name: Type.String() })),
  lostCount: Type.Integer(),
  /** Of the file. */
  bytes: Type.Integer(),
};

export const regionLoadResultSchema = Type.Object({ ...regionFields, ...contentFields });
export const inventoryLoadResultSchema = Type.Object({ ...inventoryFields, ...contentFields });
export const regionSaveResultSchema = Type.Object({
  regions: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
  objects: Type.Integer(),
  parcels: Type.Integer(),
  keyframeMotionsLeftOut: Type.Integer(),
  ...savedFields,
});
export const inventorySaveResultSchema = Type.Object({
  folders: Type.Integer(),
  items: Type.Integer(),
  ...savedFields,
});

export type RegionLoadSummary = Type.Static<typeof regionLoadResultSchema>;
export type InventoryLoadSummary = Type.Static<typeof inventoryLoadResultSchema>;
export type LoadedContent = Pick<RegionLoadSummary, keyof typeof contentFields>;
export type SavedContent = Pick<Type.Static<typeof regionSaveResultSchema>, keyof typeof savedFields>;

/** The parts of a load's own record (JSON text, with the whole inspection in it) that go into a summary. */
const contentSchema = Type.Object({
  assets: Type.Object({
    created: Type.Integer(),
    existing: Type.Integer(),
    conflicting: Type.Integer(),
    conflicts: Type.Array(Type.Object({ assetId: Type.String() })),
  }),
  newBlobs: Type.Integer(),
  newBlobBytes: Type.Integer(),
  report: Type.Object({
    entries: Type.Integer(),
    entriesRefused: Type.Integer(),
    references: Type.Object({
      missing: Type.Integer(),
      missingList: Type.Array(
        Type.Object({
          id: Type.String(),
          wantedBy: Type.Array(
            Type.Object({ kind: Type.String(), name: Type.String(), where: Type.String() }),
          ),
        }),
      ),
    }),
    findings: Type.Array(
      Type.Object({
        rule: Type.String(),
        severity: Type.String(),
        entry: Type.Optional(Type.String()),
        message: Type.String(),
      }),
    ),
  }),
});

const regionLoadSchema = Type.Object({ ...regionFields });
const inventoryLoadSchema = Type.Object({ ...inventoryFields });

/** From what `loadRegionArchive` returned. */
export function summarizeRegionLoad(text: string): RegionLoadSummary {
  const load: unknown = JSON.parse(text);
  return { regions: checked(regionLoadSchema, load).regions, ...summarizeContent(load) };
}

/** From what `loadInventoryArchive` returned. */
export function summarizeInventoryLoad(text: string): InventoryLoadSummary {
  const load: unknown = JSON.parse(text);
  const { folderId, foldersAdded, itemsAdded, danglingLinks } = checked(inventoryLoadSchema, load);
  return { folderId, foldersAdded, itemsAdded, danglingLinks, ...summarizeContent(load) };
}

/** The part that all saves have in common. */
export function summarizeSave(saved: {
  readonly assets: number;
  readonly missing: readonly { readonly id: Uuid; readonly where: string }[];
  readonly missingCount: number;
  readonly lost: readonly LostContent[];
  readonly lostCount: number;
  readonly bytes: number;
}): SavedContent {
  return {
    assets: saved.assets,
    missingCount: saved.missingCount,
    missing: saved.missing.slice(0, listedMax).map(({ id, where }) => ({ id, wantedBy: where })),
    lost: saved.lost.slice(0, listedMax).map(({ what, id, name }) => ({ what, id, name })),
    lostCount: saved.lostCount,
    bytes: saved.bytes,
  };
}

function summarizeContent(load: unknown): LoadedContent {
  const { assets, newBlobs, newBlobBytes, report } = checked(contentSchema, load);
  const { references, findings } = report;
  return {
    assets: {
      ...assets,
      conflicts: assets.conflicts.slice(0, listedMax).map((conflict) => conflict.assetId),
    },
    newBlobs,
    newBlobBytes,
    entries: report.entries,
    entriesRefused: report.entriesRefused,
    missingCount: references.missing,
    missing: references.missingList.slice(0, listedMax).map(({ id, wantedBy: [wanter] }) => ({
      id,
      wantedBy: wanter === undefined ? '' : `${wanter.kind} ${wanter.name} (${wanter.where})`,
    })),
    findings: findings
      .filter((finding) => finding.severity !== 'info')
      .slice(0, listedMax)
      .map(({ rule, severity, entry, message }) => ({ rule, severity, entry: entry ?? null, message })),
  };
}

function checked<Schema extends TSchema>(schema: Schema, value: unknown): Type.Static<Schema> {
  if (Value.Check(schema, value)) return value;
  const first = Value.Errors(schema, value)[0];
  throw new RangeError(`the record of the load: ${first?.instancePath ?? ''} ${first?.message ?? ''}`);
}
