import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { freshLocation } from '@gridkeep/testing/databases';
import { recordedExchanges } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import { readXmlRpcRequest, readXmlRpcResponse } from '@gridkeep/wire/xmlrpc/reader';
import { isXmlRpcArray, isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { createResident } from '../residents.ts';
import { loginWorld, password } from './test-support/login-world.ts';

/** Members whose values are of one moment or one world. */
const varying = new Set([
  ...['session_id', 'secure_session_id', 'circuit_code', 'seconds_since_epoch', 'seed_capability', 'home'],
  ...['sim_port', 'start_location', 'look_at', 'inventory-skeleton', 'inventory-skel-lib', 'inventory-root'],
  ...['buddy-list', 'max-agent-groups', 'message', 'map-server-url'],
]);

function shapeOf(value: XmlRpcValue): unknown {
  if (isXmlRpcStruct(value))
    return Object.fromEntries([...value].map(([name, inner]) => [name, shapeOf(inner)]).sort());
  if (isXmlRpcArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  return typeof value;
}

test(
  'a reply has the members and types of the recorded ones',
  { skip: missing('fixtures') },
  async (context) => {
    const database = await openDatabase(await freshLocation(context, 'sqlite'));
    context.after(() => database.close());
    const world = await loginWorld(context, database);
    const { grid } = world;
    const id = parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201');
    await createResident(grid, { id, firstName: 'Rec', lastName: 'Viewer', password });
    const friend = randomUuid();
    await grid.friends.store(id, friend, 1);
    await grid.friends.store(friend, id, 1);
    const recordings = ['10-client-login', '02-bots-login-logout', '14-raw-login'];
    for (const file of recordings)
      for (const { sent, received } of recordedExchanges(file, /^\/$/, 'robust-public')) {
        if (!sent.includes('login_to_simulator')) continue;
        const response = readXmlRpcResponse(received);
        assert.ok(response.kind === 'value' && isXmlRpcStruct(response.value));
        if (response.value.get('login') !== 'true') continue;
        const [asked] = readXmlRpcRequest(sent).parameters;
        assert.ok(isXmlRpcStruct(asked));
        const reply = await world.login({
          ...Object.fromEntries(asked),
          ...{ first: 'Rec', last: 'Viewer', passwd: password },
        });
        assert.deepEqual(new Set(reply.keys()), new Set(response.value.keys()), file);
        for (const [name, value] of response.value) {
          const ours = reply.get(name);
          if (name !== 'buddy-list' || (isXmlRpcArray(value) && value.length > 0))
            assert.deepEqual(shapeOf(ours), shapeOf(value), `${file} ${name}`);
          if (!varying.has(name) && !['agent_id', 'first_name', 'last_name'].includes(name))
            assert.deepEqual(ours, value, `${file} ${name}`);
        }
        const user = await grid.gridUsers.find(id);
        assert.ok(user !== undefined);
        await grid.gridUsers.loggedOut(id, user.lastRegionId, user.lastPosition, user.lastLookAt);
      }
  },
);
