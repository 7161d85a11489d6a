/** A grid with its public port open on 127.0.0.1 and a simulator that runs one region of it. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import type { Database } from '@gridkeep/storage/database/database';
import { SimulatorDouble } from '@gridkeep/testing/simulator-double';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { readXmlRpcRequest } from '@gridkeep/wire/xmlrpc/reader';
import { isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { writeXmlRpcResponse } from '@gridkeep/wire/xmlrpc/writer';
import type { Account } from '../../accounts/account.ts';
import { gridMigrations } from '../../grid-database.ts';
import { createGridServices } from '../../grid-services.ts';
import type { GridServices } from '../../grid-services.ts';
import type { PublicServices } from '../../public-calls.ts';
import { testRegistration, testSimulator } from '../../registry/test-support.ts';
import { emptyReply } from '../../robust-http.ts';
import type { RobustReply } from '../../robust-http.ts';
import { MemoryBlobs } from '../../test-support/memory-blobs.ts';
import { robustRequest } from '../../test-support/robust-request.ts';
import { strictLog } from '../../test-support/garbage-forms.ts';
import { hypergridPublic } from '../hypergrid.ts';

export type PublicDoor = Pick<PublicServices, 'routes' | 'xmlRpc'>;

export interface GridOnWire {
  readonly services: GridServices;
  readonly door: PublicDoor;
  /** With a slash at its end. */
  readonly url: string;
  readonly simulator: SimulatorDouble;
  readonly regionId: Uuid;
  /** Calls an XML-RPC method as another grid does. */
  readonly ask: (method: string, parameters: Readonly<Record<string, XmlRpcValue>>) => Promise<XmlRpcStruct>;
}

export async function startGrid(
  test: TestContext,
  database: Database,
  regionName: string,
): Promise<GridOnWire> {
  await database.migrate(gridMigrations);
  const opened: { door?: PublicDoor } = {};
  const url = await listen(test, () => opened.door);
  const address = () => ({ name: regionName, nick: regionName, publicUrl: url });
  const services = createGridServices({ database, blobs: new MemoryBlobs(), address, log: strictLog });
  test.after(() => services.outbound.close());
  await services.settings.write('privateNetworks', 'true');
  const door = hypergridPublic(services.hypergrid, strictLog);
  opened.door = door;
  const { xmlRpc } = door;
  const simulator = await SimulatorDouble.start(test);
  const regionId = randomUuid();
  await services.registry.register(
    testRegistration(regionName, 1000, 1000, {
      ...{ id: regionId, serverUri: simulator.serverUri, httpPort: simulator.port },
    }),
    testSimulator,
  );
  await services.registry.setFlags(regionId, { set: ['default', 'default-hypergrid'] });
  return {
    ...{ services, door, url, simulator, regionId },
    ask: async (method, parameters) => {
      const answer = await xmlRpc.get(method)?.(new Map(Object.entries(parameters)), {
        address: '127.0.0.1',
      });
      if (answer === undefined) throw new Error(`nothing answers ${method}`);
      return answer;
    },
  };
}

export async function resident(grid: GridOnWire, firstName: string): Promise<Account> {
  return grid.services.accounts.create({ firstName, lastName: 'Viewer' });
}

export interface TestSession {
  readonly sessionId: Uuid;
  readonly secureSessionId: Uuid;
}

/** Logged in at home, as far as other grids can tell. */
export async function logIn(grid: GridOnWire, userId: Uuid): Promise<TestSession> {
  const session = { sessionId: randomUuid(), secureSessionId: randomUuid() };
  await grid.services.presence.login({ userId, ...session });
  await grid.services.gridUsers.loggedIn(userId);
  await grid.services.travels.start({
    ...{ userId, sessionId: session.sessionId, gatekeeper: grid.url, clientAddress: '127.0.0.1' },
  });
  return session;
}

/** What a region that an agent leaves tells its grid. */
export async function leave(grid: GridOnWire, userText: string, sessionId: Uuid): Promise<void> {
  const at = { x: 128, y: 128, z: 25 };
  await grid.services.presence.logout(sessionId);
  await grid.services.gridUsers.loggedOut(userText, grid.regionId, at, { x: 0, y: 1, z: 0 });
}

async function listen(test: TestContext, door: () => PublicDoor | undefined): Promise<string> {
  const server = createServer((request, response) => {
    void serve(request, door()).then((reply) => {
      response.writeHead(reply.status, {
        'Content-Type': reply.contentType,
        'Content-Length': reply.body.byteLength,
        ...reply.headers,
      });
      response.end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/`;
}

async function serve(request: IncomingMessage, door: PublicDoor | undefined): Promise<RobustReply> {
  const pieces: Uint8Array[] = [];
  const stream: AsyncIterable<Uint8Array> = request;
  for await (const piece of stream) pieces.push(piece);
  const body = new Uint8Array(Buffer.concat(pieces));
  const { url: target = '/', method = 'GET' } = request;
  if (target === '/') return callXmlRpc(body, door);
  const handler = door?.routes.get(target.split('/')[1] ?? '');
  return (
    handler?.(
      robustRequest(method, target, body, {
        header: (name) => {
          const value = request.headers[name];
          return typeof value === 'string' ? value : undefined;
        },
      }),
    ) ?? emptyReply(404)
  );
}

async function callXmlRpc(body: Uint8Array, door: PublicDoor | undefined): Promise<RobustReply> {
  const { method, parameters } = readXmlRpcRequest(body);
  const [struct] = parameters;
  const answer = isXmlRpcStruct(struct)
    ? await door?.xmlRpc.get(method)?.(struct, { address: '127.0.0.1' })
    : undefined;
  if (answer === undefined) return emptyReply(404);
  return { status: 200, contentType: 'text/xml', body: Buffer.from(writeXmlRpcResponse(answer), 'utf8') };
}
