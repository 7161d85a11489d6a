import { diffSnapshots } from '@gridkeep/hosting/restores/diff-snapshots';
import type { DifferenceKind, SnapshotDifference } from '@gridkeep/hosting/restores/snapshot-difference';
import { titleOfName } from '@gridkeep/hosting/backup-layout/snapshot-files';
import { withSharedLock } from '@gridkeep/hosting/vaults/care-context';
import { chooseSnapshot } from '@gridkeep/hosting/vaults/choose-snapshot';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import type { GridTenant } from '../installation/grid-tenants.ts';
import { installationCommand } from './command.ts';
import {
  gridTime,
  isoTime,
  noSignal,
  pathInput,
  unlockedTenant,
  vaultInput,
  vaultSecrets,
  withOpenVault,
} from './vault-input.ts';

const limitDefault = 100;
const changes = ['appeared', 'changed', 'moved', 'vanished'] as const;
type Change = (typeof changes)[number];

export const backupDiff = installationCommand({
  name: 'backup diff',
  summary: 'Tell what appeared, changed, moved and vanished between two backups, and whose it is',
  examples: [
    'gridkeep backup diff 2026-11-01 2026-11-22',
    'gridkeep backup diff 2026-11-21 --path "inventories/Ada Lovelace"',
  ],
  input: Type.Object(
    {
      from: Type.String({ description: 'a day, a minute or the beginning of a snapshot' }),
      to: Type.Optional(Type.String({ description: 'the same (default: the newest)' })),
      path: pathInput,
      limit: Type.Optional(
        Type.Integer({
          description: `how many at most, all are counted (default ${limitDefault})`,
          minimum: 1,
          maximum: 100_000,
        }),
      ),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  positional: ['from', 'to'],
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const tenant = await unlockedTenant(installation, input);
    const { grid } = tenant;
    const limit = input.limit ?? limitDefault;
    const shown: SnapshotDifference[] = [];
    const counts = new DifferenceCounts();
    const [older, newer] = await withOpenVault(installation, grid.slug, async (open) => {
      const snapshots = await open.repository.listSnapshots();
      const from = chooseSnapshot(snapshots, input.from, grid.timeZone);
      const to = chooseSnapshot(snapshots, input.to, grid.timeZone);
      await withSharedLock(open, noSignal(), async (signal) => {
        for await (const difference of diffSnapshots(open.repository, from, to, {
          signal,
          ...(input.path === undefined ? {} : { path: input.path }),
        })) {
          counts.add(difference);
          if (shown.length < limit) shown.push(difference);
        }
      });
      return [from, to] as const;
    });
    const more = counts.total - shown.length;
    const people = await peopleOf(tenant, shown);
    return {
      data: {
        from: { snapshot: older.id, time: isoTime(older.time) },
        to: { snapshot: newer.id, time: isoTime(newer.time) },
        ...counts.sums,
        kinds: counts.kinds,
        differences: shown,
        more,
        people: Object.fromEntries(people),
      },
      text: [
        `From ${gridTime(grid, older.time)} (${older.id.slice(0, 12)}) to ${gridTime(grid, newer.time)} (${newer.id.slice(0, 12)}): ` +
          (older.id === newer.id
            ? 'that is one and the same backup; "gridkeep backup list" shows all of them.'
            : counts.total === 0
              ? 'nothing differs.'
              : `${countsText(counts.sums)}.`),
        ...Object.entries(counts.kinds).map(([kind, sums]) => `  ${kind}: ${countsText(sums)}`),
        ...shown.map((one) => differenceText(one, people)),
        ...(more > 0 ? [`and ${more} more: --limit shows them, --path looks at one place only`] : []),
      ].join('\n'),
    };
  },
});

type Sums = Readonly<Record<Change, number>>;
const none: Sums = { appeared: 0, changed: 0, moved: 0, vanished: 0 };

class DifferenceCounts {
  readonly #kinds = new Map<DifferenceKind, Sums>();
  sums: Sums = none;
  total = 0;

  add({ kind, change }: SnapshotDifference): void {
    const sums = this.#kinds.get(kind) ?? none;
    this.#kinds.set(kind, { ...sums, [change]: sums[change] + 1 });
    this.sums = { ...this.sums, [change]: this.sums[change] + 1 };
    this.total += 1;
  }

  get kinds(): Readonly<Record<string, Sums>> {
    return Object.fromEntries(this.#kinds);
  }
}

function countsText(sums: Sums): string {
  return changes
    .filter((change) => sums[change] > 0)
    .map((change) => `${sums[change]} ${change}`)
    .join(', ');
}

/** Names of the residents that are told of, as far as they are still there. */
async function peopleOf(
  { services }: GridTenant,
  shown: readonly SnapshotDifference[],
): Promise<ReadonlyMap<string, string>> {
  const ids = shown
    .flatMap(({ owner, creator }) => [owner, creator])
    .flatMap((text) => tryParseUuid(text ?? '') ?? []);
  const accounts = await services.accounts.findMany(new Set(ids));
  return new Map([...accounts].map(([id, { firstName, lastName }]) => [id, `${firstName} ${lastName}`]));
}

const signs: Readonly<Record<Change, string>> = { appeared: '+', changed: '~', moved: '>', vanished: '-' };

function differenceText(one: SnapshotDifference, people: ReadonlyMap<string, string>): string {
  const told = (word: string, id: string | undefined): readonly string[] =>
    id === undefined ? [] : [`${word} ${people.get(id) ?? id}`];
  const facts = [
    ...(one.type === undefined ? [] : [one.type]),
    ...told('owner', one.owner),
    ...told('creator', one.creator),
    ...told('group', one.group),
  ];
  const name = one.name === '' ? one.id : `"${one.name}"${one.id === '' ? '' : ` (${one.id})`}`;
  const place = placeText(one.path);
  return [
    `${signs[one.change]} ${one.kind} ${name}${facts.map((fact) => `, ${fact}`).join('')}`,
    ...(one.from === undefined
      ? one.kind === 'item' || one.kind === 'object'
        ? [`    in ${place}`]
        : []
      : [`    from ${placeText(one.from)} to ${place}`]),
    ...one.fields.map(
      ({ field, before, after }) => `    ${field}: ${shortened(before)} -> ${shortened(after)}`,
    ),
  ].join('\n');
}

/** The folder in which something is, as people call it. */
function placeText(path: string): string {
  const names = path
    .split('/')
    .slice(1, -1)
    .filter((name) => !/^[0-9a-f]{2}$/.test(name));
  const end = names.at(-1);
  if (end === 'items' || end === 'objects') names.pop();
  return names.map((name) => titleOfName(name)).join('/');
}

const valueCharactersMax = 60;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > valueCharactersMax ? `${line.slice(0, valueCharactersMax - 1)}…` : line;
}
