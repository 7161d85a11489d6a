/** A grid with a resident and a region on a simulator for tests, and viewers that log in to it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Database } from '@gridkeep/storage/database/database';
import { SimulatorDouble } from '@gridkeep/testing/simulator-double';
import { readLlsdXml } from '@gridkeep/wire/llsd/xml-reader';
import { isLlsdMap } from '@gridkeep/wire/llsd/value';
import type { LlsdMap, LlsdValue } from '@gridkeep/wire/llsd/value';
import { writeLlsdXml } from '@gridkeep/wire/llsd/xml-writer';
import { readXmlRpcResponse } from '@gridkeep/wire/xmlrpc/reader';
import { isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { writeXmlRpcResponse } from '@gridkeep/wire/xmlrpc/writer';
import type { Account } from '../../accounts/account.ts';
import { createGridWire } from '../../grid-wire.ts';
import type { PublicServices } from '../../public-calls.ts';
import { testRegistration, testSimulator } from '../../registry/test-support.ts';
import type { RegisteredRegion, Registration } from '../../registry/registered-region.ts';
import type { OperatorFlag } from '../../registry/registered-region.ts';
import { createResident } from '../../residents.ts';
import type { ServiceLog } from '../../service-log.ts';
import { testGrid } from '../../test-support/test-grid.ts';
import type { TestGrid } from '../../test-support/test-grid.ts';

export const password = 'correct horse';
export const passwordMd5 = `$1$${createHash('md5').update(password, 'utf8').digest('hex')}`;

export interface LoginWorld {
  readonly grid: TestGrid;
  readonly simulator: SimulatorDouble;
  readonly ada: Account;
  readonly plaza: RegisteredRegion;
  readonly wire: PublicServices;
  /** Errors that services logged. */
  readonly errors: string[];
  /** Registers a region on a simulator of its own unless one is given. */
  readonly region: (
    name: string,
    x: number,
    options?: {
      readonly on?: SimulatorDouble;
      readonly flags?: readonly OperatorFlag[];
      readonly changes?: Partial<Registration>;
    },
  ) => Promise<{ readonly region: RegisteredRegion; readonly simulator: SimulatorDouble }>;
  /** By XML-RPC: the answer as a viewer reads it. */
  readonly login: (
    members?: Readonly<Record<string, XmlRpcValue>>,
    address?: string,
  ) => Promise<XmlRpcStruct>;
  readonly loginLlsd: (members?: Readonly<Record<string, LlsdValue>>) => Promise<LlsdMap>;
  /** What a region does when an agent leaves. */
  readonly leave: (reply: XmlRpcStruct) => Promise<void>;
}

const viewer = {
  ...{ first: 'Ada', last: 'Lovelace', passwd: passwordMd5, start: 'last' },
  ...{ channel: 'Firestorm-Releasex64', version: '7.1.9.74745', mac: 'aa11', id0: 'bb22' },
};

export async function loginWorld(test: TestContext, database: Database): Promise<LoginWorld> {
  const grid = await testGrid(database);
  test.after(() => grid.outbound.close());
  const errors: string[] = [];
  const log: ServiceLog = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields, message) => errors.push(`${message}: ${String(fields['err'])}`),
  };
  const { publicServices: wire } = createGridWire(grid, { log, isSimulatorAddress: () => true });
  const ada = await createResident(grid, { firstName: 'Ada', lastName: 'Lovelace', password });
  const region: LoginWorld['region'] = async (name, x, { on, flags = [], changes = {} } = {}) => {
    const simulator = on ?? (await SimulatorDouble.start(test));
    const { serverUri } = simulator;
    const registration = testRegistration(name, x, 1000, { serverUri, httpPort: simulator.port, ...changes });
    await grid.registry.register(registration, testSimulator);
    await grid.registry.setFlags(registration.id, { set: flags });
    const found = await grid.registry.find(registration.id);
    assert.ok(found !== undefined);
    return { region: found, simulator };
  };
  const { region: plaza, simulator } = await region('Plaza', 1000, { flags: ['default'] });
  return {
    ...{ grid, simulator, ada, plaza, wire, errors, region },
    login: async (members = {}, address = '192.0.2.7') => {
      const method = wire.xmlRpc.get('login_to_simulator');
      assert.ok(method !== undefined);
      const asked = Object.entries({ ...viewer, ...members }).filter(([, value]) => value !== undefined);
      const document = writeXmlRpcResponse(await method(new Map(asked), { address }));
      const response = readXmlRpcResponse(Buffer.from(document, 'utf8'), { bytesMax: 64 * 1024 * 1024 });
      assert.ok(response.kind === 'value' && isXmlRpcStruct(response.value));
      return response.value;
    },
    loginLlsd: async (members = {}) => {
      const body = writeLlsdXml(new Map<string, LlsdValue>(Object.entries({ ...viewer, ...members })));
      const reply = await wire.llsdLogin(Buffer.from(body, 'utf8'), { address: '192.0.2.7' });
      assert.equal(reply.status, 200);
      const value = readLlsdXml(Buffer.from(reply.body).toString('utf8'));
      assert.ok(isLlsdMap(value));
      return value;
    },
    leave: async () => {
      const user = await grid.gridUsers.find(ada.id);
      assert.ok(user !== undefined);
      await grid.gridUsers.loggedOut(ada.id, user.lastRegionId, user.lastPosition, user.lastLookAt);
    },
  };
}
