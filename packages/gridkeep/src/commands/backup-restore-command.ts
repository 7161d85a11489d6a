import type { RestoreScope } from '@gridkeep/hosting/restores/restore-request';
import { localMinute } from '@gridkeep/hosting/vaults/choose-snapshot';
import { countText as kindCountText, restoredKinds } from '@gridkeep/hosting/restores/restore-report';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import type { Installation } from '../installation/installation.ts';
import { backupRestoreGridKind, backupRestoreKind, vaultJobResultSchema } from '../jobs/vault-job-inputs.ts';
import type { BackupRestoreGridInput, BackupRestoreInput, VaultJobResult } from '../jobs/vault-job-inputs.ts';
import { CommandError, confirmationNeededCode, installationCommand, usageErrorCode } from './command.ts';
import type { Report } from './command.ts';
import { fetchLines, fetchNeeded, isKnown } from './fetch-texts.ts';
import { formatBytes } from './format.ts';
import { tenantOf } from './grid-input.ts';
import { fieldOf, numberField, objectsField, reportText, textField } from './report-fields.ts';
import { runJob } from './run-job.ts';
import { restoreFiles } from './restore-files.ts';
import { mayFetch, restoreSource, withoutSecrets } from './restore-source.ts';
import type { RestoreSource } from './restore-source.ts';
import { atInput, vaultInput, vaultSecrets } from './vault-input.ts';

/** As OpenSimulator names it. */
const rootFolder = 'My Inventory';

const inputSchema = Type.Object(
  {
    what: Type.Optional(
      Type.String({ description: 'a path as "backup browse" shows it, or an id; or one of the flags below' }),
    ),
    everything: Type.Optional(Type.Boolean({ description: 'the whole grid' })),
    region: Type.Optional(
      Type.String({ description: 'a region, with all that stands in it', title: 'name' }),
    ),
    resident: Type.Optional(Type.String({ description: "a resident's whole inventory", title: 'name' })),
    folder: Type.Optional(
      Type.String({ description: 'with --resident: a folder, with all below it', title: 'path' }),
    ),
    item: Type.Optional(Type.String({ description: 'with --resident: one item', title: 'path' })),
    object: Type.Optional(
      Type.String({ description: 'with --region: one object, by id or name', title: 'object' }),
    ),
    asset: Type.Optional(Type.String({ description: 'one asset', title: 'id' })),
    at: atInput,
    from: Type.Optional(
      Type.String({
        description: "another vault than the grid's own: its folder, or s3://…",
        title: 'place',
      }),
    ),
    cold: Type.Optional(
      Type.String({
        description: 'with --from: where its packs of data are, when elsewhere',
        title: 'place',
      }),
    ),
    beside: Type.Optional(
      Type.Boolean({ description: 'as something new beside what is there (default, except for an asset)' }),
    ),
    inPlace: Type.Optional(
      Type.Boolean({ description: 'instead of what is there; a backup of that is made first' }),
    ),
    as: Type.Optional(
      Type.String({
        description: 'beside: the name of the new thing; with --everything: the slug of a new grid',
        title: 'name',
      }),
    ),
    location: Type.Optional(
      Type.String({ description: 'of a region beside: its place on the map', title: 'x,y' }),
    ),
    dryRun: Type.Optional(Type.Boolean({ description: 'only say what would change' })),
    into: Type.Optional(
      Type.String({
        description: 'only write the files of the backup into this folder, which is empty or not there yet',
        title: 'folder',
      }),
    ),
    fetch: Type.Optional(
      Type.Boolean({ description: 'fetch what is on cold storage, and wait for it, without asking' }),
    ),
    yes: Type.Optional(Type.Boolean({ description: 'in place, or from cold storage: without asking' })),
    ...vaultInput,
  },
  { additionalProperties: false },
);
type Input = Type.Static<typeof inputSchema>;

export const backupRestore = installationCommand({
  name: 'backup restore',
  summary:
    'Bring back from any day: an item, a folder, an inventory, an object, a region, an asset, or the whole grid',
  examples: [
    'gridkeep backup restore --resident "Ada Lovelace" --folder "Clothing/Old" --at 2026-06-01',
    'gridkeep backup restore --region "Big Bay" --in-place --at 2026-11-20 --dry-run',
    'gridkeep backup restore "regions/Plaza/objects/Fountain"',
    'gridkeep backup restore --from /mnt/vault --everything',
    'gridkeep backup restore "inventories/Ada Lovelace" --into /tmp/ada',
  ],
  input: inputSchema,
  positional: ['what'],
  paths: ['into'],
  secretsOnDemand: vaultSecrets,
  makesFolder: true,
  run: async (installation, input, report) => {
    const paths = wantedPaths(input);
    if (input.beside === true && input.inPlace === true)
      throw new CommandError(usageErrorCode, 'either --beside or --in-place');
    if (input.cold !== undefined && input.from === undefined)
      throw new CommandError(usageErrorCode, '--cold goes with --from');
    const source = await restoreSource(installation, report, input, paths);
    try {
      if (input.into !== undefined)
        return await restoreFiles(installation, report, { ...input, into: input.into }, source);
      if (source.found === undefined && (await isNewGrid(installation, input, source)))
        return await restoreNewGrid(installation, report, input, source);
      return await restoreInto(installation, report, input, source);
    } finally {
      if (source.foreign !== null) installation.foreignVaults.forget(source.foreign);
    }
  },
});

/** Where it may lie, the likeliest first. Undefined: everything. */
function wantedPaths(input: Input): readonly string[] | undefined {
  const { what, everything, region, resident, folder, item, object, asset } = input;
  if ((folder !== undefined || item !== undefined) && resident === undefined && what === undefined)
    throw new CommandError(usageErrorCode, '--folder and --item go with --resident');
  if (object !== undefined && region === undefined)
    throw new CommandError(usageErrorCode, '--object goes with --region');
  // As in other commands, paths begin below the root folder of the inventory.
  const inInventory = (inner: string): readonly string[] =>
    tryParseUuid(inner) !== undefined
      ? [inner]
      : [`${rootFolder}/`, ''].map(
          (root) => `inventories/${resident ?? ''}/${root}${inner.replaceAll(/^\/+|\/+$/g, '')}`,
        );
  const inRegion = object === undefined ? '' : `/objects/${object}`;
  const wanted: (readonly string[])[] = [];
  if (what !== undefined) wanted.push([what]);
  if (region !== undefined) wanted.push([`regions/${region}${inRegion}`]);
  if (resident !== undefined && folder === undefined && item === undefined)
    wanted.push([`inventories/${resident}`]);
  for (const inner of [folder, item]) if (inner !== undefined) wanted.push(inInventory(inner));
  if (asset !== undefined) wanted.push([asset]);
  const [first, ...more] = wanted;
  if (input.into !== undefined && first === undefined) return undefined;
  if (everything === true ? first !== undefined : first === undefined || more.length > 0)
    throw new CommandError(
      usageErrorCode,
      'say one thing to restore: a path, or --region, --resident (with --folder or --item), --object, --asset, or --everything',
    );
  return first;
}

/** Whether the whole grid goes into one that is not there yet. */
async function isNewGrid({ tenants }: Installation, input: Input, source: RestoreSource): Promise<boolean> {
  if (input.as !== undefined) return true;
  const wanted = input.grid ?? source.slug;
  const isThere = (await tenants.readAll()).some(({ slug }) => slug === wanted);
  if (!isThere) return true;
  if (input.inPlace === true) return false;
  throw new CommandError(
    usageErrorCode,
    `grid "${wanted}" is there: --in-place restores it, --as SLUG makes another grid of the backup`,
  );
}

async function restoreNewGrid(
  installation: Installation,
  report: Report,
  input: Input,
  source: RestoreSource,
) {
  if (input.dryRun === true && !source.isCold)
    throw new CommandError(
      usageErrorCode,
      'a grid that is not there yet changes nothing: --dry-run is not needed',
    );
  const grids = await installation.tenants.readAll();
  const slug = input.as ?? input.grid ?? source.slug;
  // Host names and simulators belong to the grid that is there.
  const isCopy = grids.some((grid) => grid.slug === source.slug);
  const job: BackupRestoreGridInput = {
    foreign: source.foreign,
    ofGrid: source.ofGrid,
    snapshot: source.snapshot.id,
    slug,
    name: null,
    hostnames: isCopy ? [] : null,
    withSimulators: !isCopy,
    adopt: source.foreign !== null && !isCopy,
    fetch: mayFetch(input),
    dryRun: false,
  };
  const run = (dryRun: boolean): Promise<VaultJobResult> =>
    runJob(installation, report, vaultJobResultSchema, {
      ...{ kind: backupRestoreGridKind, input: { ...job, dryRun } },
    });
  if (source.isCold && (input.dryRun === true || !mayFetch(input))) {
    const would = await run(true);
    if (input.dryRun === true)
      return { data: { ...would }, text: fetchLines(would)[0] ?? 'Nothing has to be fetched first.' };
    const [needed] = fetchNeeded(would);
    if (needed !== undefined)
      throw new CommandError(confirmationNeededCode, `making grid "${slug}" of the backup ${needed}`);
  }
  const result = await run(false);
  const adopted = textField(result.report, 'adopted');
  return {
    exitCode: result.ok ? (0 as const) : (1 as const),
    data: { ...result },
    text: [
      `Grid "${slug}" ("${textField(result.report, 'name') ?? ''}") is here as it was on ${localMinute(source.snapshot.time, source.zone)} (${source.zone}).`,
      ...resultLines(result),
      ...(adopted === undefined
        ? []
        : [
            `Its backups go on in the vault ${withoutSecrets(adopted)}; "gridkeep vault targets" changes that.`,
          ]),
      'Next: gridkeep start',
    ].join('\n'),
  };
}

async function restoreInto(installation: Installation, report: Report, input: Input, source: RestoreSource) {
  const { grid } = await tenantOf(
    installation.tenants,
    input.grid ?? (source.found === undefined ? source.slug : undefined),
  );
  const { found } = source;
  const scope: RestoreScope = found === undefined ? { kind: 'grid' } : scopeOf(found);
  const byDefault = scope.kind === 'asset' || scope.kind === 'grid' ? 'in-place' : 'beside';
  const placement = input.inPlace === true ? 'in-place' : input.beside === true ? 'beside' : byDefault;
  if (placement === 'in-place') await installation.vaults.ensure(grid);
  const what =
    found === undefined ? `the whole grid "${grid.slug}"` : `${kindText[scope.kind]} "${found.name}"`;
  const job: BackupRestoreInput = {
    foreign: source.foreign,
    snapshot: source.snapshot.id,
    scope,
    placement,
    dryRun: false,
    newName: input.as ?? null,
    location: input.location === undefined ? null : parseLocation(input.location),
    removeLaterAssets: false,
    fetch: mayFetch(input),
    what,
  };
  const run = (dryRun: boolean): Promise<VaultJobResult> =>
    runJob(installation, report, vaultJobResultSchema, {
      ...{ kind: backupRestoreKind, grid: grid.slug, input: { ...job, dryRun } },
    });
  const day = `${localMinute(source.snapshot.time, source.zone)} (${source.zone})`;
  if (input.dryRun === true) {
    const would = await run(true);
    return {
      data: { ...would },
      text: [
        `Restoring ${what} ${placement === 'beside' ? 'beside what is there' : 'in place'}, as of ${day}, would do this:`,
        ...(isKnown(would) ? resultLines(would) : []),
        ...fetchLines(would),
      ].join('\n'),
    };
  }
  const asksInPlace = placement === 'in-place' && input.yes !== true;
  if (asksInPlace || (source.isCold && !mayFetch(input))) {
    const would = await run(true);
    if (asksInPlace && isKnown(would) && isAsItWas(would))
      return {
        data: { ...would },
        text: `${capital(what)} is as it was on ${day}: there is nothing to restore.`,
      };
    const reasons = [...(mayFetch(input) ? [] : fetchNeeded(would))];
    if (asksInPlace)
      reasons.push(
        `${isKnown(would) ? countText(would.report) : 'changes what is there'}; a backup of what is there now is made first`,
      );
    if (reasons.length > 0)
      throw new CommandError(
        confirmationNeededCode,
        `restoring ${what} ${placement === 'beside' ? 'beside what is there' : 'in place'}, as of ${day}, ${reasons.join(', ')}`,
      );
  }
  const result = await run(false);
  const made = objectsField(result.report, 'made');
  return {
    exitCode: result.ok ? (0 as const) : (1 as const),
    data: { ...result },
    text: [
      `${capital(what)} is restored ${placement === 'beside' ? 'beside what is there' : 'in place'}, as of ${day}.`,
      ...made.map(
        (one) =>
          `Made: ${reportText(one, 'kind')} ${reportText(one, 'name') === '' ? '' : `"${reportText(one, 'name')}" `}(${reportText(one, 'id')})`,
      ),
      ...resultLines(result),
      ...(placement === 'in-place' ? simulatorLines(scope) : []),
    ].join('\n'),
  };
}

function scopeOf({ path, scope }: NonNullable<RestoreSource['found']>): RestoreScope {
  if (scope !== undefined) return scope;
  throw new CommandError('not-found', `${JSON.stringify(path)} cannot be restored by itself`);
}

const kindText: Readonly<Record<RestoreScope['kind'], string>> = {
  grid: 'the grid',
  region: 'region',
  inventory: 'the inventory of',
  folder: 'folder',
  item: 'item',
  object: 'object',
  asset: 'asset',
};
const changesShown = 50;
const changeSigns: Readonly<Record<string, string>> = { appear: '+', change: '~', vanish: '-' };

function resultLines({ report }: VaultJobResult): readonly string[] {
  const counts = fieldOf(report, 'counts');
  const changes = objectsField(report, 'changes');
  const missing = objectsField(report, 'missing');
  const dryRun = fieldOf(report, 'dryRun') === true;
  return [
    ...restoredKinds.flatMap((kind) => {
      const count = fieldOf(counts, kind);
      const [appear = 0, change = 0, vanish = 0, same = 0] = ['appear', 'change', 'vanish', 'same'].map(
        (name) => numberField(count, name),
      );
      return appear + change + vanish + same === 0
        ? []
        : [`  ${kind}: ${kindCountText({ appear, change, vanish, same }, dryRun)}`];
    }),
    ...(dryRun
      ? changes
          .slice(0, changesShown)
          .map(
            (one) =>
              `  ${changeSigns[reportText(one, 'change')] ?? ' '} ${reportText(one, 'kind')} ${reportText(one, 'name') === '' ? reportText(one, 'id') : `"${reportText(one, 'name')}"`}`,
          )
      : []),
    ...(changes.length > changesShown && dryRun ? ['  …; --json shows more'] : []),
    contentText(report, dryRun),
    ...(missing.length === 0
      ? []
      : [
          missingText(
            numberField(report, 'missingCount') ?? missing.length,
            numberField(report, 'lostCount') ?? 0,
          ),
          ...missing
            .slice(0, changesShown)
            .map((one) => `  ${reportText(one, 'id')}, wanted by ${reportText(one, 'where')}`),
        ]),
  ];
}

function contentText(report: unknown, dryRun: boolean): string {
  const [contents, bytes] = [numberField(report, 'newBlobs') ?? 0, numberField(report, 'newBlobBytes') ?? 0];
  const took = `${((numberField(report, 'took') ?? 0) / 1000).toFixed(1)} s`;
  if (contents === 0) return `All content is here already; ${took}.`;
  return `${contents} contents (${formatBytes(bytes)}) ${dryRun ? 'would be read' : 'were read'} from the vault${dryRun ? '' : ', each checked by its SHA-256'}; ${took}.`;
}

function missingText(missing: number, lost: number): string {
  return lost === 0
    ? `Of what is named, ${missing} were not there when the backup was made either:`
    : `LOST: ${lost} contents that the backup had are not in the vault any more; of all that is named, ${missing} are missing:`;
}

/** Nothing appears, changes or vanishes, and no content is lacking. */
function isAsItWas({ report }: VaultJobResult): boolean {
  const counts = fieldOf(report, 'counts');
  const changes = ['appear', 'change', 'vanish'].flatMap((name) =>
    restoredKinds.map((kind) => numberField(fieldOf(counts, kind), name) ?? 0),
  );
  return changes.every((number) => number === 0) && numberField(report, 'newBlobs') === 0;
}

/** Simulators keep what they run in memory. */
function simulatorLines(scope: RestoreScope): readonly string[] {
  return scope.kind === 'grid' || scope.kind === 'region' || scope.kind === 'object'
    ? ['Simulators go on with what they have in memory: restart those that run a restored region.']
    : [];
}

function countText(report: unknown): string {
  const counts = fieldOf(report, 'counts');
  const sum = (name: string): number =>
    restoredKinds.reduce((total, kind) => total + (numberField(fieldOf(counts, kind), name) ?? 0), 0);
  return `adds ${sum('appear')} things, changes ${sum('change')} and removes ${sum('vanish')}`;
}

function parseLocation(text: string): { readonly x: number; readonly y: number } {
  const match = /^(\d{1,7}),(\d{1,7})$/.exec(text.trim());
  if (match === null)
    throw new CommandError(usageErrorCode, `location ${JSON.stringify(text)} must look like 1000,1000`);
  return { x: Number(match[1]), y: Number(match[2]) };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
