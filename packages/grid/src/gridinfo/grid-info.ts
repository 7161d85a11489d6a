/** What a grid tells of itself: to viewers that add it, to simulators for their viewers, to anybody who counts grids. */
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { withoutSlash, withSlash } from '../grid-url.ts';
import type { SettingValues } from '../settings/setting-definitions.ts';
import type { Settings } from '../settings/settings.ts';

/** How a grid is called and reached, as its host knows it. */
export interface GridNames {
  readonly name: string;
  readonly nick: string;
  /** With a slash at its end. */
  readonly publicUrl: string;
}

export interface GridInfoOptions {
  readonly settings: Pick<Settings, 'read'>;
  readonly address: () => GridNames;
}

/** Texts by key, in the order in which they are told. */
export type GridFacts = ReadonlyMap<string, string>;

export class GridInfo {
  readonly #settings: Pick<Settings, 'read'>;
  readonly #address: () => GridNames;

  constructor(options: GridInfoOptions) {
    this.#settings = options.settings;
    this.#address = options.address;
  }

  /** For viewers; keys of OpenSim/Server/Handlers/Grid/GridInfoHandlers.cs, only those that have a value. */
  facts(): AtOnce<GridFacts> {
    return andThen(this.#settings.read(), (values) => viewerFacts(values, this.#address()));
  }

  /** For simulators, which hand them to viewers (OpenSim/Services/GridService/GridService.cs). */
  extraFeatures(): AtOnce<GridFacts> {
    return andThen(this.#settings.read(), (values) => extraFeatures(values, this.#address()));
  }
}

function viewerFacts(values: SettingValues, { name, nick, publicUrl }: GridNames): GridFacts {
  const base = withSlash(values.publicUrl || publicUrl);
  const hypergrid = (text: string): string => (values.hypergrid ? text : '');
  const aliases = hypergrid(values.gatekeeperAliases.join(','));
  return present([
    ['platform', 'OpenSim'],
    ['uas', hypergrid(base)],
    ['login', base],
    ['gridname', name],
    ['gridnick', values.gridNick || nick],
    ['welcome', values.splashUrl],
    ['economy', values.economyUrl],
    ['about', values.aboutUrl],
    ['register', values.registerUrl],
    ['help', values.helpUrl],
    ['password', values.passwordUrl],
    ['search', values.searchUrl],
    ['web_profile_url', values.webProfileUrl],
    ['GridStatus', values.gridStatusUrl],
    ['GridStatusRSS', values.gridStatusRssUrl],
    ['gatekeeper', hypergrid(withoutSlash(base))],
    ['gatekeeperalias', aliases],
    ['home', hypergrid(withoutSlash(base))],
    ['homealias', aliases],
  ]);
}

function extraFeatures(values: SettingValues, { name, nick, publicUrl }: GridNames): GridFacts {
  const base = withSlash(values.publicUrl || publicUrl);
  return present([
    ['search-server-url', values.searchUrl],
    // Viewers put the name of a tile right behind it.
    ['map-server-url', withSlash(values.mapTileUrl || base)],
    ['destination-guide-url', values.destinationGuideUrl],
    ['GridURL', withoutSlash(base)],
    ['GridName', name],
    ['GridNick', values.gridNick || nick],
    ['GridStatus', values.gridStatusUrl],
    ['GridStatusRSS', values.gridStatusRssUrl],
    ['ExportSupported', String(values.exportSupported)],
    ['GridURLAlias', values.gatekeeperAliases.join(',')],
  ]);
}

function present(facts: readonly (readonly [string, string])[]): GridFacts {
  return new Map(facts.filter(([, value]) => value !== ''));
}
