/**
 * What residents wear, from the avatar service's entries into a circuit's `packed_appearance`. Textures are not among the
 * entries: viewers bake them anew. Source: OpenSim/Services/Interfaces/IAvatarService.cs, OpenSim/Framework/AvatarAppearance.cs.
 */
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { withoutDefaults } from '../json-members.ts';
import type { JsonObject } from '../public-calls.ts';
import { widenedFloat } from './circuit-json.ts';
import {
  avatarFaces,
  defaultAvatarTexture,
  stockHeight,
  stockTextureEntry,
  stockVisualParams,
  stockWearables,
} from './stock-appearance.ts';
import type { WornItem } from './stock-appearance.ts';
import { wearablesKnown } from './versions.ts';
import type { TransferContext } from './versions.ts';

/** Kinds of wearables that every simulator knows; 15 is physics, 16 universal. */
const wearablesMin = 15;
const wearablesMax = 17;
/** Kinds up to here go into `wearables`, further ones into `wrbls8`. */
const wearablesInList = 16;
const layersMax = 5;
const attachmentsMax = 200;
const visualParamsMin = 218;
const visualParamsMax = 256;
/** Without these an avatar does not show: shape, skin, hair, eyes. */
const indispensable = 4;
/** Names of entries of old databases, by kind. */
const legacyNames = [
  ...['Body', 'Skin', 'Hair', 'Eyes', 'Shirt', 'Pants', 'Shoes', 'Socks'],
  ...['Jacket', 'Gloves', 'UnderShirt', 'UnderPants', 'Skirt'],
];

/** `entries` as `Avatars.find` has them; who has none looks as everybody does at first. */
export function packAppearance(entries: ReadonlyMap<string, string>, context: TransferContext): JsonObject {
  const wearables = readWearables(entries);
  const known = wearablesKnown(context) ?? wearablesMax;
  const listed = wearables.slice(0, Math.min(known, wearablesInList));
  const further = wearables.slice(wearablesInList);
  const packsTextures = context.outboundVersion >= 0.799;
  const serial = Number(entries.get('Serial'));
  return {
    ...withoutDefaults({
      serial: Number.isInteger(serial) && Math.abs(serial) < 2 ** 31 ? serial : 0,
      height: widenedFloat(readHeight(entries)),
    }),
    wearables: listed.map((layers) => layers.map(wornItem)),
    ...(packsTextures && further.length > 0 ? { wrbls8: further.map((layers) => layers.map(wornItem)) } : {}),
    ...(packsTextures
      ? { te8: stockTextureEntry }
      : { textures: Array.from({ length: avatarFaces }, () => defaultAvatarTexture) }),
    visualparams: readVisualParams(entries),
    attachments: readAttachments(entries).map(({ point, item }) => ({ point, item })),
  };
}

function wornItem({ item, asset }: WornItem): JsonObject {
  return withoutDefaults({ item, asset });
}

/** By kind, each with its layers. */
function readWearables(entries: ReadonlyMap<string, string>): readonly (readonly WornItem[])[] {
  const worn = Array.from({ length: wearablesMax }, (): WornItem[] => []);
  const add = (kind: number, item: Uuid | undefined, asset: Uuid | undefined) => {
    const layers = worn[kind];
    if (item !== undefined && item !== zeroUuid && layers !== undefined && layers.length < layersMax)
      layers.push({ item, asset: asset ?? zeroUuid });
  };
  for (const [kind, name] of legacyNames.entries())
    add(kind, uuidOf(entries.get(`${name}Item`)), uuidOf(entries.get(`${name}Asset`)));
  for (const { kind, value } of wearableEntries(entries)) {
    const [item, asset] = value.split(':');
    add(kind, uuidOf(item), uuidOf(asset));
  }
  const anything = worn.some((layers) => layers.length > 0);
  for (const [kind, stock] of stockWearables.entries())
    if (worn[kind]?.length === 0 && (!anything || kind < indispensable)) worn[kind] = [stock];
  const length = worn.findLastIndex((layers) => layers.length > 0) + 1;
  return worn.slice(0, Math.max(wearablesMin, length));
}

/** `Wearable <kind>:<layer>`, by kind and layer. */
function wearableEntries(entries: ReadonlyMap<string, string>) {
  const found: { kind: number; layer: number; value: string }[] = [];
  for (const [name, value] of entries) {
    const match = /^Wearable (\d{1,2}):(\d{1,2})$/.exec(name);
    if (match !== null) found.push({ kind: Number(match[1]), layer: Number(match[2]), value });
  }
  return found.sort((one, other) => one.kind - other.kind || one.layer - other.layer);
}

function readHeight(entries: ReadonlyMap<string, string>): number {
  const height = Number((entries.get('AvatarHeight') ?? '').replace(',', '.'));
  return height > 0 && height < 10 ? height : stockHeight;
}

function readVisualParams(entries: ReadonlyMap<string, string>): readonly number[] {
  const texts = (entries.get('VisualParams') ?? '').split(',');
  if (texts.length < visualParamsMin || texts.length > visualParamsMax) return stockVisualParams;
  const params = texts.map((text) => (/^\s*\d{1,3}\s*$/.test(text) ? Number(text) : NaN));
  return params.every((param) => param <= 255) ? params : stockVisualParams;
}

/** `_ap_<point>` with the items that are attached there. */
function readAttachments(entries: ReadonlyMap<string, string>): readonly { point: number; item: Uuid }[] {
  const found: { point: number; item: Uuid }[] = [];
  for (const [name, value] of entries) {
    const point = /^_ap_(\d{1,3})$/.exec(name)?.[1];
    if (point === undefined) continue;
    for (const text of value.split(',')) {
      const item = uuidOf(text);
      // Bit 7 says only that the item was added to others.
      if (item !== undefined && item !== zeroUuid) found.push({ point: Number(point) & 0x7f, item });
    }
  }
  return found.slice(0, attachmentsMax);
}

function uuidOf(text: string | undefined): Uuid | undefined {
  return text === undefined ? undefined : tryParseUuid(text.trim());
}
