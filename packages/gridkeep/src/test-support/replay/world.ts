/** The world of the recordings, as it was before the first of them: two grids with their residents, and simulators. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { NewFolder } from '@gridkeep/grid/inventory/inventory-records';
import { createResident } from '@gridkeep/grid/residents';
import { importLibrary } from '@gridkeep/hosting/library/import-library';
import { fixture } from '@gridkeep/testing/requirements';
import { SimulatorDouble } from '@gridkeep/testing/simulator-double';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { pino } from 'pino';
import { defaultConfiguration } from '../../configuration/configuration.ts';
import { startServer } from '../../server/server.ts';
import { Identities } from './compare.ts';
import { EarlierContent, shownItems, shownSkeleton } from './earlier-content.ts';
import { meaningOf } from './meaning.ts';
import { textOf } from './recording.ts';
import type { Exchange } from './recording.ts';
import { makeStateBefore } from './state-before.ts';
import { Replay } from './replay.ts';
import type { Player } from './replay.ts';

/** MD5 of each password, as the recorded logins send it. */
const residents = [
  ['Test', 'User', '2b1a1f6e-0c53-4a7e-9d0e-000000000001', 'test.user', '5ebe2294ecd0e0f08eab7690d2a6ee69'],
  ['Ima', 'Bot0', '2b1a1f6e-0c53-4a7e-9d0e-000000000100', 'bot0', '8dbd39f321234fe97bfe99a7a088a27e'],
  ['Ima', 'Bot1', '2b1a1f6e-0c53-4a7e-9d0e-000000000101', 'bot1', '8dbd39f321234fe97bfe99a7a088a27e'],
  ['Ada', 'Viewer', '2b1a1f6e-0c53-4a7e-9d0e-000000000201', 'ada', '5e78825dd86d157900cc21d8b90f8cd6'],
  ['Ben', 'Viewer', '2b1a1f6e-0c53-4a7e-9d0e-000000000202', 'ben', '4f07142ad9aad814234c394cb7e9941c'],
] as const;
const neighbours = [['Harbour', 'Master', '3c1a1f6e-0c53-4a7e-9d0e-000000000001', 'hm', undefined]] as const;

/** By service of the recordings, the address it had. */
const recordedGrids = [
  {
    name: 'robust',
    title: 'Sample Grid',
    nick: 'samplegrid',
    publicAddress: '127.0.0.1:8002',
    privateAddress: '127.0.0.1:8003',
    people: residents,
  },
  {
    name: 'grid2',
    title: 'Second Grid',
    nick: 'secondgrid',
    publicAddress: '127.0.0.1:8102',
    privateAddress: '127.0.0.1:8103',
    people: neighbours,
  },
];
const recordedSimulators = [
  ['simulator', '127.0.0.1:9000'],
  ['simulator2', '127.0.0.1:9010'],
  ['grid2-simulator', '127.0.0.1:9030'],
] as const;

export interface ReplayWorld {
  readonly replay: Replay;
  /** By `robust` and `grid2`. */
  readonly grids: ReadonlyMap<string, GridServices>;
  readonly identities: Identities;
  readonly exchanges: readonly Exchange[];
}

/** Where a grid's records are; undefined for SQLite. */
export type DatabaseUrlOf = (grid: string) => string | undefined;

export async function startReplayWorld(
  test: TestContext,
  exchanges: readonly Exchange[],
  databaseUrlOf: DatabaseUrlOf = () => undefined,
): Promise<ReplayWorld> {
  const identities = new Identities();
  const addresses = new Map<string, string>();
  const services = new Map<string, { url: string; authorization?: string }>();
  const grids = new Map<string, GridServices>();
  const earlier = new Map<string, EarlierContent>();
  const folder = await temporaryFolder(test, 'gridkeep-replay');
  const log = pino({ level: process.env['GRIDKEEP_TEST_LOG'] ?? 'silent' });
  for (const { name, title, nick, publicAddress, privateAddress } of recordedGrids) {
    const databaseUrl = databaseUrlOf(name);
    const running = await startServer(
      {
        ...defaultConfiguration(join(folder, name)),
        ...{ publicPort: 0, servicesPort: 0, panelPort: 0 },
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
      },
      log,
    );
    test.after(() => running.stop());
    const { facts, installation } = running;
    const { grid, services: made } = await installation.tenants.tenant('main');
    const { secret } = await installation.tenants.simulators.add(grid.slug, 'recorded');
    await installation.tenants.update(grid.slug, { name: title });
    await made.settings.write('gridNick', nick);
    for (const [setting, value] of commonSettings) await made.settings.write(setting, value);
    for (const [setting, path] of pages)
      await made.settings.write(setting, `http://127.0.0.1:${facts.publicPort}/${path}`);
    await made.settings.write('publicUrl', `http://127.0.0.1:${facts.publicPort}/`);
    await importLibrary(made, fixture('opensim-library'), () => undefined);
    earlier.set(
      name,
      new EarlierContent(
        made,
        identities,
        exchanges.filter(({ service }) => service.startsWith(name)),
      ),
    );
    grids.set(name, made);
    addresses.set(publicAddress, `127.0.0.1:${facts.publicPort}`);
    addresses.set(privateAddress, `127.0.0.1:${facts.servicesPort}`);
    const pair = Buffer.from(`recorded:${secret}`).toString('base64');
    services.set(`${name}-public`, { url: `http://127.0.0.1:${facts.publicPort}` });
    services.set(`${name}-private`, {
      url: `http://127.0.0.1:${facts.servicesPort}`,
      authorization: `Basic ${pair}`,
    });
  }
  const player: Player = {
    ...{ identities, addresses, services },
    comparison: { identities, volatile: volatileMembers },
    before: async (exchange) => {
      await makeStateBefore(world, exchange);
      await earlier.get(exchange.service.split('-')[0] ?? '')?.before(exchange);
    },
  };
  const replay = new Replay(player);
  const world: ReplayWorld = { replay, grids, identities, exchanges };
  for (const [service, address] of recordedSimulators) {
    const double = await SimulatorDouble.start(test);
    addresses.set(address, `127.0.0.1:${double.port}`);
    for (const call of ['query-access', 'create', 'xml-rpc'] as const)
      double.answer(call, async ({ method, target, body }) => {
        const answer = await replay.answer({ service, method, path: target, body: Buffer.from(body) });
        return answer ?? { status: 404 };
      });
  }
  return world;
}

/** Who the default regions of a recorded grid were; its operator had chosen them before they started. */
export async function flagRecordedRegion(world: ReplayWorld, name: string, region: string): Promise<void> {
  await world.grids
    .get(name)
    ?.registry.setFlags(region, { set: ['default', 'default-hypergrid', 'fallback'] });
}

/** Residents of a recorded grid, with the ids and passwords that they had. */
export async function makeRecordedResidents(
  world: ReplayWorld,
  name: string,
  firstNames: readonly string[],
): Promise<void> {
  const services = world.grids.get(name);
  const people = recordedGrids.find((grid) => grid.name === name)?.people ?? [];
  if (services === undefined) throw new Error(`there is no recorded grid ${name}`);
  for (const [firstName, lastName, id, mailbox, md5] of people) {
    if (!firstNames.includes(firstName) && !firstNames.includes(lastName)) continue;
    const account = await createResident(services, {
      ...{ id: parseUuid(id), firstName, lastName, email: `${mailbox}@example.org` },
      password: 'not the recorded one',
    });
    if (md5 !== undefined) await services.authentication.setPasswordMd5(account.id, md5);
    await services.inventory.ensureSuitcase(account.id);
    await learnFirstInventory(world, services, account.id);
  }
}

/**
 * What Gridkeep makes for every resident stands for the recorded things of that name at the same place: folders as in the
 * first recorded login, then the items of the first outfit.
 */
async function learnFirstInventory(
  { exchanges, identities }: ReplayWorld,
  { inventory }: GridServices,
  owner: Uuid,
): Promise<void> {
  const skeleton = await inventory.skeleton(owner);
  const folders = pathsOf(skeleton);
  for (const { sent, received } of exchanges) {
    if (!textOf(sent).includes('login_to_simulator')) continue;
    const recorded = pathsOf(shownSkeleton(meaningOf(received ?? new Uint8Array(0)), owner));
    for (const [path, id] of recorded) {
      const ours = folders.get(path);
      if (ours !== undefined && identities.ours(id) === undefined) identities.learn(id, ours);
    }
  }
  const contents = await inventory.contents(skeleton.map(({ id }) => id));
  const items = new Map(
    [...contents.values()].flatMap((content) =>
      content.items.map((item) => [`${item.folderId} ${item.assetType} ${item.name}`, item.id]),
    ),
  );
  for (const { path, received } of exchanges) {
    if (path !== '/xinventory') continue;
    for (const { id, folderId, assetType, name } of shownItems(received)) {
      const ours = items.get(`${identities.ours(folderId) ?? ''} ${assetType} ${name}`);
      if (ours !== undefined && identities.ours(id) === undefined && !identities.isTaken(ours))
        identities.learn(id, ours);
    }
  }
}

/** Ids by names and types up to the root. */
function pathsOf(skeleton: readonly NewFolder[]): ReadonlyMap<string, Uuid> {
  const folders = new Map(skeleton.map((folder) => [folder.id, folder]));
  const pathOf = (folder: NewFolder): string => {
    const parent = folders.get(folder.parentId);
    return `${parent === undefined ? '' : pathOf(parent)}/${folder.name} ${folder.type}`;
  };
  return new Map(skeleton.map((folder) => [pathOf(folder), folder.id]));
}

/** What the operators of the recorded grids had set. */
const commonSettings = [
  ['privateNetworks', 'true'],
  ['welcomeMessage', 'Welcome, Avatar!'],
  ['loginFallbackToAnyRegion', 'false'],
  ['maxGroups', '42'],
] as const;
const pages = [
  ['splashUrl', 'welcome'],
  ['economyUrl', ''],
  ['aboutUrl', 'about'],
  ['registerUrl', 'register'],
  ['helpUrl', 'help'],
  ['passwordUrl', 'password'],
] as const;

/** Times, counters and tokens: there, but with a value of their own. */
const volatileMembers: ReadonlySet<string> = new Set([
  'Created',
  'CreationDate',
  'seconds_since_epoch',
  'circuit_code',
  'Version',
  'VERSION',
  'version',
  'Timestamp',
  'timestamp',
  'ExpirationDate',
  'Login',
  'Logout',
  'Token',
  'service_session_id',
  'user_created',
  // The recordings hold another address than the logins sent.
  'mac',
  'id0',
]);
