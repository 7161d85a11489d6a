import assert from 'node:assert/strict';
import type { Database } from '@gridkeep/storage/database/database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import type { RobustHandler } from '../robust-http.ts';
import { silentLog } from '../service-log.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { estatesRobust } from './estates-robust.ts';
import { estateMigrations } from './estates-store.ts';
import { Estates } from './estates.ts';

interface Served {
  readonly estates: Estates;
  readonly ask: (method: string, target: string, body?: string) => Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

async function served(database: Database): Promise<Served> {
  await database.migrate(estateMigrations);
  const estates = new Estates(database);
  const handle: RobustHandler | undefined = estatesRobust(estates, silentLog).get('estates');
  assert.ok(handle);
  const ask = async (method: string, target: string, body = '') => {
    const reply = await handle(robustRequest(method, target, body));
    return { status: reply.status, contentType: reply.contentType, text: bodyText(reply) };
  };
  return { estates, ask };
}

const empty = {
  status: 404,
  contentType: 'application/xml',
  text: '<?xml version="1.0"?><ServerResponse />',
};
const stored = (result: string) => ({
  status: 200,
  contentType: 'application/xml',
  text: `<?xml version="1.0"?><ServerResponse><Result>${result}</Result></ServerResponse>`,
});

/** One grid's life; every file goes on where the one before ended. */
const recordings = [
  '01-region-start',
  '01-region-restart',
  '11-estate',
  '14-remote-admin',
  '21-two-region-start',
  '22-var-region-start',
  '31-load-oar',
];

forEachDatabase('a grid answers as recorded, from the first region on', async (context, database) => {
  if (missing('fixtures') !== false) return context.skip(String(missing('fixtures')));
  const { ask } = await served(database);
  let count = 0;
  for (const file of recordings)
    for (const exchange of recordedTexts(file, '/estates', 'robust-private')) {
      const answer = await ask(exchange.method, exchange.path, exchange.sent);
      const received = {
        status: exchange.status,
        contentType: exchange.contentType,
        text: exchange.received,
      };
      assert.deepEqual(answer, received, `${file} ${exchange.line}`);
      count += 1;
    }
  assert.ok(count > 30);
});

forEachDatabase('every region starts in an estate of its own until it is linked', async (_, database) => {
  const { estates, ask } = await served(database);
  const [first, second] = [randomUuid(), randomUuid()];
  const started = await Promise.all(
    [first, second].map((id) => ask('GET', `/estates/estate/?region=${id}&create=True`)),
  );
  assert.deepEqual(
    started.map((answer) => answer.status),
    [200, 200],
  );
  const [one, two] = [await estates.ofRegion(first), await estates.ofRegion(second)];
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual([one.id, two.id].sort(), [101, 102]);
  assert.equal((await estates.ofRegionOrNew(first)).id, one.id);
  const link = `/estates/estate/?eid=${one.id}&region=${second}`;
  assert.deepEqual(await ask('POST', link, 'OP=LINK'), stored('True'));
  assert.deepEqual([...(await estates.regions(one.id))].sort(), [first, second].sort());
  assert.deepEqual(await ask('GET', `/estates/regions/?eid=${two.id}`), empty);
  assert.deepEqual(await ask('POST', `/estates/estate/?eid=7&region=${second}`, 'OP=LINK'), stored('False'));
  assert.equal((await estates.ofRegion(second))?.id, one.id);
  const all = await estates.listWithRegions();
  assert.deepEqual(
    all.map(({ estate, regionIds }) => [estate.id, regionIds.length]),
    [
      [one.id, 2],
      [two.id, 0],
    ].sort(),
  );
  await estates.unlink(second);
  assert.equal(await estates.ofRegion(second), undefined);
});

forEachDatabase('an estate is found by id, whole name and owner', async (_, database) => {
  const { estates, ask } = await served(database);
  const owner = randomUuid();
  const { id } = await estates.create({ name: 'Straße am Meer', ownerId: owner });
  await estates.create({ name: 'Other' });
  const ids = (await ask('GET', `/estates?name=${encodeURIComponent('STRASSE am Meer')}`)).status;
  assert.equal(ids, 404, 'no folding beyond upper and lower case');
  assert.equal(
    (await ask('GET', `/estates/?name=${encodeURIComponent('straße AM meer')}`)).text,
    `<?xml version="1.0"?><ServerResponse><estate0>${id}</estate0></ServerResponse>`,
  );
  assert.match((await ask('GET', `/estates?owner=${owner}`)).text, /<estate0>101<\/estate0><\/Server/);
  assert.deepEqual(await ask('GET', `/estates?owner=nobody`), empty);
  assert.deepEqual(await ask('GET', `/estates?owner=${randomUuid()}`), empty);
  assert.match((await ask('GET', `/estates/estate/?eid=${id}`)).text, /<EstateID>101<.*Straße/);
  assert.deepEqual(await ask('GET', `/estates/estate/?eid=999`), empty);
  assert.match((await ask('GET', '//estates/')).text, /<estate0 type="List">.*<estate1 type="List">/);
});

forEachDatabase(
  'a store replaces lists and flags, keeps numbers, and takes all or nothing',
  async (_, db) => {
    const { estates, ask } = await served(db);
    const { id } = await estates.create({ pricePerMeter: 7, billableFactor: 0.5 });
    const [ada, bo] = [randomUuid(), randomUuid()];
    const bans = { ban0: { EstateID: id, BannedUserID: bo, BanningUserID: ada, BanTime: 17, More: 1 } };
    const form = `EstateID=${id}&EstateName=A+%26+B&PublicAccess=False&PricePerMeter=99&SunPosition=3.5&EstateOwner=${ada}&EstateManagers=${ada}%2c${bo}&EstateBans=${encodeURIComponent(JSON.stringify(bans))}&OP=STORE`;
    assert.deepEqual(await ask('POST', '/estates/estate', form), stored('True'));
    const estate = await estates.find(id);
    assert.deepEqual(
      [estate?.name, estate?.publicAccess, estate?.pricePerMeter, estate?.billableFactor, estate?.ownerId],
      ['A & B', false, 7, 0.5, ada],
    );
    assert.deepEqual(estate?.managers, [ada, bo]);
    assert.deepEqual(estate.bans, [{ userId: bo, byUserId: ada, time: 17 }]);
    const { text } = await ask('GET', `/estates/estate/?eid=${id}`);
    assert.match(text, /<BillableFactor>0.5<.*<SunPosition>0</);
    assert.match(text, new RegExp(`<EstateBans type="List"><ban0 type="List"><EstateID>1</EstateID>.*${bo}`));
    for (const wrong of [
      'PublicAccess=maybe',
      'EstateOwner=nobody',
      `EstateManagers=${ada}%2cnobody`,
      'EstateBans=%7b',
      'EstateBans=3',
      'EstateBans=%7b%22ban0%22%3a1%7d',
      'ParentEstateID=-1',
      'ParentEstateID=4294967296',
      `EstateAccess=${Array.from({ length: 2001 }, () => ada).join('%2c')}`,
    ])
      assert.deepEqual(
        await ask('POST', '/estates/estate', `EstateID=${id}&${wrong}&OP=STORE`),
        empty,
        wrong,
      );
    assert.deepEqual(await estates.find(id), estate);
    assert.deepEqual(await ask('POST', '/estates/estate', `EstateID=${id}&OP=STORE`), stored('True'));
    const cleared = await estates.find(id);
    assert.deepEqual([cleared?.managers, cleared?.bans, cleared?.publicAccess], [[], [], true]);
    assert.equal(await estates.change(id, { pricePerMeter: 3, managers: [bo] }), true);
    assert.equal((await estates.find(id))?.pricePerMeter, 3);
    assert.equal(await estates.change(12, {}), false);
  },
);

forEachDatabase(
  'an estate that a simulator brings is kept, unless its id eats up the others',
  async (_, db) => {
    const { estates, ask } = await served(db);
    assert.deepEqual(await ask('POST', '/estates/estate', 'EstateID=101&OP=STORE'), stored('True'));
    assert.equal((await estates.create()).id, 102);
    for (const id of ['0', '2000', '2147483647', '4294967295', '', '-1', 'x'])
      assert.deepEqual(await ask('POST', '/estates/estate', `EstateID=${id}&OP=STORE`), empty, id);
    assert.deepEqual(
      await ask('POST', `/estates/estate/?eid=101&region=${zeroUuid}`, 'EstateID=101&OP=STORE'),
      empty,
    );
    assert.deepEqual(await ask('POST', '/estates/estate', 'EstateID=101'), empty);
    for (const [method, target] of [
      ['PUT', '/estates/estate'],
      ['DELETE', '/estates'],
      ['POST', '/estates'],
      ['POST', '/estates/regions/?eid=101'],
      ['GET', '/estates/estate/'],
      ['GET', '/estates/estate/?region=x&create=True'],
      ['GET', '/estates/regions/'],
      ['GET', '/estates/elsewhere'],
      ['GET', '/estates/estate/more/?eid=101'],
    ] as const)
      assert.deepEqual(await ask(method, target), empty, `${method} ${target}`);
  },
);

forEachDatabase('whatever a simulator sends, it gets an answer', async (_, database) => {
  const { estates, ask } = await served(database);
  await estates.ofRegionOrNew(parseUuid('00000000-0000-0000-0000-0000000000aa'));
  const value = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.constantFrom('101', 'True', '00000000-0000-0000-0000-0000000000aa', '{"ban0":{}}', 'STORE', 'LINK'),
  );
  const names = ['EstateID', 'EstateName', 'EstateManagers', 'EstateBans', 'EstateOwner', 'FixedSun', 'OP'];
  const form = fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), value))
    .map((pairs) => pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&'));
  const query = fc
    .array(fc.tuple(fc.constantFrom('region', 'eid', 'create', 'name', 'owner'), value))
    .map((pairs) => pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&'));
  const target = fc
    .tuple(fc.constantFrom('/estates', '/estates/estate/', '/estates/regions', '/estates/x'), query)
    .map(([path, tail]) => `${path}?${tail}`);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'DELETE'),
      target,
      fc.oneof(form, fc.string()),
      async (method, at, body) => {
        const answer = await ask(method, at, body);
        assert.ok(answer.status === 200 || answer.status === 404);
        assert.match(answer.text, /^<\?xml version="1.0"\?><ServerResponse/);
      },
    ),
    { numRuns: 200 },
  );
});
