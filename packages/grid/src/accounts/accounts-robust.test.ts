import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedText } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readReply } from '@gridkeep/wire/robust/reply';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import { createResident } from '../residents.ts';
import type { RobustHandler } from '../robust-http.ts';
import { answersGarbage, strictLog } from '../test-support/garbage-forms.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { accountsRobust } from './accounts-robust.ts';

const failure = '<?xml version ="1.0"?><ServerResponse><result>Failure</result></ServerResponse>';
const none = '<?xml version="1.0"?><ServerResponse><result>null</result></ServerResponse>';

function handlerOf(grid: TestGrid): RobustHandler {
  const handler = accountsRobust({
    ...grid,
    createResident: (resident) => createResident(grid, resident),
    log: strictLog,
  }).get('accounts');
  assert.ok(handler);
  return handler;
}

async function ask(handler: RobustHandler, body: string): Promise<string> {
  const reply = await handler(robustRequest('POST', '/accounts', body));
  assert.equal(reply.status, 200);
  assert.equal(reply.contentType, 'application/xml');
  return bodyText(reply);
}

async function viewers(grid: TestGrid): Promise<void> {
  for (const [id, firstName, createdAt] of [
    ['2b1a1f6e-0c53-4a7e-9d0e-000000000201', 'Ada', 1795366488],
    ['2b1a1f6e-0c53-4a7e-9d0e-000000000202', 'Ben', 1795366491],
  ] as const) {
    const email = `${firstName.toLowerCase()}@example.org`;
    await grid.accounts.create({ id: parseUuid(id), firstName, lastName: 'Viewer', email });
    await grid.accounts.update(parseUuid(id), { createdAt: createdAt * 1000 });
  }
}

forEachDatabase('accounts are told as they were recorded', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const grid = await testGrid(database);
  await viewers(grid);
  const handler = handlerOf(grid);
  for (const line of [1, 4]) {
    const { sent, received } = recordedText('10-search-map-names', line);
    assert.equal(await ask(handler, sent), received);
  }
  const { sent, received } = recordedText('14-remote-admin', 7);
  assert.equal(await ask(handler, sent), received);
});

forEachDatabase('an account is found in every way that simulators ask', async (_test, database) => {
  const grid = await testGrid(database);
  await viewers(grid);
  const handler = handlerOf(grid);
  const ada = '2b1a1f6e-0c53-4a7e-9d0e-000000000201';
  const whole = await ask(handler, `METHOD=getaccount&UserID=${ada}`);
  assert.match(whole, /<FirstName>Ada<\/FirstName>/);
  for (const way of [
    `ScopeID=${randomUuid()}&PrincipalID=${ada.toUpperCase()}`,
    'Email=ADA%40example.org',
    'FirstName=+ada&LastName=VIEWER',
    `UserID=${ada}&Email=nobody%40example.org`,
  ])
    assert.equal(await ask(handler, `METHOD=getaccount&${way}`), whole, way);
  for (const way of [
    '',
    'UserID=nonsense',
    `UserID=${randomUuid()}&PrincipalID=${ada}`,
    `UserID=nonsense&Email=ada%40example.org`,
    `ScopeID=nonsense&UserID=${ada}`,
    'Email',
    'FirstName=Ada',
    'FirstName=Ada&LastName=Nobody',
    `FirstName=${'a'.repeat(10_000)}&LastName=b`,
  ])
    assert.equal(await ask(handler, `METHOD=getaccount&${way}`), none, way);
  assert.equal(await ask(handler, 'METHOD=getaccounts'), failure);
  assert.equal(await ask(handler, 'METHOD=getaccounts&query=ab'), none);
  assert.equal(await ask(handler, 'METHOD=getmultiaccounts'), failure);
  assert.equal(await ask(handler, `METHOD=getmultiaccounts&IDS=${ada}`), failure);
  assert.equal(await ask(handler, 'METHOD=getmultiaccounts&IDS[]=x'), none);
  const many = readReply(
    await ask(handler, `METHOD=getmultiaccounts&IDS[]=x&IDS[]=${ada}&IDS[]=${randomUuid()}`),
  );
  assert.deepEqual([...many.keys()], ['account0']);
  assert.equal(await ask(handler, 'METHOD=nothing'), failure);
});

forEachDatabase('what is in memory is answered without a promise', async (_test, database) => {
  const grid = await testGrid(database);
  await viewers(grid);
  const handler = handlerOf(grid);
  const ways = [
    'getaccount&UserID=2b1a1f6e-0c53-4a7e-9d0e-000000000201',
    'getaccount&FirstName=Ben&LastName=Viewer',
    'getmultiaccounts&IDS[]=2b1a1f6e-0c53-4a7e-9d0e-000000000201',
  ];
  const requests = ways.map((way) => robustRequest('POST', '/accounts', `METHOD=${way}`));
  // A PostgreSQL database keeps nothing until it hears of others' changes.
  for (let round = 0; !database.hearsOthers && round < 1000; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  for (const request of requests) await handler(request);
  for (const request of requests)
    assert.ok(!(handler(request) instanceof Promise), bodyText(await handler(request)));
});

forEachDatabase('service addresses follow the address of the grid', async (_test, database) => {
  const grid = await testGrid(database);
  await viewers(grid);
  const handler = handlerOf(grid);
  const urls = async () => {
    const reply = readReply(await ask(handler, 'METHOD=getaccount&FirstName=Ada&LastName=Viewer')).get(
      'result',
    );
    assert.ok(typeof reply === 'object');
    return reply.get('ServiceURLs');
  };
  const expected = (url: string) =>
    ['Home', 'InventoryServer', 'AssetServer', 'ProfileServer', 'FriendsServer', 'IMServer', 'GroupsServer']
      .map((name) => `${name}URI*${url}/;`)
      .join('') + `GatekeeperURI*${url};`;
  assert.equal(await urls(), expected('http://127.0.0.1:8002'));
  await grid.settings.write('publicUrl', 'https://grid.example.org/a;b');
  assert.equal(await urls(), expected('https://grid.example.org/a%3Bb'));
  const serviceUrls = new Map([
    ['HomeURI', 'http://old.example:8002/'],
    ['SRV_Extra', 'http://extra.example/'],
  ]);
  await grid.accounts.update(parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201'), { serviceUrls });
  assert.equal(await urls(), `${expected('https://grid.example.org/a%3Bb')}SRV_Extra*http://extra.example/;`);
});

forEachDatabase('the account of grid services is told, and is nobody’s', async (_test, database) => {
  const grid = await testGrid(database);
  const handler = handlerOf(grid);
  const id = '6571e388-6218-4574-87db-f9379718315e';
  const byId = await ask(handler, `METHOD=getaccount&UserID=${id}`);
  assert.match(
    byId,
    /<FirstName>GRID<\/FirstName><LastName>SERVICES<\/LastName>.*<UserLevel>240<\/UserLevel>/,
  );
  assert.equal(await ask(handler, 'METHOD=getaccount&FirstName=grid&LastName=Services'), byId);
  assert.match(await ask(handler, `METHOD=getmultiaccounts&IDS[]=${id}`), /<LastName>SERVICES</);
  assert.equal(await ask(handler, 'METHOD=getaccounts&query=services'), none);
  await assert.rejects(grid.accounts.create({ firstName: 'Grid', lastName: 'services' }), /exists already/);
  await assert.rejects(
    grid.accounts.create({ id: parseUuid(id), firstName: 'A', lastName: 'B' }),
    /exists already/,
  );
  assert.equal(await grid.accounts.findNamed('GRID', 'SERVICES'), undefined);
});

forEachDatabase('simulators make and change accounts only where they may', async (_test, database) => {
  const grid = await testGrid(database);
  const handler = handlerOf(grid);
  const id = randomUuid();
  const create = `METHOD=createuser&PrincipalID=${id}&FirstName=New&LastName=Face&Email=&Password=long+enough`;
  assert.equal(await ask(handler, create), failure);
  assert.equal(await grid.accounts.count(), 0);
  await grid.settings.write('regionsCreateAccounts', 'true');
  assert.equal(await ask(handler, create.replace('long+enough', 'short')), failure);
  assert.equal(await ask(handler, create.replace(id, 'nonsense')), failure);
  const made = await ask(handler, create);
  assert.match(made, new RegExp(`<PrincipalID>${id}</PrincipalID>`));
  assert.equal(await ask(handler, `METHOD=getaccount&UserID=${id}`), made);
  assert.equal(await grid.authentication.verify(id, 'long enough'), true);
  assert.ok(await grid.inventory.rootFolder(id));
  assert.equal(await ask(handler, create), failure, 'the name is taken');

  const change = `METHOD=setaccount&PrincipalID=${id}&LastName=Name&UserLevel=50&UserFlags=4&UserTitle=Mayor&Created=86400`;
  assert.equal(await ask(handler, change), failure);
  await grid.settings.write('regionsChangeAccounts', 'true');
  assert.equal(await ask(handler, change.replace(id, randomUuid())), failure);
  assert.equal(await ask(handler, change.replace('=50', '=high')), failure);
  const changed = await ask(handler, change);
  assert.equal(await ask(handler, `METHOD=getaccount&UserID=${id}`), changed);
  const account = await grid.accounts.find(id);
  assert.deepEqual(
    [
      account?.firstName,
      account?.lastName,
      account?.level,
      account?.flags,
      account?.title,
      account?.createdAt,
    ],
    ['New', 'Name', 50, 4, 'Mayor', 86_400_000],
  );
  assert.equal(
    await ask(handler, 'METHOD=getaccount&FirstName=New&LastName=Face'),
    none,
    'the old name is gone',
  );
});

forEachDatabase('accounts answer whatever is sent', async (_test, database) => {
  const grid = await testGrid(database);
  await viewers(grid);
  await grid.settings.write('regionsCreateAccounts', 'true');
  await grid.settings.write('regionsChangeAccounts', 'true');
  await answersGarbage({
    ...{ path: '/accounts', handler: handlerOf(grid) },
    methods: ['getaccount', 'getaccounts', 'getmultiaccounts', 'createuser', 'setaccount'],
    fields: [
      ...['ScopeID', 'UserID', 'PrincipalID', 'Email', 'FirstName', 'LastName', 'query', 'IDS', 'Password'],
      ...['Created', 'UserLevel', 'UserFlags', 'UserTitle'],
    ],
    values: ['2b1a1f6e-0c53-4a7e-9d0e-000000000201', 'Viewer', 'long enough'],
  });
});
