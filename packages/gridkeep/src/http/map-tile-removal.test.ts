import assert from 'node:assert/strict';
import { test } from 'node:test';
import { regionFlags } from '@gridkeep/grid/registry/registered-region';
import type { RegisteredRegion } from '@gridkeep/grid/registry/registered-region';
import { parseGridSlug } from '@gridkeep/hosting/tenants/grid';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { mapTileRemoval } from './map-tile-removal.ts';
import { RouteFinder } from './route-finder.ts';

function region(simulator: string, online = true): RegisteredRegion {
  return {
    ...{ id: randomUuid(), name: 'r', x: 256_000, y: 256_000, sizeX: 256, sizeY: 256, simulator },
    flags: online ? regionFlags.online : 0,
    ...{
      serverHost: '',
      httpPort: 0,
      serverUri: '',
      udpPort: 0,
      mapTexture: zeroUuid,
      parcelTexture: zeroUuid,
    },
    ...{ access: 13, secret: '', ownerId: zeroUuid, token: '', registeredAt: 0, lastSeen: 0 },
  };
}

/** Grids with what stands at 1000,1000, and the simulators known at the address that asks. */
function setup(
  standing: Readonly<Record<string, RegisteredRegion | undefined>>,
  known: readonly (readonly [grid: string, name: string])[],
) {
  const removed: string[] = [];
  const answer = mapTileRemoval({
    simulatorsAt: (address) =>
      Promise.resolve(
        address === '10.0.0.1'
          ? known.map(([grid, name]) => ({ grid: parseGridSlug(grid), name, address, lastSeen: 0 }))
          : [],
      ),
    registryOf: (slug) =>
      Promise.resolve({ at: (x, y) => (x === 256_000 && y === 256_000 ? standing[slug] : undefined) }),
    wireOf: (slug) => ({
      privateRoutes: new RouteFinder(
        new Map(
          ['map', 'removemap'].map((name) => [
            name,
            ({ source }) => {
              removed.push(`${slug} ${source}`);
              return { status: 200, contentType: 'text/html', body: new Uint8Array(0) };
            },
          ]),
        ),
      ),
      publicRoutes: new RouteFinder(new Map()),
      publicServices: {
        ...{ routes: new Map(), xmlRpc: new Map(), jsonRpc: new Map() },
        llsdLogin: () => Promise.reject(new Error('not here')),
      },
    }),
  });
  const ask = async (body: string, { path = '/map', address = '10.0.0.1' } = {}) => {
    const [text, header] = [Buffer.from(body), () => undefined];
    const reply = await answer({ method: 'POST', path, query: '', body: text, address, header });
    return reply?.status;
  };
  return { ask, removed };
}

const place = 'X=1000&Y=1000';

test('the tile of a region that has gone is removed for a simulator known by its address', async () => {
  const { ask, removed } = setup({ a: undefined }, [['a', 'sim1']]);
  assert.equal(await ask(place), 200);
  assert.equal(await ask(place, { path: '/removemap' }), 200);
  assert.deepEqual(removed, ['a sim1', 'a sim1']);
});

test('strangers, uploads and nonsense are none of its business', async () => {
  const { ask, removed } = setup({ a: undefined }, [['a', 'sim1']]);
  assert.equal(await ask(place, { address: '10.0.0.2' }), undefined);
  assert.equal(await ask(`${place}&DATA=AAAA`), undefined);
  assert.equal(await ask(`${place}&DATA`), undefined);
  for (const body of ['', 'X=1000', 'X=a&Y=b', 'X=-1&Y=1', 'X=1e3&Y=1', '%'])
    assert.equal(await ask(body), undefined, body);
  for (const path of ['/', '/map/x', '/assets', '/removemap/x'])
    assert.equal(await ask(place, { path }), undefined, path);
  assert.deepEqual(removed, []);
});

test('a tile of another simulator stays', async () => {
  for (const online of [true, false]) {
    const { ask, removed } = setup({ a: region('sim2', online) }, [['a', 'sim1']]);
    assert.equal(await ask(place), undefined);
    assert.deepEqual(removed, []);
  }
});

test('where nobody needs a credential, nobody is known by an address', async () => {
  const { ask } = setup({ a: undefined }, [['a', '']]);
  assert.equal(await ask(place), undefined);
});

test('on a machine with simulators of two grids, only the tile that is meant goes', async () => {
  const both = [
    ['a', 'sim1'],
    ['b', 'sim2'],
  ] as const;
  const gone = setup({ a: region('sim1'), b: undefined }, both);
  assert.equal(await gone.ask(place), 200);
  assert.deepEqual(gone.removed, ['b sim2']);
  const unclear = setup({ a: region('sim1'), b: region('sim2') }, both);
  assert.equal(await unclear.ask(place), undefined);
  const alone = setup({ a: region('sim1'), b: region('sim3') }, both);
  assert.equal(await alone.ask(place), 200);
  assert.deepEqual(alone.removed, ['a sim1']);
});
