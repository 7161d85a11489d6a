/**
 * What had happened before some of the recorded exchanges and was not recorded: sessions before the first recording, and
 * exchanges that were left out because others of their kind were kept.
 */
import type { GridServices } from '@gridkeep/grid/grid-services';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import { readForm } from '@gridkeep/wire/robust/form';
import { recordedText } from '@gridkeep/testing/recordings';
import type { Identities } from './compare.ts';
import type { Exchange } from './recording.ts';

export interface World {
  readonly grids: ReadonlyMap<string, GridServices>;
  readonly identities: Identities;
}

interface EarlierState {
  /** File and line of the exchange before which it is made. */
  readonly before: readonly [file: string, line: number];
  readonly what: string;
  readonly make: (services: GridServices, world: World) => Promise<unknown>;
}

const plaza = parseUuid('7f0b3d52-91c4-4d4a-a0b7-3f2d8c5e1a01');
const people = {
  test: parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000001'),
  bot0: parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000100'),
  bot1: parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000101'),
  ada: parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201'),
  ben: parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000202'),
} as const;

const states: readonly EarlierState[] = [
  ...(
    [
      ['bot0', 6, 49, [243.7565, 193.5518, 0.9399555], [-0.3089107, 0.951091, 0]],
      ['bot1', 21, 51, [255.7613, 73.74709, 0.939954], [-0.9081492, -0.4186467, 0]],
    ] as const
  ).map(([who, line, worn, position, lookAt]): EarlierState => ({
    before: ['02-bots-login-logout', line],
    what: `${who} had been there, dressed the same, and had left from where the recorded login begins`,
    make: async (services, world) => {
      await wears(services, world, '02-bots-login-logout', worn);
      await leftAt(services, people[who], position, lookAt);
    },
  })),
  {
    before: ['10-inventory-ops', 1],
    what: 'Ada and Ben had logged in',
    make: async (services) => {
      for (const who of [people.ada, people.ben]) await inSession(services, who, randomUuid());
      await services.gridUsers.setPosition(people.ada, plaza, at([128, 128, 26.03385]), at([0, 0, 0]));
    },
  },
  {
    before: ['10-client-login', 5],
    what: 'Ada and Ben had logged out, dressed as their viewer dresses them',
    make: async (services, world) => {
      await wears(services, world, '10-client-login', 26);
      await wears(services, world, '10-second-client-login', 24);
      await leftAt(services, people.ada, [128, 128, 26.03383], [0.7125668, 0.7016042, 0]);
      await leftAt(services, people.ben, [128.548, 128, 26.02868], [0, 1, 0]);
    },
  },
  {
    before: ['10-groups', 1],
    what: 'Ada and Ben had logged in again',
    make: async (services) => {
      for (const who of [people.ada, people.ben]) await inSession(services, who, randomUuid());
    },
  },
  {
    before: ['12-build-many', 5],
    what: 'Test had been there, dressed the same',
    make: async (services, world) => {
      await wears(services, world, '12-build-many', 26);
      await leftAt(services, people.test, [128, 128, 29.58252], [0, 1, 0]);
    },
  },
  {
    before: ['21-two-region-start', 2],
    what: "nobody was on the estate's list of guests any more",
    make: (services) => services.estates.change(101, { access: [] }),
  },
  {
    before: ['23-rez-large-object', 5],
    what: 'Test had logged out',
    make: (services) => leftAt(services, people.test, [128, 128, 29.58252], [0.8353519, 0.5497155, 0]),
  },
  {
    before: ['23-rez-large-object', 40],
    what: 'Test had logged out again',
    make: (services) => leftAt(services, people.test, [128, 128, 29.58252], [0.835352, 0.5497156, 0]),
  },
  {
    before: ['02-login-xmlrpc-cdata-fault', 1],
    what: 'everybody had logged out',
    make: async (services) => {
      await leftAt(services, people.test, [128, 128, 29.58252], [0.835352, 0.5497156, 0]);
      await leftAt(services, people.ada, [128, 128, 29.58252], [0, 1, 0]);
      await leftAt(services, people.ben, [129.548, 128.0004, 25.95197], [0, 1, 0]);
    },
  },
  {
    before: ['34-load-oar-var-merge', 2],
    what: 'another region of the estate had been there',
    make: (services) => services.estates.link(parseUuid('071af6e7-9620-46b5-bcd7-d8986e545210'), 101),
  },
  {
    before: ['41-save-iar-rich', 1],
    what: 'Ada had written more into a notecard',
    make: async ({ inventory }) => {
      const item = await inventory.item(parseUuid('15782217-74f8-4fb7-b5aa-bf4e1978873f'));
      if (item !== undefined)
        await inventory.updateItem({ ...item, assetId: parseUuid('3c297530-34eb-4cf4-9d13-6847eec4a6af') });
    },
  },
  {
    before: ['24-teleport-between-simulators', 1],
    what: 'Ada had logged in',
    make: (services) => inSession(services, people.ada, parseUuid('f49c6eef-053e-493e-9e98-09cb39b94205')),
  },
  {
    before: ['51-hypergrid-teleport-out', 1],
    what: 'the operator of the second grid had chosen its default region',
    make: ({ registry }) =>
      registry.setFlags('Harbour', { set: ['default', 'default-hypergrid', 'fallback'] }),
  },
  {
    before: ['51-hypergrid-teleport-out', 11],
    what: 'Ada had logged in once more',
    make: async (services) => {
      const sessionId = parseUuid('85981af7-c54d-43f8-b466-874cb4c34c2c');
      await leftAt(services, people.ada, [100, 100, 28.9], [0, 1, 0]);
      await inSession(services, people.ada, sessionId);
      await services.travels.start({
        ...{ sessionId, userId: people.ada, clientAddress: '127.0.0.1' },
        gatekeeper: await services.publicAddress.read(),
      });
    },
  },
];

/** Makes what the table says about this exchange. */
export async function makeStateBefore(world: World, { file, line, service }: Exchange): Promise<void> {
  const services = world.grids.get(service.split('-')[0] ?? '');
  if (services === undefined) return;
  for (const { before, make } of states)
    if (before[0] === file && before[1] === line) await make(services, world);
}

type Numbers = readonly [number, number, number];

function at([x, y, z]: Numbers): Vector3 {
  return { x, y, z };
}

async function inSession(services: GridServices, userId: Uuid, sessionId: Uuid): Promise<void> {
  await services.presence.login({ userId, sessionId, secureSessionId: randomUuid() });
  await services.presence.report(sessionId, plaza);
  await services.gridUsers.loggedIn(userId);
}

/** Ends every session of a resident. */
async function leftAt(
  services: GridServices,
  userId: Uuid,
  position: Numbers,
  lookAt: Numbers,
): Promise<void> {
  for (const { sessionId } of await services.presence.ofUsers([userId]))
    await services.presence.logout(sessionId);
  await services.gridUsers.loggedOut(userId, plaza, at(position), at(lookAt));
}

/** What this recorded `setavatar` tells, told before. */
async function wears(
  services: GridServices,
  { identities }: World,
  file: string,
  line: number,
): Promise<void> {
  const { fields } = readForm(identities.translate(recordedText(file, line).sent));
  const values = [...fields].filter(([name]) => !/^(METHOD|UserID|VERSIONM(IN|AX))$/.test(name));
  await services.avatars.replace(
    parseUuid(String(fields.get('UserID'))),
    new Map(values.map(([name, value]) => [name, String(value)])),
  );
}
