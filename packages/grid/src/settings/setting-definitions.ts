/** What an operator can set for one grid: one table serves types, defaults, checks, commands and documentation. */

interface Definition<Kind extends string, Value> {
  readonly kind: Kind;
  readonly standard: Value;
  /** For people: what it does. */
  readonly about: string;
}

interface Whole extends Definition<'whole', number> {
  readonly min: number;
  readonly max: number;
}

export type SettingDefinition =
  | Definition<'text', string>
  /** http:// or https://, or empty. */
  | Definition<'url', string>
  | Definition<'flag', boolean>
  | Definition<'list', readonly string[]>
  | Whole;

const text = (standard: string, about: string): Definition<'text', string> => ({
  kind: 'text',
  standard,
  about,
});
const url = (about: string): Definition<'url', string> => ({ kind: 'url', standard: '', about });
const flag = (standard: boolean, about: string): Definition<'flag', boolean> => ({
  kind: 'flag',
  standard,
  about,
});
const list = (about: string): Definition<'list', readonly string[]> => ({
  kind: 'list',
  standard: [],
  about,
});
const whole = (standard: number, min: number, max: number, about: string): Whole => ({
  ...{ kind: 'whole', standard, min, max, about },
});

export const settingDefinitions = {
  publicUrl: url(
    "the grid's own address for viewers and other grids; when empty, made of the first host name and the public port",
  ),
  gridNick: text('', 'short name of the grid in viewers; when empty, its slug'),
  gatekeeperAliases: list('other addresses under which visitors may know this grid'),

  welcomeMessage: text('Welcome, <USERNAME>!', 'what viewers show after a login'),
  minLoginLevel: whole(0, -1000, 1000, 'residents below this level cannot log in'),
  loginFallbackToAnyRegion: flag(true, 'a login goes to any region that is online when no other is left'),
  allowDuplicateSessions: flag(false, 'a resident may be logged in more than once'),
  remoteLoginLevel: flag(false, 'residents of level 200 may change the login level over the network'),
  newResidentOutfit: text(
    'default',
    'what new residents wear: default, none, or the name of a resident whose outfit is copied',
  ),
  maxGroups: whole(60, 0, 100_000, 'groups that viewers let a resident join'),
  allowedClients: list('regular expressions; when there are any, a viewer must match one'),
  deniedClients: list('regular expressions for viewers that may not log in'),
  deniedMacs: list('MAC digests of machines that may not log in'),
  deniedId0s: list('disk digests (id0) of machines that may not log in'),
  daylightSavingZone: text('America/Los_Angeles', 'whose daylight saving time viewers show; empty for none'),

  mapTileUrl: url('where viewers get map tiles; when empty, this grid'),
  searchUrl: url('search page of viewers'),
  destinationGuideUrl: url('destination guide of viewers'),
  avatarPickerUrl: url('avatar picker page of viewers'),
  webProfileUrl: url('web profiles of residents'),
  splashUrl: url('page on the login screen of viewers (grid info: welcome)'),
  registerUrl: url('where people make an account'),
  passwordUrl: url('where people get a new password'),
  helpUrl: url('help for residents'),
  aboutUrl: url('about this grid'),
  economyUrl: url('helper address of the money service'),
  gridStatusUrl: url('status page'),
  gridStatusRssUrl: url('status feed'),
  currencySymbol: text('', 'currency that viewers show, such as OS$'),
  classifiedFee: text('', 'price of a classified advertisement'),
  exportSupported: flag(true, 'viewers may offer to export objects'),
  publicStatistics: flag(true, 'anybody may read how many residents and regions there are'),

  allowDuplicateRegionNames: flag(false, 'two regions may have one name'),
  keepDeregisteredRegions: flag(false, 'a region that stops stays on the map, offline'),
  regionsCreateAccounts: flag(false, 'simulators may make accounts'),
  regionsChangeAccounts: flag(false, 'simulators may change accounts'),
  regionsSetPasswords: flag(false, 'simulators may set passwords'),

  hypergrid: flag(true, 'residents may visit other grids and others may visit this one'),
  foreignAgentsAllowed: flag(true, 'visitors may come from any grid, or from none'),
  foreignAgentsExcept: list('home addresses to which foreign-agents-allowed does not apply'),
  foreignTripsAllowed: flag(true, 'residents may travel to any grid, or to none'),
  foreignTripsExcept: list('addresses of grids to which foreign-trips-allowed does not apply'),
  hypergridMapSearch: flag(true, 'a search for a region by its address links that region of another grid'),
  visitAnyRegion: flag(true, 'visitors may go straight to any region, not only to the gateway'),
  bannedVisitors: list('identities (uuid, home address or IP address) that may not visit'),
  outsideContactsLevel: whole(0, -1000, 1000, 'residents below this level cannot be found from other grids'),
  showDetailsOutside: flag(true, 'other grids may see level, title and birthday of residents'),
  bypassClientVerification: flag(false, 'do not compare the address of a travelling viewer with its login'),
  disallowExport: list('kinds of assets that visitors may not take along'),
  disallowImport: list('kinds of assets that visitors may not bring in'),
  privateNetworks: flag(false, 'other grids may be on private addresses: for tests and closed networks'),

  offlineMessagesMax: whole(25, 0, 10_000, 'messages kept for a resident who is away'),
} as const satisfies Readonly<Record<string, SettingDefinition>>;

export type SettingName = keyof typeof settingDefinitions;

export type SettingValues = {
  readonly [Name in SettingName]: (typeof settingDefinitions)[Name] extends Definition<string, infer Value>
    ? Value
    : never;
};
