import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUuid } from '@gridkeep/wire/uuid';
import { writeIni } from './ini-text.ts';
import { gridIni, mainIni } from './open-sim-ini.ts';
import type { SimulatorGrid, SimulatorSettings } from './open-sim-ini.ts';
import { regionIni } from './region-ini.ts';

const grid: SimulatorGrid = {
  ...{ name: 'Seaside; "the" Grid', nick: 'seaside' },
  publicUrl: 'http://grid.example.org:8002/',
  servicesUrl: 'http://10.0.0.5:8003/',
  hypergrid: true,
  gatekeeperAliases: ['old.example.org:8002'],
  ...{ disallowExport: ['LSLText'], disallowImport: [] },
};
const simulator: SimulatorSettings = {
  ...{ name: 'sim1', secret: 'secret', version: '0.9.3', httpPort: 9000 },
  estate: { name: 'Seaside', owner: 'Ada Lovelace' },
};

/** Keys by section, as Nini reads them. */
function read(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of text.split('\n')) {
    const section = /^\[(.+)\]$/.exec(line)?.[1];
    const [, key, value] = /^ {4}([A-Za-z_-]+) = "?([^"]*)"?$/.exec(line) ?? [];
    if (section !== undefined) {
      assert.ok(!sections.has(section), `section ${section} twice`);
      sections.set(section, (current = new Map<string, string>()));
    } else if (key !== undefined && value !== undefined) {
      assert.ok(!current.has(key), `key ${key} twice`);
      current.set(key, value);
    } else assert.match(line, /^( *;.*)?$/);
  }
  return sections;
}

test('every service that a region needs has its address, and nothing ends in a slash', () => {
  for (const version of ['0.9.2', '0.9.3'] as const) {
    const ini = read(gridIni(grid, { ...simulator, version }));
    for (const [section, key] of [
      ['AssetService', 'AssetServerURI'],
      ['InventoryService', 'InventoryServerURI'],
      ['GridService', 'GridServerURI'],
      ['EstateService', 'EstateServerURI'],
      ['AvatarService', 'AvatarServerURI'],
      ['AgentPreferencesService', 'AgentPreferencesServerURI'],
      ['PresenceService', 'PresenceServerURI'],
      ['UserAccountService', 'UserAccountServerURI'],
      ['GridUserService', 'GridUserServerURI'],
      ['AuthenticationService', 'AuthenticationServerURI'],
      ['FriendsService', 'FriendsServerURI'],
      ['MapImageService', 'MapImageServerURI'],
      ['MuteListService', 'MuteListServerURI'],
      ['XBakes', 'URL'],
      ['Groups', 'GroupsServerURI'],
      ['Messaging', 'OfflineMessageURL'],
    ] as const)
      assert.equal(ini.get(section)?.get(key), 'http://10.0.0.5:8003', `${section} ${key}`);
    for (const [section, key] of [
      ['GridInfo', 'GridInfoURI'],
      ['UserProfiles', 'ProfileServiceURL'],
      ['Hypergrid', 'GatekeeperURI'],
      ['Hypergrid', 'HomeURI'],
      ['GridService', 'Gatekeeper'],
      ['Messaging', 'Gatekeeper'],
      ['Groups', 'HomeURI'],
      ['Groups', 'GroupsExternalURI'],
    ] as const)
      assert.equal(ini.get(section)?.get(key), 'http://grid.example.org:8002', `${section} ${key}`);
    assert.equal(ini.get('Network')?.get('AuthType'), 'BasicHttpAuthentication');
    assert.equal(ini.get('Network')?.get('HttpAuthUsername'), 'sim1');
    assert.equal(ini.get('Network')?.get('HttpAuthPassword'), 'secret');
    assert.equal(ini.get('GridInfo')?.get('GridName'), "Seaside; 'the' Grid");
    assert.equal(ini.get('HGAssetService')?.get('DisallowExport'), 'LSLText');
    assert.equal(ini.get('HGAssetService')?.get('DisallowImport'), undefined);
    assert.equal(ini.get('Estates')?.get('DefaultEstateOwnerName'), 'Ada Lovelace');
  }
});

test('a grid without Hypergrid tells its simulators nothing of it', () => {
  const closed = { ...grid, hypergrid: false };
  const text = gridIni(closed, simulator);
  assert.doesNotMatch(text, /Gatekeeper|HomeURI|HGAssetService|GridHypergrid/);
  assert.equal(read(text).get('Groups')?.get('ServicesConnectorModule'), 'Groups Remote Service Connector');
  assert.equal(
    read(mainIni(closed)).get('Architecture')?.get('Include-Architecture'),
    'config-include/Grid.ini',
  );
});

test('the configuration of a simulator stays as it is', (t) => {
  const region = regionIni({
    id: parseUuid('11111111-2222-3333-4444-555555555555'),
    ...{ name: 'Big Bay', x: 1000, y: 1001, port: 9000, host: 'sim1.example.org' },
  });
  for (const text of [
    gridIni(grid, { ...simulator, host: 'sim1.example.org' }),
    gridIni({ ...grid, hypergrid: false }, { ...simulator, version: '0.9.2' }),
    mainIni(grid),
    region,
  ])
    t.assert.snapshot(text, { serializers: [String] });
});

test('texts cannot leave their value', () => {
  const text = writeIni([], [{ name: 'A]\nB', keys: [['key', 'a"\nb = c ${X|Y}']] }]);
  assert.equal(text, `\n\n[A  B]\n    key = "a' b = c $ {X|Y}"\n`);
});
