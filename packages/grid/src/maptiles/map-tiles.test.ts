import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedExchanges } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readForm, writeForm } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import fc from 'fast-check';
import sharp from 'sharp';
import { testRegistration, testSimulator } from '../registry/test-support.ts';
import type { RobustReply } from '../robust-http.ts';
import { silentLog } from '../service-log.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { collect, testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { mapTileRoutes, mapTileUploads } from './map-tiles-robust.ts';
import { MapTiles } from './map-tiles.ts';
import { tileAt, quarters } from './map-tile.ts';
import { composeTile, requireTileImage, TileImageError, waterTile } from './tile-images.ts';
import { TileComposer } from './tile-composer.ts';

interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

const red = { r: 200, g: 20, b: 20 };
const green = { r: 20, g: 200, b: 20 };
const sea = { r: 29, g: 72, b: 96 };

async function jpeg(background: Colour, width = 256, height = 256): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** Whether the pixel has nearly that colour. */
async function shows(image: Uint8Array, x: number, y: number, colour: Colour): Promise<void> {
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [256, 256]);
  const at = (y * info.width + x) * info.channels;
  for (const [index, value] of [colour.r, colour.g, colour.b].entries())
    assert.ok(
      Math.abs((data[at + index] ?? 0) - value) < 12,
      `${x},${y}: ${data.subarray(at, at + 3).join()}`,
    );
}

function wireOf(grid: TestGrid) {
  let now = Date.now();
  const { database, blobs, registry } = grid;
  const tiles = new MapTiles({ database, blobs, registry, now: () => now });
  const composer = new TileComposer({ database, tiles, log: silentLog });
  const uploads = mapTileUploads(tiles, silentLog);
  const routes = mapTileRoutes(tiles);
  const post = async (fields: Readonly<Record<string, string>>, path = 'map', source = 'sim1') => {
    const handler = uploads.get(path) ?? assert.fail(path);
    const body = writeForm(Object.entries(fields));
    const reply = await handler(robustRequest('POST', `/${path}`, body, { source }));
    assert.equal(reply.status, 200);
    return readReply(bodyText(reply)).get('Result');
  };
  const put = async (x: number, y: number, image: Uint8Array, source = 'sim1') =>
    post({ X: String(x), Y: String(y), DATA: Buffer.from(image).toString('base64') }, 'map', source);
  const get = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<RobustReply> => {
    const handler = routes.get(path.startsWith('/map-') ? 'map-*' : 'map') ?? assert.fail();
    return handler(robustRequest('GET', path, '', { header: (name) => headers[name] }));
  };
  const settle = async () => {
    now += 31_000;
    return composer.composeAll();
  };
  return { tiles, uploads, routes, post, put, get, settle };
}

forEachDatabase(
  'tiles of cells are kept as they came, and the zooms above are made of them',
  async (_, database) => {
    const grid = await testGrid(database);
    const { put, get, post, settle, tiles } = wireOf(grid);
    const image = await jpeg(red);
    assert.equal(await put(1000, 1001, image), 'Success');
    assert.equal(await put(1001, 1000, await jpeg(green)), 'Success');
    const reply = await get('/map-1-1000-1001-objects.jpg');
    assert.deepEqual(Buffer.from(reply.body), image);
    assert.equal(reply.contentType, 'image/jpeg');
    const scoped = await get('/map/00000000-0000-0000-0000-000000000000/map-1-1000-1001-objects.jpg');
    assert.deepEqual(Buffer.from(scoped.body), image);

    assert.equal(await settle(), 7);
    assert.equal(await settle(), 0);
    const zoomed = await get('/map-2-1001-1001-objects.jpg');
    await shows(zoomed.body, 10, 10, red);
    await shows(zoomed.body, 200, 200, green);
    await shows(zoomed.body, 10, 200, sea);
    await shows(zoomed.body, 200, 10, sea);
    const far = await get('/map-8-900-900-objects.jpg');
    await shows(far.body, 2, 2, sea);
    assert.equal((await collect(tiles.liveBlobs())).length, 9);

    assert.equal(await post({ X: '1000', Y: '1001' }), 'Success');
    assert.equal(await post({ X: '1001', Y: '1000' }, 'removemap'), 'Success');
    await shows((await get('/map-1-1000-1001-objects.jpg')).body, 100, 100, sea);
    assert.equal(await settle(), 7);
    assert.deepEqual(await collect(tiles.liveBlobs()), []);
  },
);

forEachDatabase(
  'a tile is not asked for twice, and an unchanged one changes nothing',
  async (_, database) => {
    const grid = await testGrid(database);
    const { put, get, settle } = wireOf(grid);
    const water = await get('/map-1-5-5-objects.jpg');
    assert.deepEqual(Buffer.from(water.body), Buffer.from(await waterTile()));
    assert.equal(
      (await get('/map-1-5-5-objects.jpg', { 'if-none-match': water.headers?.['ETag'] ?? '' })).status,
      304,
    );
    const image = await jpeg(red);
    await put(5, 5, image);
    const { headers = {} } = await get('/map-1-5-5-objects.jpg', {
      'if-none-match': water.headers?.['ETag'] ?? '',
    });
    assert.match(headers['Cache-Control'] ?? '', /max-age/);
    for (const known of [
      { 'if-none-match': headers['ETag'] ?? '' },
      { 'if-none-match': `W/"x", W/${headers['ETag']}` },
      { 'if-modified-since': headers['Last-Modified'] ?? '' },
    ]) {
      const reply = await get('/map-1-5-5-objects.jpg', known);
      assert.deepEqual([reply.status, reply.body.byteLength], [304, 0]);
    }
    assert.equal((await get('/map-1-5-5-objects.jpg', { 'if-none-match': '"x"' })).status, 200);
    assert.equal(await settle(), 7);
    await put(5, 5, image);
    assert.equal(await settle(), 1);
  },
);

forEachDatabase('nobody changes the picture of ground that another simulator has', async (_, database) => {
  const grid = await testGrid(database);
  const { put, post } = wireOf(grid);
  const image = await jpeg(red);
  await grid.registry.register(
    testRegistration('Var', 1000, 1000, { sizeX: 512, sizeY: 512 }),
    testSimulator,
  );
  assert.equal(await put(1001, 1001, image), 'Success');
  assert.equal(await put(1001, 1001, image, 'sim2'), 'Failure');
  assert.equal(await post({ X: '1001', Y: '1001' }, 'removemap', 'sim2'), 'Failure');
  assert.equal(await post({ X: '1002', Y: '1001' }, 'removemap', 'sim2'), 'Success');
});

forEachDatabase('what is no tile is refused', async (_, database) => {
  const { put, post, get, uploads, routes } = wireOf(await testGrid(database));
  const image = await jpeg(red);
  const png = await sharp({ create: { width: 256, height: 256, channels: 3, background: red } })
    .png()
    .toBuffer();
  const wrong = [
    await jpeg(red, 128, 256),
    await jpeg(red, 4000, 4000),
    png,
    image.subarray(0, 400),
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(1000, 7)]),
    Buffer.concat([image, Buffer.alloc(512 * 1024)]),
  ];
  for (const bytes of wrong) {
    assert.equal(await put(1, 2, bytes), 'Failure');
    await assert.rejects(requireTileImage(bytes), TileImageError);
  }
  for (const fields of [
    { X: '1', Y: '2', DATA: 'short' },
    { X: '1', Y: '2', DATA: '!!!!!!!!!!!!!!' },
    { X: '-1', Y: '2' },
    { X: '8388608', Y: '2' },
    { X: 'x', Y: '2' },
    { Y: '2' },
  ] as const)
    assert.equal(await post(fields), 'Failure');
  const paths = [
    ...[
      '/map-0-1-1-objects.jpg',
      '/map-9-1-1-objects.jpg',
      '/map-1-1-1-objects.png',
      '/map-1--1-1-objects.jpg',
    ],
    ...[
      '/map-1-1-1',
      '/map',
      '/map/a/b',
      '/map/a//b',
      '/map-1-99999999-1-objects.jpg',
      '/map-1-1-1-objects.jpg/more',
    ],
  ];
  for (const path of paths) assert.equal((await get(path)).status, 404, path);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('map', 'removemap'),
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
      fc.uint8Array({ maxLength: 300 }),
      async (path, method, body) => {
        const handler = uploads.get(path) ?? assert.fail();
        const reply = await handler({ ...robustRequest(method, `/${path}`), body });
        assert.ok([200, 404].includes(reply.status));
      },
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (path, method) => {
      const reply = await routes.get('map-*')?.(robustRequest(method, `/map-${path}`));
      assert.ok([200, 404, 405].includes(reply?.status ?? 0));
    }),
  );
});

test('a broken JPEG never gets through as a tile, whatever is broken', async () => {
  const image = await jpeg(red);
  await fc.assert(
    fc.asyncProperty(fc.nat(image.length - 1), fc.nat(255), async (at, value) => {
      const damaged = Buffer.from(image);
      damaged[at] = value;
      try {
        await requireTileImage(damaged);
        // Still a picture: then it can be composed as well.
        await composeTile([damaged, undefined, undefined, damaged]);
      } catch (error) {
        assert.ok(error instanceof TileImageError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test('a tile is made of the four that lie on it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(100_000), fc.nat(100_000), (zoom, x, y) => {
      const tile = tileAt(zoom, x, y);
      for (const quarter of quarters(tile)) {
        assert.deepEqual(tileAt(zoom, quarter.x, quarter.y), tile);
        assert.deepEqual(tileAt(zoom - 1, quarter.x, quarter.y), quarter);
      }
    }),
  );
});

const recordings = ['01-region-restart', '13-terrain', '21-two-region-start', '22-var-region-start'];

for (const file of missing('fixtures') === false ? recordings : [])
  forEachDatabase(`uploads of ${file} are answered byte for byte`, async (_, database) => {
    const { uploads, get } = wireOf(await testGrid(database));
    for (const { sent, received, contentType } of recordedExchanges(file, /^\/map$/, 'robust-private')) {
      const reply = await uploads.get('map')?.(robustRequest('POST', '/map', sent));
      assert.equal(reply === undefined ? '' : bodyText(reply), received.toString());
      assert.equal(reply?.contentType, contentType);
      const form = readForm(sent);
      const tile = await get(`/map-1-${form.text('X')}-${form.text('Y')}-objects.jpg`);
      assert.equal(Buffer.from(tile.body).toString('base64'), form.text('DATA'));
    }
  });

forEachDatabase('a recorded map is shown alike', async (context, database) => {
  const skip = missing('fixtures');
  if (skip !== false) return context.skip(skip);
  const { put, get, settle } = wireOf(await testGrid(database));
  const exchanges = recordedExchanges('14-helpers', /^\/map-/, 'robust-public');
  const plaza = exchanges.find(({ path }) => path === '/map-1-1000-1000-objects.jpg') ?? assert.fail();
  await put(1000, 1000, plaza.received);
  await settle();
  for (const { path, received, contentType, status } of exchanges) {
    const reply = await get(path);
    assert.deepEqual([reply.status, reply.contentType], [status, contentType]);
    const metadata = await sharp(reply.body).metadata();
    assert.deepEqual([metadata.width, metadata.height, metadata.format], [256, 256, 'jpeg']);
    if (path === '/map-1-1000-1000-objects.jpg') assert.deepEqual(Buffer.from(reply.body), received);
    if (path === '/map-1-1-1-objects.jpg') await shows(reply.body, 128, 128, sea);
  }
});
