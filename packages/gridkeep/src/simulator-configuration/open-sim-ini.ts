/**
 * What a region server must be told to use a grid. Keys as the connectors of OpenSimulator read them
 * (OpenSim/Services/Connectors, OpenSim/Region/CoreModules, OpenSim/Addons; the same in 0.9.2 and 0.9.3 but for what is said).
 */
import { portOf, withoutSlash } from '@gridkeep/grid/grid-url';
import { writeIni } from './ini-text.ts';
import type { IniSection } from './ini-text.ts';

export const openSimVersions = ['0.9.2', '0.9.3'] as const;
export type OpenSimVersion = (typeof openSimVersions)[number];

export interface SimulatorGrid {
  readonly name: string;
  readonly nick: string;
  /** Addresses as they are given to viewers and other grids, and to simulators. */
  readonly publicUrl: string;
  readonly servicesUrl: string;
  readonly hypergrid: boolean;
  /** Other addresses of this grid's gatekeeper. */
  readonly gatekeeperAliases: readonly string[];
  /** Kinds of assets that visitors may not take or bring. */
  readonly disallowExport: readonly string[];
  readonly disallowImport: readonly string[];
}

export interface SimulatorSettings {
  readonly name: string;
  readonly secret: string;
  readonly version: OpenSimVersion;
  /** Port for viewers' HTTP and other simulators. */
  readonly httpPort: number;
  /** Name or address under which viewers reach it; absent: the simulator finds its address. */
  readonly host?: string;
  /** The estate of its new regions and its owner; absent: the simulator asks on its console. */
  readonly estate?: { readonly name: string; readonly owner: string };
}

/** The folder `config` beside OpenSim.exe is read last and wins over every other file. */
export const configurationPlace = 'bin/config/gridkeep.ini';
export const mainPlace = 'bin/OpenSim.ini';

/** All that concerns the grid, for `bin/config/gridkeep.ini`. */
export function gridIni(grid: SimulatorGrid, simulator: SimulatorSettings): string {
  return writeIni(headOf(grid, simulator), [
    ...commonSections(grid, simulator),
    ...serviceSections(withoutSlash(grid.servicesUrl)),
    ...communitySections(grid),
    ...hypergridSections(grid),
  ]);
}

/** What `bin/OpenSim.ini` must have: includes are not taken from the folder `config`. */
export function mainIni(grid: SimulatorGrid): string {
  return writeIni(
    [
      'A new simulator needs no more than this; in a file that is there, change these keys.',
      'In bin/config-include, GridCommon.ini, FlotsamCache.ini and osslEnable.ini must exist: copy the files that end in',
      '.example to these names; they may stay as they are.',
    ],
    [
      {
        name: 'Architecture',
        keys: [['Include-Architecture', `config-include/${grid.hypergrid ? 'GridHypergrid' : 'Grid'}.ini`]],
      },
      {
        name: 'DatabaseService',
        keys: [
          [
            'Include-Storage',
            'config-include/storage/SQLiteStandalone.ini',
            'for what the regions themselves keep; MySQL: StorageProvider and ConnectionString instead',
          ],
        ],
      },
    ],
  );
}

function headOf(grid: SimulatorGrid, { name, version }: SimulatorSettings): readonly string[] {
  return [
    `Simulator "${name}" of the grid "${grid.name}", OpenSimulator ${version}.`,
    `Save as ${configurationPlace}, readable by the simulator only: it holds its secret.`,
    `It is read last and wins over OpenSim.ini and GridCommon.ini. ${mainPlace} must have:`,
    '    [Architecture]',
    `    Include-Architecture = "config-include/${grid.hypergrid ? 'GridHypergrid' : 'Grid'}.ini"`,
    ...(version === '0.9.2'
      ? ['OpenSimulator 0.9.2 ends when it cannot reach the estate service: start Gridkeep first.']
      : []),
  ];
}

function commonSections(grid: SimulatorGrid, simulator: SimulatorSettings): readonly IniSection[] {
  const [publicUrl, services] = [new URL(grid.publicUrl), new URL(grid.servicesUrl)];
  return [
    {
      name: 'Const',
      keys: [
        ['BaseHostname', publicUrl.hostname],
        ['BaseURL', `${publicUrl.protocol}//${publicUrl.hostname}`],
        ['PublicPort', String(portOf(publicUrl))],
        ['PrivURL', `${services.protocol}//${services.hostname}`],
        ['PrivatePort', String(portOf(services))],
      ],
    },
    {
      name: 'Network',
      keys: [
        ['http_listener_port', simulator.httpPort],
        ['ExternalHostNameForLSL', simulator.host],
        ['AuthType', 'BasicHttpAuthentication', 'all connectors take these three from here'],
        ['HttpAuthUsername', simulator.name],
        ['HttpAuthPassword', simulator.secret],
      ],
    },
    {
      name: 'Modules',
      keys: [['AssetCaching', 'FlotsamAssetCache']],
    },
    {
      name: 'Estates',
      keys: [
        ['DefaultEstateName', simulator.estate?.name, 'without these, a new region asks on the console'],
        ['DefaultEstateOwnerName', simulator.estate?.owner],
      ],
    },
    {
      name: 'GridInfo',
      keys: [
        ['GridInfoURI', withoutSlash(grid.publicUrl)],
        ['GridName', grid.name],
        ['GridNick', grid.nick],
      ],
    },
  ];
}

function serviceSections(url: string): readonly IniSection[] {
  const service = (name: string, key: string): IniSection => ({ name, keys: [[key, url]] });
  return [
    service('AssetService', 'AssetServerURI'),
    service('InventoryService', 'InventoryServerURI'),
    service('GridService', 'GridServerURI'),
    service('AvatarService', 'AvatarServerURI'),
    service('AgentPreferencesService', 'AgentPreferencesServerURI'),
    service('PresenceService', 'PresenceServerURI'),
    service('UserAccountService', 'UserAccountServerURI'),
    service('GridUserService', 'GridUserServerURI'),
    service('AuthenticationService', 'AuthenticationServerURI'),
    service('FriendsService', 'FriendsServerURI'),
    service('MapImageService', 'MapImageServerURI'),
    service('MuteListService', 'MuteListServerURI'),
    {
      name: 'EstateDataStore',
      keys: [
        [
          'LocalServiceModule',
          'OpenSim.Services.Connectors.dll:EstateDataRemoteConnector',
          'estates are kept by the grid, so that all its simulators have the same',
        ],
      ],
    },
    service('EstateService', 'EstateServerURI'),
    service('XBakes', 'URL'),
  ];
}

function communitySections(grid: SimulatorGrid): readonly IniSection[] {
  const [publicUrl, services] = [withoutSlash(grid.publicUrl), withoutSlash(grid.servicesUrl)];
  const hypergrid = <Value>(value: Value): Value | undefined => (grid.hypergrid ? value : undefined);
  return [
    {
      name: 'Groups',
      keys: [
        ['Enabled', true],
        ['Module', 'Groups Module V2'],
        [
          'ServicesConnectorModule',
          grid.hypergrid ? 'Groups HG Service Connector' : 'Groups Remote Service Connector',
        ],
        ['LocalService', hypergrid('remote')],
        ['GroupsServerURI', services],
        ['GroupsExternalURI', hypergrid(publicUrl)],
        ['HomeURI', hypergrid(publicUrl)],
        ['MessagingEnabled', true],
        ['MessagingModule', 'Groups Messaging Module V2'],
        ['MessageOnlineUsersOnly', true, 'else this module refuses to start, and groups cannot chat'],
        ['NoticesEnabled', true],
      ],
    },
    {
      name: 'Messaging',
      keys: [
        ['OfflineMessageModule', 'Offline Message Module V2'],
        ['OfflineMessageURL', services],
        ['ForwardOfflineGroupMessages', true],
        ['MuteListModule', 'MuteListModule'],
        ['Gatekeeper', hypergrid(publicUrl)],
      ],
    },
    {
      name: 'UserProfiles',
      keys: [
        ['ProfileServiceURL', publicUrl],
        ['AllowUserProfileWebURLs', true],
      ],
    },
  ];
}

function hypergridSections(grid: SimulatorGrid): readonly IniSection[] {
  if (!grid.hypergrid) return [];
  const publicUrl = withoutSlash(grid.publicUrl);
  const aliases = listed(grid.gatekeeperAliases);
  return [
    {
      name: 'Hypergrid',
      keys: [
        ['GatekeeperURI', publicUrl],
        ['GatekeeperURIAlias', aliases],
        ['HomeURI', publicUrl],
        ['HomeURIAlias', aliases],
      ],
    },
    {
      name: 'GridService',
      keys: [
        ['Gatekeeper', publicUrl],
        ['AllowHypergridMapSearch', true],
      ],
    },
    {
      name: 'HGInventoryAccessModule',
      keys: [
        ['OutboundPermission', true],
        ['RestrictInventoryAccessAbroad', true],
        ['CheckSeparateAssets', false],
      ],
    },
    {
      name: 'HGAssetService',
      keys: [
        ['HomeURI', publicUrl],
        ['DisallowExport', listed(grid.disallowExport)],
        ['DisallowImport', listed(grid.disallowImport)],
      ],
    },
    {
      name: 'EntityTransfer',
      keys: [
        ['LevelHGTeleport', 0],
        ['DisableInterRegionTeleportCancellation', false],
      ],
    },
  ];
}

function listed(entries: readonly string[]): string | undefined {
  return entries.length === 0 ? undefined : entries.join(', ');
}
