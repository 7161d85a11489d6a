/**
 * The regions that simulators run, as they stand on the grid's map, and links to regions of other grids.
 * Semantics: OpenSim/Services/GridService/GridService.cs.
 */
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { RegionRefusedError } from '../regions/region-rules.ts';
import { regionNameKey } from '../regions/region-tables.ts';
import type { Regions } from '../regions/regions.ts';
import type { ServiceLog } from '../service-log.ts';
import type { Settings } from '../settings/settings.ts';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import { addressNotice } from './region-address.ts';
import { aliveFirst, defaultsOf, matching, nearest } from './region-choice.ts';
import { RegionMap, regionTopic } from './region-map.ts';
import type { RegionIndex } from './region-map.ts';
import {
  cellMetres,
  isLink,
  operatorFlags,
  regionFlags,
  RegistrationRefusedError,
} from './registered-region.ts';
import type {
  Hyperlink,
  OperatorFlag,
  RegisteredRegion,
  Registration,
  RegistrationSource,
} from './registered-region.ts';
import { freeLinkColumn, requireNameAndPlace } from './registration-place.ts';
import { checkedRegistration } from './registration-rules.ts';
import * as store from './registry-store.ts';
import { regionOfRow, rowOfHyperlink, rowOfRegistration } from './registry-tables.ts';
import type { RegionReport, RegionRowWithPolicy } from './registry-tables.ts';

export interface RegionRegistryOptions {
  readonly database: Database;
  readonly settings: Settings;
  readonly regions: Regions;
  readonly log: ServiceLog;
}

/** Flags to give and to take away. */
export interface FlagChanges {
  readonly set?: readonly OperatorFlag[];
  readonly clear?: readonly OperatorFlag[];
}

/** No answer holds more regions. */
const answerMax = 20_000;
/** UTF-16 units of a name that is asked for. */
const questionMax = 1024;

export class RegionRegistry {
  readonly #database: Database;
  readonly #settings: Settings;
  readonly #regions: Regions;
  readonly #log: ServiceLog;
  readonly #map: RegionMap;

  constructor(options: RegionRegistryOptions) {
    this.#database = options.database;
    this.#settings = options.settings;
    this.#regions = options.regions;
    this.#log = options.log;
    this.#map = new RegionMap(options.database);
  }

  /**
   * Puts a region on the map, or what changed of it; a stored region of the same id follows in name, place and size.
   * Throws RegistrationRefusedError, which is logged and kept for the operator.
   */
  async register(said: Registration, source: RegistrationSource): Promise<void> {
    const fields = {
      region: storableText(said.name, 128),
      regionId: said.id,
      simulator: source.simulator,
      address: source.address,
    };
    try {
      const registration = checkedRegistration(said);
      const { allowDuplicateRegionNames } = await this.#settings.read();
      const before = await transact(this.#database, async (queries) =>
        this.#write(queries, registration, source, allowDuplicateRegionNames),
      );
      const notice = addressNotice(registration, source.address);
      if (notice !== undefined) this.#log.warn({ ...fields, serverUri: registration.serverUri }, notice);
      if (before !== undefined && before.server_uri !== registration.serverUri)
        this.#log.warn(
          { ...fields, before: before.server_uri, now: registration.serverUri },
          'a region has registered with another address than before',
        );
      this.#log.info({ ...fields, serverUri: registration.serverUri }, 'a region is on the map');
    } catch (error) {
      if (!(error instanceof RegistrationRefusedError)) throw error;
      this.#log.warn({ ...fields, reason: error.message }, 'a region was refused');
      await this.#keepReport({
        ...{ regionId: said.id, kind: 'refused', name: fields.region, text: error.message },
        ...{ simulator: source.simulator, reportedAt: Date.now() },
      });
      throw error;
    }
  }

  async #write(
    queries: Queries,
    registration: Registration,
    source: RegistrationSource,
    duplicateNames: boolean,
  ): Promise<RegionRowWithPolicy | undefined> {
    const before = await store.findRow(queries, registration.id);
    await requireNameAndPlace(queries, { registration, before, duplicateNames, regions: this.#regions });
    await this.#followRegistration(queries, registration);
    const now = Date.now();
    await store.writeRow(queries, rowOfRegistration(queries, registration, source, now));
    await store.deleteReport(queries, registration.id, 'refused');
    const report = { regionId: registration.id, name: registration.name, simulator: source.simulator };
    const notice = addressNotice(registration, source.address);
    if (notice === undefined) await store.deleteReport(queries, registration.id, 'address');
    else await store.writeReport(queries, { ...report, kind: 'address', text: notice, reportedAt: now });
    if (before !== undefined && before.server_uri !== registration.serverUri) {
      const text = `address changed from ${before.server_uri} to ${registration.serverUri}`;
      await store.writeReport(queries, { ...report, kind: 'changed', text, reportedAt: now });
    }
    queries.announce(`${regionTopic}${registration.id}`);
    return before;
  }

  /** The stored region of this id. */
  async #followRegistration(queries: Queries, registration: Registration): Promise<void> {
    const stored = await this.#regions.find(registration.id, queries);
    if (stored === undefined) return;
    const place = {
      name: registration.name,
      locationX: registration.x / cellMetres,
      locationY: registration.y / cellMetres,
      sizeX: registration.sizeX,
      sizeY: registration.sizeY,
    };
    const same =
      stored.name === place.name &&
      stored.locationX === place.locationX &&
      stored.locationY === place.locationY &&
      stored.sizeX === place.sizeX &&
      stored.sizeY === place.sizeY;
    if (same) return;
    try {
      await this.#regions.update(registration.id, place, queries);
    } catch (error) {
      if (error instanceof RegionRefusedError) throw new RegistrationRefusedError(error.message);
      throw error;
    }
  }

  /**
   * Takes a region off the map, or marks it offline where its flags or the settings keep it. False when it is not there,
   * or when another simulator has it by now: one that stops must not take along what has moved away from it.
   */
  async deregister(id: Uuid, source?: RegistrationSource): Promise<boolean> {
    const { keepDeregisteredRegions } = await this.#settings.read();
    const outcome = await transact(this.#database, async (queries) => {
      const row = await store.findRow(queries, id);
      if (row === undefined || row.hyperlink !== 0) return { done: false, name: '' };
      if (source !== undefined && row.simulator !== '' && row.simulator !== source.simulator)
        return { done: false, name: row.name, holder: row.simulator };
      const persistent = ((row.policy ?? 0) & regionFlags.persistent) !== 0;
      if (persistent || keepDeregisteredRegions) await store.markOffline(queries, id, Date.now());
      else await store.deleteRow(queries, id);
      queries.announce(`${regionTopic}${id}`);
      return { done: true, name: row.name };
    });
    if (outcome.done)
      this.#log.info(
        { regionId: id, region: outcome.name, simulator: source?.simulator },
        'a region has left the map',
      );
    if (outcome.holder !== undefined)
      this.#log.warn(
        { regionId: id, simulator: source?.simulator, holder: outcome.holder },
        'a simulator wants to take a region off the map that another simulator runs',
      );
    return outcome.done;
  }

  find(id: Uuid): AtOnce<RegisteredRegion | undefined> {
    return this.#ask((index) => index.find(id));
  }

  /** Case does not matter. */
  findNamed(name: string): AtOnce<RegisteredRegion | undefined> {
    return this.#ask((index) => index.named(storableText(name, questionMax).trim()));
  }

  /** The region, or link, that has a point. Metres. */
  at(x: number, y: number): AtOnce<RegisteredRegion | undefined> {
    return this.#ask((index) => index.at(x, y));
  }

  /** Names that hold a text, in their order, an equal one first. */
  named(part: string, max: number): AtOnce<readonly RegisteredRegion[]> {
    const key = regionNameKey(storableText(part, questionMax).trim());
    return this.#ask((index) => (max <= 0 || key === '' ? [] : matching(index, key).slice(0, atMost(max))));
  }

  /** Whatever touches the rectangle; its bounds, in metres, are taken down to whole cells. */
  range(xMin: number, xMax: number, yMin: number, yMax: number): AtOnce<readonly RegisteredRegion[]> {
    const rectangle = { minX: down(xMin), maxX: down(xMax), minY: down(yMin), maxY: down(yMax) };
    return this.#ask((index) => index.within(rectangle).slice(0, answerMax));
  }

  /** Regions that touch a region, at corners too; no links. Empty when it is not on the map. */
  neighbours(id: Uuid): AtOnce<readonly RegisteredRegion[]> {
    return this.#ask((index) => {
      const region = index.find(id);
      if (region === undefined) return [];
      const { x, y, sizeX, sizeY } = region;
      return index
        .within({ minX: x - 1, maxX: x + sizeX + 1, minY: y - 1, maxY: y + sizeY + 1 })
        .filter((other) => other.id !== id && !isLink(other));
    });
  }

  /** Where logins without another aim go: flagged default and online, those that answer first. */
  defaults(): AtOnce<readonly RegisteredRegion[]> {
    return this.#ask((index) => defaultsOf(index));
  }

  /** Where visitors from other grids arrive, then the defaults. */
  defaultsForHypergrid(): AtOnce<readonly RegisteredRegion[]> {
    return this.#ask((index) => {
      const arrivals = index.withFlags(regionFlags.defaultHypergrid | regionFlags.online);
      return [...new Set([...aliveFirst(arrivals), ...defaultsOf(index)])];
    });
  }

  /** Online regions flagged fallback, the nearest to a point (metres) first; those that do not answer come last. */
  fallbacks(x: number, y: number): AtOnce<readonly RegisteredRegion[]> {
    return this.#ask((index) => nearest(index, regionFlags.fallback | regionFlags.online, x, y));
  }

  /** The nearest online regions, no links; those that do not answer come last. */
  online(x: number, y: number, max: number): AtOnce<readonly RegisteredRegion[]> {
    return this.#ask((index) => nearest(index, regionFlags.online, x, y).slice(0, atMost(max)));
  }

  hyperlinks(): AtOnce<readonly RegisteredRegion[]> {
    return this.#ask((index) => index.withFlags(regionFlags.hyperlink | regionFlags.online));
  }

  /** Undefined when it is not on the map. */
  flagsOf(id: Uuid): AtOnce<number | undefined> {
    return this.#ask((index) => index.find(id)?.flags);
  }

  /** How many 256 m cells are online, links not counted. */
  onlineCells(): AtOnce<number> {
    return this.#ask((index) =>
      index
        .withFlags(regionFlags.online)
        .filter((region) => !isLink(region))
        .reduce((cells, { sizeX, sizeY }) => cells + (sizeX * sizeY) / cellMetres ** 2, 0),
    );
  }

  /** Without a promise while the map in memory is right. */
  #ask<Answer>(question: (index: RegionIndex) => Answer): AtOnce<Answer> {
    return andThen(this.#map.read(), question);
  }

  /**
   * Gives and takes flags that stay with the region, registered or not. The region by id or by name, on the map or stored.
   * Returns its flags and id; undefined when there is no such region. An id needs no region.
   */
  async setFlags(
    region: string,
    changes: FlagChanges,
  ): Promise<{ readonly regionId: Uuid; readonly flags: number } | undefined> {
    const id = await this.#idOf(region);
    if (id === undefined) return undefined;
    return transact(this.#database, async (queries) => {
      const before = await store.readPolicy(queries, id);
      const flags = (before | bits(changes.set ?? [])) & ~bits(changes.clear ?? []);
      if (flags !== before) await store.writePolicy(queries, id, flags);
      queries.announce(`${regionTopic}${id}`);
      return { regionId: id, flags };
    });
  }

  async #idOf(region: string): Promise<Uuid | undefined> {
    const id = tryParseUuid(region.trim());
    if (id !== undefined) return id;
    return (await this.findNamed(region))?.id ?? (await this.#regions.findNamed(region))?.id;
  }

  /**
   * Puts a link to another grid's region on the map; the link of that id takes what is new. Throws
   * RegistrationRefusedError when the id is a region's of this grid.
   */
  async addHyperlink(link: Hyperlink): Promise<RegisteredRegion> {
    const name = storableText(link.name, 255);
    return transact(this.#database, async (queries) => {
      const before = await store.findRow(queries, link.id);
      const stored = await this.#regions.find(link.id, queries);
      if (before?.hyperlink === 0 || stored !== undefined)
        throw new RegistrationRefusedError(`${link.id} is the id of a region of this grid`);
      const place = before ?? { x: await freeLinkColumn(queries), y: 0 };
      // A link has one cell, however large the region is over there: nothing else would fit beside it.
      const row = rowOfHyperlink(
        queries,
        { ...link, name, sizeX: cellMetres, sizeY: cellMetres },
        place,
        Date.now(),
      );
      await store.writeRow(queries, row);
      queries.announce(`${regionTopic}${link.id}`);
      return regionOfRow({ ...row, policy: before?.policy ?? null });
    });
  }

  /** False when there is no such link. */
  async removeHyperlink(id: Uuid): Promise<boolean> {
    return this.#remove(id, (row) => row.hyperlink !== 0);
  }

  /** Takes a region or link off the map whatever its flags say: for an operator whose simulator is gone. */
  async remove(id: Uuid): Promise<boolean> {
    return this.#remove(id, () => true);
  }

  async #remove(id: Uuid, allowed: (row: RegionRowWithPolicy) => boolean): Promise<boolean> {
    return transact(this.#database, async (queries) => {
      const row = await store.findRow(queries, id);
      if (row === undefined || !allowed(row)) return false;
      await store.deleteRow(queries, id);
      queries.announce(`${regionTopic}${id}`);
      return true;
    });
  }

  /** Everything on the map with what is known of its simulators, for operators; in the order of names. */
  async survey(): Promise<RegistrySurvey> {
    const rows = await store.readRows(this.#database);
    return {
      regions: rows.map((row) => ({
        region: regionOfRow(row),
        address: row.address,
        unreachableReason: row.unreachable_reason,
        checkedAt: row.checked_at,
      })),
      reports: await store.readReports(this.#database),
      flags: await store.readPolicies(this.#database),
    };
  }

  async #keepReport(report: RegionReport): Promise<void> {
    await transact(this.#database, async (queries) => store.writeReport(queries, report));
  }
}

export interface SurveyedRegion {
  readonly region: RegisteredRegion;
  /** IP address that registered it. */
  readonly address: string;
  readonly unreachableReason: string;
  /** Unix milliseconds; 0 before the first check. */
  readonly checkedAt: number;
}

export interface RegistrySurvey {
  readonly regions: readonly SurveyedRegion[];
  /** Newest first. */
  readonly reports: readonly RegionReport[];
  /** Operators' flags by region, registered or not. */
  readonly flags: ReadonlyMap<Uuid, number>;
}

function atMost(max: number): number {
  return Math.max(0, Math.min(max, answerMax));
}

function down(metres: number): number {
  return Math.floor(metres / cellMetres) * cellMetres;
}

function bits(names: readonly OperatorFlag[]): number {
  return names.reduce((flags, name) => flags | operatorFlags[name], 0);
}
