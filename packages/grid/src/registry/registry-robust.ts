/** The map of the grid as simulators ask for it: `POST /grid` (OpenSim/Server/Handlers/Grid/GridServerPostHandler.cs). */
import type { Reply } from '@gridkeep/wire/robust/reply';
import { zeroUuid } from '@gridkeep/wire/uuid';
import { andThen } from '../at-once.ts';
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import type { GridInfo } from '../gridinfo/grid-info.ts';
import type { OwnAddress } from '../own-address.ts';
import { compact, formHandler, indented, numbered } from '../robust-form.ts';
import type { FormAnswer, FormMethod, WrittenAnswer } from '../robust-form.ts';
import type { RobustRequest, RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { WrittenReplies } from '../written-replies.ts';
import { cellMetres, RegistrationRefusedError } from './registered-region.ts';
import type { RegisteredRegion, Registration, RegistrationSource } from './registered-region.ts';
import type { RegionRegistry } from './region-registry.ts';
import { RegionSearch } from './region-search.ts';
import type { MakeLink } from './region-search.ts';

/** OpenSim/Server/Base/ProtocolVersions.cs */
const protocolVersion = 1;
const bodyBytesMax = 65_536;

const success = indented({ Result: 'Success' });
const nothing = compact([['result', 'null']]);

export interface RegistryRobustOptions {
  readonly registry: RegionRegistry;
  readonly info: Pick<GridInfo, 'extraFeatures'>;
  /** Which addresses are this grid's. */
  readonly own: Pick<OwnAddress, 'read'>;
  /** Absent: regions of other grids are found only where they are linked already. */
  readonly makeLink?: MakeLink;
  readonly log: ServiceLog;
}

export function registryRobust(options: RegistryRobustOptions): RobustRoutes {
  const { registry, info, own, makeLink, log } = options;
  const search = new RegionSearch(registry, own, makeLink);
  const byName: FormMethod = (fields) => andThen(search.find(fields.optionalText('NAME') ?? ''), oneRegion);
  const methods: Readonly<Record<string, FormMethod>> = {
    register: async (fields, request) => register(registry, fields, request),
    deregister: async (fields, request) =>
      (await registry.deregister(regionId(fields), sourceOf(request))) ? success : failure(''),
    get_neighbours: (fields) => andThen(registry.neighbours(regionId(fields)), manyRegions),
    get_region_by_uuid: (fields) => andThen(registry.find(regionId(fields)), oneRegion),
    get_region_by_position: (fields) =>
      andThen(registry.at(fields.wholeOr('X', 0), fields.wholeOr('Y', 0)), oneRegion),
    get_region_by_name: byName,
    get_localregion_by_name: (fields) =>
      andThen(registry.findNamed(fields.optionalText('NAME') ?? ''), oneRegion),
    get_regions_by_name: (fields) =>
      andThen(search.list(fields.optionalText('NAME') ?? '', fields.wholeOr('MAX', 0)), manyRegions),
    get_region_range: (fields) => {
      const [xMin, xMax, yMin, yMax] = [
        fields.wholeOr('XMIN', 0),
        fields.wholeOr('XMAX', 0),
        fields.wholeOr('YMIN', 0),
        fields.wholeOr('YMAX', 0),
      ];
      return andThen(registry.range(xMin, xMax, yMin, yMax), manyRegions);
    },
    get_default_regions: () => andThen(registry.defaults(), manyRegions),
    get_default_hypergrid_regions: () => andThen(registry.defaultsForHypergrid(), manyRegions),
    get_fallback_regions: (fields) =>
      andThen(registry.fallbacks(fields.wholeOr('X', 0), fields.wholeOr('Y', 0)), manyRegions),
    get_online_regions: (fields) => {
      const [x, y] = [fields.wholeOr('X', 0), fields.wholeOr('Y', 0)];
      return andThen(registry.online(x, y, fields.wholeOr('MC', 0)), manyRegions);
    },
    get_hyperlinks: () => andThen(registry.hyperlinks(), manyRegions),
    get_region_flags: (fields) =>
      andThen(registry.flagsOf(regionId(fields)), (flags) => compact([['result', flags ?? -1]])),
    get_grid_extra_features: () => andThen(info.extraFeatures(), (features) => compact(features)),
  };
  return new Map([
    [
      'grid',
      formHandler({ name: 'grid', methods, failure: failure(''), log, limits: { bytesMax: bodyBytesMax } }),
    ],
  ]);
}

function failure(message: string): FormAnswer {
  return indented({ Result: 'Failure', Message: message });
}

/** Without a message the region's console would say nothing of use, so every reason is told. */
async function register(
  registry: RegionRegistry,
  fields: FormFields,
  request: RobustRequest,
): Promise<FormAnswer> {
  try {
    await registry.register(registrationOf(fields), sourceOf(request));
    return success;
  } catch (error) {
    if (error instanceof RegistrationRefusedError || error instanceof FormFieldError)
      return failure(error.message);
    throw error;
  }
}

/** Simulators without a credential have their address as source. */
function sourceOf({ source, address }: RobustRequest): RegistrationSource {
  return { simulator: source === address ? '' : source, address };
}

function regionId(fields: FormFields) {
  return fields.uuidOr('REGIONID', zeroUuid);
}

/** Throws FormFieldError, or RegistrationRefusedError for another protocol. */
function registrationOf(fields: FormFields): Registration {
  const oldest = fields.wholeOr('VERSIONMIN', protocolVersion);
  const newest = fields.wholeOr('VERSIONMAX', protocolVersion);
  if (oldest > protocolVersion || newest < protocolVersion)
    throw new RegistrationRefusedError(
      `the region speaks versions ${oldest} to ${newest} of the grid protocol, this grid version ${protocolVersion}`,
    );
  const serverHost = fields.text('serverIP');
  const httpPort = fields.whole('serverHttpPort');
  return {
    id: fields.uuidOr('uuid', zeroUuid),
    name: fields.text('regionName'),
    x: fields.whole('locX'),
    y: fields.whole('locY'),
    sizeX: fields.wholeOr('sizeX', cellMetres),
    sizeY: fields.wholeOr('sizeY', cellMetres),
    serverHost,
    httpPort,
    serverUri: fields.optionalText('serverURI') ?? `http://${serverHost}:${httpPort}/`,
    udpPort: fields.whole('serverPort'),
    mapTexture: fields.uuidOr('regionMapTexture', zeroUuid),
    parcelTexture: fields.uuidOr('parcelMapTexture', zeroUuid),
    access: fields.wholeOr('access', 0),
    secret: fields.optionalText('regionSecret') ?? '',
    ownerId: fields.uuidOr('owner_uuid', zeroUuid),
    token: fields.optionalText('Token') ?? '',
  };
}

const written = new WrittenReplies((region: RegisteredRegion) => compact([['result', regionReply(region)]]));

function oneRegion(region: RegisteredRegion | undefined): FormAnswer | WrittenAnswer {
  return region === undefined ? nothing : written.of(region);
}

/** All numbered alike, as simulators expect them. */
function manyRegions(regions: readonly RegisteredRegion[]): FormAnswer {
  if (regions.length === 0) return nothing;
  return compact(numbered('region', regions, regionReply));
}

function regionReply(region: RegisteredRegion): Reply {
  return new Map<string, string | number>([
    ['uuid', region.id],
    ['locX', region.x],
    ['locY', region.y],
    ['sizeX', region.sizeX],
    ['sizeY', region.sizeY],
    ['regionName', region.name],
    ['flags', region.flags],
    ['serverIP', region.serverHost],
    ['serverHttpPort', region.httpPort],
    ['serverURI', region.serverUri],
    ['serverPort', region.udpPort],
    ['regionMapTexture', region.mapTexture],
    ['parcelMapTexture', region.parcelTexture],
    ['access', region.access],
    ['regionSecret', region.secret],
    ['owner_uuid', region.ownerId],
    ['Token', region.token],
  ]);
}
