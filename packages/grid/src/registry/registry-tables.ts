/** Tables of what is registered on the map, and how rows become records. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { regionNameKey } from '../regions/region-tables.ts';
import { regionFlags } from './registered-region.ts';
import type { Hyperlink, RegisteredRegion, Registration, RegistrationSource } from './registered-region.ts';

export interface RegisteredRow {
  id: StoredUuid;
  name: string;
  name_key: string;
  x: number;
  y: number;
  size_x: number;
  size_y: number;
  online: number;
  hyperlink: number;
  server_host: string;
  http_port: number;
  server_uri: string;
  udp_port: number;
  map_texture: StoredUuid;
  parcel_texture: StoredUuid;
  access: number;
  secret: string;
  owner: StoredUuid;
  token: string;
  simulator: string;
  /** IP address that registered it. */
  address: string;
  registered_at: number;
  last_seen: number;
  /** 0 while nothing is wrong. */
  unreachable_since: number;
  unreachable_reason: string;
  /** 0 before the first check. */
  checked_at: number;
}

/** What an operator has to know about a region until it is put right. */
export interface ReportRow {
  region: StoredUuid;
  /** `refused`, `changed` (came back with another address) or `address` (one that others cannot reach). */
  kind: string;
  name: string;
  text: string;
  simulator: string;
  reported_at: number;
}

export interface RegistryTables {
  registered_region: RegisteredRow;
  /** Flags that an operator gave; they outlive a registration. */
  region_policy: { region: StoredUuid; flags: number };
  region_report: ReportRow;
}

export const registryMigrations: readonly Migration[] = [
  {
    name: 'registry-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE registered_region (
        id ${types.uuid} PRIMARY KEY,
        name ${types.text} NOT NULL,
        name_key ${types.text} NOT NULL,
        x ${types.integer} NOT NULL,
        y ${types.integer} NOT NULL,
        size_x ${types.integer} NOT NULL,
        size_y ${types.integer} NOT NULL,
        online ${types.integer} NOT NULL,
        hyperlink ${types.integer} NOT NULL,
        server_host ${types.text} NOT NULL,
        http_port ${types.integer} NOT NULL,
        server_uri ${types.text} NOT NULL,
        udp_port ${types.integer} NOT NULL,
        map_texture ${types.uuid} NOT NULL,
        parcel_texture ${types.uuid} NOT NULL,
        access ${types.integer} NOT NULL,
        secret ${types.text} NOT NULL,
        owner ${types.uuid} NOT NULL,
        token ${types.text} NOT NULL,
        simulator ${types.text} NOT NULL,
        address ${types.text} NOT NULL,
        registered_at ${types.integer} NOT NULL,
        last_seen ${types.integer} NOT NULL,
        unreachable_since ${types.integer} NOT NULL,
        unreachable_reason ${types.text} NOT NULL,
        checked_at ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX registered_region_name ON registered_region (name_key)`,
      `CREATE INDEX registered_region_x ON registered_region (x)`,
      `CREATE INDEX registered_region_checked ON registered_region (checked_at)`,
      `CREATE TABLE region_policy (
        region ${types.uuid} PRIMARY KEY,
        flags ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE TABLE region_report (
        region ${types.uuid} NOT NULL,
        kind ${types.text} NOT NULL,
        name ${types.text} NOT NULL,
        text ${types.text} NOT NULL,
        simulator ${types.text} NOT NULL,
        reported_at ${types.integer} NOT NULL,
        PRIMARY KEY (region, kind)
      )${types.strict}`,
      `CREATE INDEX region_report_time ON region_report (reported_at)`,
    ],
  },
];

/** A row with the operator's flags beside it. */
export type RegionRowWithPolicy = RegisteredRow & { readonly policy: number | null };

export function regionOfRow(row: RegionRowWithPolicy): RegisteredRegion {
  const link = row.hyperlink === 0 ? 0 : regionFlags.hyperlink | regionFlags.noDirectLogin;
  return {
    id: readUuid(row.id),
    name: row.name,
    x: row.x,
    y: row.y,
    sizeX: row.size_x,
    sizeY: row.size_y,
    flags: (row.policy ?? 0) | link | (row.online === 0 ? 0 : regionFlags.online),
    serverHost: row.server_host,
    httpPort: row.http_port,
    serverUri: row.server_uri,
    udpPort: row.udp_port,
    mapTexture: readUuid(row.map_texture),
    parcelTexture: readUuid(row.parcel_texture),
    access: row.access,
    secret: row.secret,
    ownerId: readUuid(row.owner),
    token: row.token,
    simulator: row.simulator,
    registeredAt: row.registered_at,
    lastSeen: row.last_seen,
    ...(row.unreachable_since === 0 ? {} : { unreachableSince: row.unreachable_since }),
  };
}

export function rowOfRegistration(
  queries: Queries,
  registration: Registration,
  source: RegistrationSource,
  now: number,
): RegisteredRow {
  return {
    id: queries.uuid(registration.id),
    name: registration.name,
    name_key: regionNameKey(registration.name),
    x: registration.x,
    y: registration.y,
    size_x: registration.sizeX,
    size_y: registration.sizeY,
    online: 1,
    hyperlink: 0,
    server_host: registration.serverHost,
    http_port: registration.httpPort,
    server_uri: registration.serverUri,
    udp_port: registration.udpPort,
    map_texture: queries.uuid(registration.mapTexture),
    parcel_texture: queries.uuid(registration.parcelTexture),
    access: registration.access,
    secret: registration.secret,
    owner: queries.uuid(registration.ownerId),
    token: registration.token,
    simulator: source.simulator,
    address: source.address,
    registered_at: now,
    last_seen: now,
    unreachable_since: 0,
    unreachable_reason: '',
    checked_at: 0,
  };
}

export function rowOfHyperlink(
  queries: Queries,
  link: Hyperlink,
  place: { readonly x: number; readonly y: number },
  now: number,
): RegisteredRow {
  return {
    ...rowOfRegistration(
      queries,
      {
        ...link,
        ...place,
        udpPort: 0,
        parcelTexture: zeroUuid,
        access: 0,
        secret: link.remoteHandle,
        ownerId: zeroUuid,
        token: '',
      },
      { simulator: '', address: '' },
      now,
    ),
    hyperlink: 1,
  };
}

export interface RegionReport {
  readonly regionId: Uuid;
  readonly kind: string;
  readonly name: string;
  readonly text: string;
  readonly simulator: string;
  /** Unix milliseconds. */
  readonly reportedAt: number;
}

export function reportOfRow(row: ReportRow): RegionReport {
  return {
    regionId: readUuid(row.region),
    kind: row.kind,
    name: row.name,
    text: row.text,
    simulator: row.simulator,
    reportedAt: row.reported_at,
  };
}
