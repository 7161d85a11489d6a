/** What viewers are told when a login succeeds, by XML-RPC and LLSD. Source: OpenSim/Services/LLLoginService/LLLoginResponse.cs. */
import { LlsdUuid } from '@gridkeep/wire/llsd/value';
import type { LlsdMap, LlsdValue } from '@gridkeep/wire/llsd/value';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatFloat32, zeroVector } from '@gridkeep/wire/vector';
import type { Vector3 } from '@gridkeep/wire/vector';
import { escapeXml } from '@gridkeep/wire/xml-tree';
import { XmlRpcWritten } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { withSlash } from '../grid-url.ts';
import { userIdOf } from '../hypergrid/user-identifier.ts';
import type { InventoryFolder } from '../inventory/inventory-records.ts';
import { libraryOwnerId, libraryRootId } from '../library/library-ids.ts';
import { isDaylightSaving } from './daylight-saving.ts';
import type { LoginRefusedError } from './login-refused.ts';
import type { LoggedIn } from './login.ts';

const classifiedCategories = [
  ...['Shopping', 'Land Rental', 'Property Rental', 'Special Attraction', 'New Products'],
  ...['Employment', 'Wanted', 'Service', 'Personal'],
];

/** Metres: told as home of who has none. */
const nowhere = { x: 256_000, y: 256_000 };

/** Members that are undefined are left out. */
type Member = readonly [string, string | number | Uuid | undefined];

/** Members with one value, in both notations: ids apart, because LLSD has a type for them. */
function simpleMembers(loggedIn: LoggedIn, now: Date) {
  const { account, destination, settings, publicUrl } = loggedIn;
  const { region } = destination;
  const ids: readonly (readonly [string, Uuid])[] = [
    ['agent_id', account.id],
    ['session_id', loggedIn.sessionId],
    ['secure_session_id', loggedIn.secureSessionId],
    ['real_id', zeroUuid],
  ];
  const both: readonly Member[] = [
    ['login', 'true'],
    ['first_name', account.firstName],
    ['last_name', account.lastName],
    ['circuit_code', loggedIn.circuitCode],
    ['sim_ip', loggedIn.address],
    ['sim_port', region.udpPort],
    ['seed_capability', `${region.serverUri}CAPS/${loggedIn.capsPath}0000/`],
    ['region_x', region.x],
    ['region_y', region.y],
    ['look_at', notation(destination.lookAt)],
    ['home', homeText(loggedIn)],
    ['start_location', destination.kind],
    ['agent_access', 'M'],
    ['agent_access_max', 'A'],
    ['message', welcome(loggedIn)],
    ['seconds_since_epoch', Math.floor(now.getTime() / 1000)],
    ['max-agent-groups', settings.maxGroups],
    ['map-server-url', withSlash(settings.mapTileUrl || publicUrl)],
    ['search', settings.searchUrl || undefined],
    ['profile-server-url', settings.webProfileUrl || undefined],
    ['classified_fee', settings.classifiedFee || undefined],
  ];
  const xmlRpcOnly: readonly Member[] = [
    ['http_port', 0],
    ['region_size_x', region.sizeX],
    ['region_size_y', region.sizeY],
    ['currency', settings.currencySymbol || undefined],
    ['destination_guide_url', settings.destinationGuideUrl || undefined],
    ['avatar_picker_url', settings.avatarPickerUrl || undefined],
  ];
  return { ids, both, xmlRpcOnly };
}

type Row = Readonly<Record<string, string | number | LlsdUuid>>;

/** Lists of structs but for the inventory, which is large. */
function lists(loggedIn: LoggedIn, now: Date): Readonly<Record<string, readonly Row[]>> {
  const { settings, gestures, friends } = loggedIn;
  const daylight = isDaylightSaving(settings.daylightSavingZone, now);
  return {
    'login-flags': [
      {
        ...{ daylight_savings: daylight ? 'Y' : 'N', stipend_since_login: 'N' },
        ...{ gendered: 'Y', ever_logged_in: 'Y' },
      },
    ],
    'global-textures': [
      {
        sun_texture_id: 'cce0f112-878f-4586-a2e2-a8f104bba271',
        cloud_texture_id: 'dc4b9f0b-d008-45c6-96a4-01dd947ac621',
        moon_texture_id: 'ec4b9f0b-d008-45c6-96a4-01dd947ac621',
      },
    ],
    'ui-config': [{ allow_first_life: 'Y' }],
    event_categories: [],
    classified_categories: classifiedCategories.map((name, index) => ({
      ...{ category_id: index + 1, category_name: name },
    })),
    'inventory-root': [{ folder_id: new LlsdUuid(loggedIn.rootFolderId) }],
    'inventory-lib-root': [{ folder_id: new LlsdUuid(libraryRootId) }],
    'inventory-lib-owner': [{ agent_id: new LlsdUuid(libraryOwnerId) }],
    'initial-outfit': [{ folder_name: 'Nightclub Female', gender: 'female' }],
    gestures: gestures.map(({ id, assetId }) => ({
      ...{ item_id: new LlsdUuid(id), asset_id: new LlsdUuid(assetId) },
    })),
    'buddy-list': friends.flatMap(({ friend, myFlags, theirFlags }) => {
      const id = userIdOf(friend);
      // -1: the other has not answered yet.
      if (id === undefined || theirFlags === -1) return [];
      const rights = { buddy_rights_given: myFlags, buddy_rights_has: theirFlags };
      return [{ buddy_id: new LlsdUuid(id), ...rights }];
    }),
  };
}

/** A thousand folders are 450 kB: they are written straight as text, which takes a quarter of the time. */
export function xmlRpcLoginReply(loggedIn: LoggedIn, now = new Date()): XmlRpcStruct {
  const { ids, both, xmlRpcOnly } = simpleMembers(loggedIn, now);
  const reply = new Map<string, XmlRpcValue>([...both, ...ids, ...xmlRpcOnly]);
  for (const [name, rows] of Object.entries(lists(loggedIn, now)))
    reply.set(
      name,
      rows.map(
        (row) =>
          new Map<string, XmlRpcValue>(
            Object.entries(row).map(([key, value]) => [key, value instanceof LlsdUuid ? value.id : value]),
          ),
      ),
    );
  reply.set('event_notifications', []);
  reply.set('inventory-skeleton', writtenFolders(loggedIn.folders));
  reply.set('inventory-skel-lib', writtenLibrary(loggedIn.library));
  return reply;
}

export function llsdLoginReply(loggedIn: LoggedIn, now = new Date()): LlsdMap {
  const { ids, both } = simpleMembers(loggedIn, now);
  const reply = new Map<string, LlsdValue>(both.filter(([, value]) => value !== undefined));
  for (const [name, id] of ids) reply.set(name, new LlsdUuid(id));
  for (const [name, rows] of Object.entries(lists(loggedIn, now)))
    reply.set(
      name,
      rows.map((row) => new Map<string, LlsdValue>(Object.entries(row))),
    );
  reply.set('inventory-skeleton', loggedIn.folders.map(llsdFolder));
  reply.set('inventory-skel-lib', loggedIn.library.map(llsdFolder));
  return reply;
}

/** The same in both notations. */
export function refusalMembers({ reason, message }: LoginRefusedError): ReadonlyMap<string, string> {
  return new Map([
    ['reason', reason],
    ['message', message],
    ['login', 'false'],
  ]);
}

function writtenFolders(folders: readonly InventoryFolder[]): XmlRpcWritten {
  let xml = '<array><data>';
  for (const folder of folders) {
    const { id, parentId, name, type } = folder;
    xml +=
      `<value><struct><member><name>name</name><value><string>${escapeXml(name)}</string></value></member>` +
      `<member><name>folder_id</name><value><string>${id}</string></value></member>` +
      `<member><name>type_default</name><value><i4>${type}</i4></value></member>` +
      `<member><name>version</name><value><i4>${wireVersion(folder)}</i4></value></member>` +
      `<member><name>parent_id</name><value><string>${parentId}</string></value></member></struct></value>`;
  }
  return new XmlRpcWritten(`${xml}</data></array>`);
}

/** The library is the same for everybody: the array stays one as long as nothing changes. */
const libraries = new WeakMap<readonly InventoryFolder[], XmlRpcWritten>();

function writtenLibrary(folders: readonly InventoryFolder[]): XmlRpcWritten {
  const known = libraries.get(folders);
  if (known !== undefined) return known;
  const written = writtenFolders(folders);
  libraries.set(folders, written);
  return written;
}

function llsdFolder(folder: InventoryFolder): LlsdMap {
  return new Map<string, LlsdValue>([
    ['name', folder.name],
    ['folder_id', new LlsdUuid(folder.id)],
    ['type_default', folder.type],
    ['version', wireVersion(folder)],
    ['parent_id', new LlsdUuid(folder.parentId)],
  ]);
}

/** 16 bits (OpenSim/Framework/InventoryFolderBase.cs). */
function wireVersion({ version }: InventoryFolder): number {
  return version & 0xffff;
}

/** As LLSD notation has reals. */
function notation({ x, y, z }: Vector3): string {
  return `[${[x, y, z].map((value) => `r${formatFloat32(value)}`).join(',')}]`;
}

function homeText({ user, homeRegion }: LoggedIn): string {
  const { x, y } = homeRegion ?? nowhere;
  const position = user?.homePosition ?? zeroVector;
  const lookAt = user?.homeLookAt ?? zeroVector;
  return `{'region_handle':[r${x},r${y}], 'position':${notation(position)}, 'look_at':${notation(lookAt)}}`;
}

function welcome({ account, settings }: LoggedIn): string {
  return settings.welcomeMessage
    .replaceAll('\\n', '\n')
    .replaceAll('<USERNAME>', () => `${account.firstName} ${account.lastName}`);
}
