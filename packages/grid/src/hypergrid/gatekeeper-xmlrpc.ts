/**
 * XML-RPC methods that other grids ask before a visit. All members are text.
 * Source: OpenSim/Server/Handlers/Hypergrid/HypergridHandlers.cs.
 */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { XmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { OwnAddress } from '../own-address.ts';
import type { XmlRpcMethods } from '../public-calls.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import { structText, structUuid } from '../struct-fields.ts';
import { storableText } from '../text.ts';
import type { Gatekeeper } from './gatekeeper.ts';

const nameMax = 128;

export function gatekeeperXmlRpc(gatekeeper: Gatekeeper, own: OwnAddress): XmlRpcMethods {
  return new Map([
    [
      'link_region',
      async (parameters: XmlRpcStruct) => {
        const name = storableText(structText(parameters, 'region_name'), nameMax).trim();
        const { url } = await own.read();
        const externalName = name === '' ? url : `${url} ${name}`;
        return linkAnswer(await gatekeeper.regionToLink(name), externalName);
      },
    ],
    [
      'get_region',
      async (parameters: XmlRpcStruct) => {
        const id = structUuid(parameters, 'region_uuid');
        const region = id === undefined ? undefined : await gatekeeper.regionToVisit(id);
        return region === undefined ? noDestination : new Map([['result', 'true'], ...regionMembers(region)]);
      },
    ],
  ]);
}

const noDestination: XmlRpcStruct = new Map([
  ['result', 'false'],
  ['message', 'The teleport destination could not be found.'],
]);

function linkAnswer(region: RegisteredRegion | undefined, externalName: string): XmlRpcStruct {
  const { id = zeroUuid, sizeX = 256, sizeY = 256 } = region ?? {};
  return new Map([
    ['result', region === undefined ? 'False' : 'True'],
    ['uuid', id],
    ['handle', region === undefined ? '0' : regionHandle(region)],
    ['size_x', String(sizeX)],
    ['size_y', String(sizeY)],
    ['region_image', region === undefined ? '' : regionImage(region)],
    ['external_name', externalName],
  ]);
}

/** What the region itself draws of its ground and objects. */
function regionImage({ id, serverUri }: RegisteredRegion): string {
  return `${serverUri}index.php?method=regionImage${id.replaceAll('-', '')}`;
}

/** 64 bits: metres in x and y. */
function regionHandle({ x, y }: RegisteredRegion): string {
  return String((BigInt(x) << 32n) | BigInt(y));
}

/** As `get_region` and `get_home_region` describe a region. */
export function regionMembers(region: RegisteredRegion): readonly (readonly [string, string])[] {
  return [
    ['uuid', region.id],
    ['x', String(region.x)],
    ['y', String(region.y)],
    ['size_x', String(region.sizeX)],
    ['size_y', String(region.sizeY)],
    ['region_name', region.name],
    ['hostname', region.serverHost],
    ['http_port', String(region.httpPort)],
    ['server_uri', region.serverUri],
    ['internal_port', String(region.udpPort)],
  ];
}
