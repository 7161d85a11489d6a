/**
 * Estates as simulators write and read them. Source: OpenSim/Framework/EstateSettings.cs, EstateBan.cs: texts, whole
 * numbers without sign, flags, ids and lists of ids are taken from a form; other numbers are sent and never taken.
 */
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Reply } from '@gridkeep/wire/robust/reply';
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import { numbered } from '../robust-form.ts';
import { estateListMax, newEstate } from './estate.ts';
import type { Estate, EstateBan, StoredEstate } from './estate.ts';

const uint32Max = 0xffff_ffff;
const int32Max = 0x7fff_ffff;
/** Characters of a list of bans in JSON: about 260 each, and room. */
const bansTextMax = 1024 * 1024;

/** Keys in the order of the class. What is left out takes the value of a new estate. Throws FormFieldError. */
export function estateOfForm(fields: FormFields): StoredEstate {
  const flag = (name: string, otherwise: boolean) =>
    fields.optionalText(name) === undefined ? otherwise : fields.flag(name);
  const uint = (name: string, otherwise: number) => {
    if (fields.optionalText(name) === undefined) return otherwise;
    const value = fields.whole(name);
    if (value < 0 || value > uint32Max) throw new FormFieldError(`field ${name} is out of range`);
    return value;
  };
  return {
    id: uint('EstateID', 0),
    name: fields.optionalText('EstateName') ?? newEstate.name,
    allowLandmark: flag('AllowLandmark', newEstate.allowLandmark),
    allowParcelChanges: flag('AllowParcelChanges', newEstate.allowParcelChanges),
    allowSetHome: flag('AllowSetHome', newEstate.allowSetHome),
    parentId: uint('ParentEstateID', newEstate.parentId),
    allowVoice: flag('AllowVoice', newEstate.allowVoice),
    allowDirectTeleport: flag('AllowDirectTeleport', newEstate.allowDirectTeleport),
    denyAnonymous: flag('DenyAnonymous', newEstate.denyAnonymous),
    denyIdentified: flag('DenyIdentified', newEstate.denyIdentified),
    denyTransacted: flag('DenyTransacted', newEstate.denyTransacted),
    abuseEmailToEstateOwner: flag('AbuseEmailToEstateOwner', newEstate.abuseEmailToEstateOwner),
    blockDwell: flag('BlockDwell', newEstate.blockDwell),
    estateSkipScripts: flag('EstateSkipScripts', newEstate.estateSkipScripts),
    resetHomeOnTeleport: flag('ResetHomeOnTeleport', newEstate.resetHomeOnTeleport),
    taxFree: flag('TaxFree', newEstate.taxFree),
    publicAccess: flag('PublicAccess', newEstate.publicAccess),
    abuseEmail: fields.optionalText('AbuseEmail') ?? newEstate.abuseEmail,
    ownerId: fields.optionalText('EstateOwner') === undefined ? zeroUuid : fields.uuid('EstateOwner'),
    denyMinors: flag('DenyMinors', newEstate.denyMinors),
    allowEnvironmentOverride: flag('AllowEnvironmentOverride', newEstate.allowEnvironmentOverride),
    managers: ids(fields, 'EstateManagers'),
    access: ids(fields, 'EstateAccess'),
    groups: ids(fields, 'EstateGroups'),
    bans: bansOfText(fields.optionalText('EstateBans') ?? ''),
  };
}

/** Left out, empty or zero is nobody. Throws FormFieldError for what is no id, and for too many. */
function ids(fields: FormFields, name: string): readonly Uuid[] {
  const texts = (fields.optionalText(name) ?? '').split(',').map((text) => text.trim());
  const found = texts.flatMap((text) => {
    if (text === '') return [];
    const id = tryParseUuid(text);
    if (id === undefined) throw new FormFieldError(`field ${name} holds what is no UUID`);
    return id === zeroUuid ? [] : [id];
  });
  if (found.length > estateListMax)
    throw new FormFieldError(`field ${name} has more than ${estateListMax} entries`);
  return found;
}

/**
 * A JSON object of objects. The estate that a ban names is not looked at: stock servers write 1 there. Throws
 * FormFieldError: a list that cannot be read must not clear the one that is there.
 */
function bansOfText(text: string): readonly EstateBan[] {
  if (text.trim() === '') return [];
  if (text.length > bansTextMax) throw new FormFieldError('field EstateBans is too long');
  const entries: unknown = parseJson(text);
  if (typeof entries !== 'object' || entries === null)
    throw new FormFieldError('field EstateBans is no object');
  const bans = Object.values(entries).map(banOfJson);
  if (bans.length > estateListMax)
    throw new FormFieldError(`field EstateBans has more than ${estateListMax} entries`);
  return bans;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormFieldError('field EstateBans is no JSON');
  }
}

function banOfJson(entry: unknown): EstateBan {
  const member = (name: string): unknown =>
    typeof entry === 'object' && entry !== null && Object.hasOwn(entry, name)
      ? Reflect.get(entry, name)
      : undefined;
  const userId = tryParseUuid(String(member('BannedUserID')));
  if (userId === undefined) throw new FormFieldError('field EstateBans holds a ban of nobody');
  const time = Number(member('BanTime'));
  return {
    userId,
    byUserId: tryParseUuid(String(member('BanningUserID'))) ?? zeroUuid,
    time: Number.isInteger(time) && time >= 0 && time <= int32Max ? time : 0,
  };
}

export function replyOfEstate(estate: Estate): Reply {
  return new Map<string, string | number | boolean | Reply | undefined>([
    ['EstateID', estate.id],
    ['EstateName', estate.name],
    ['AllowLandmark', estate.allowLandmark],
    ['AllowParcelChanges', estate.allowParcelChanges],
    ['AllowSetHome', estate.allowSetHome],
    ['ParentEstateID', estate.parentId],
    ['BillableFactor', estate.billableFactor],
    ['PricePerMeter', estate.pricePerMeter],
    ['RedirectGridX', estate.redirectGridX],
    ['RedirectGridY', estate.redirectGridY],
    // The sun is the environment's today; simulators expect the keys all the same.
    ['UseGlobalTime', false],
    ['FixedSun', false],
    ['SunPosition', 0],
    ['AllowVoice', estate.allowVoice],
    ['AllowDirectTeleport', estate.allowDirectTeleport],
    ['DenyAnonymous', estate.denyAnonymous],
    ['DenyIdentified', estate.denyIdentified],
    ['DenyTransacted', estate.denyTransacted],
    ['AbuseEmailToEstateOwner', estate.abuseEmailToEstateOwner],
    ['BlockDwell', estate.blockDwell],
    ['EstateSkipScripts', estate.estateSkipScripts],
    ['ResetHomeOnTeleport', estate.resetHomeOnTeleport],
    ['TaxFree', estate.taxFree],
    ['PublicAccess', estate.publicAccess],
    ['AbuseEmail', estate.abuseEmail],
    ['EstateOwner', estate.ownerId],
    ['DenyMinors', estate.denyMinors],
    ['AllowEnvironmentOverride', estate.allowEnvironmentOverride],
    ['EstateManagers', joined(estate.managers)],
    ['EstateAccess', joined(estate.access)],
    ['EstateGroups', joined(estate.groups)],
    ['EstateBans', estate.bans.length === 0 ? undefined : new Map(numbered('ban', estate.bans, replyOfBan))],
  ]);
}

/** An empty element would be read as a list with one entry that is no id. */
function joined(ids: readonly Uuid[]): string | undefined {
  return ids.length === 0 ? undefined : ids.join(',');
}

function replyOfBan(ban: EstateBan): Reply {
  return new Map<string, string | number>([
    // Stock servers do not load it and answer the class's default.
    ['EstateID', 1],
    ['BannedUserID', ban.userId],
    ['BanningUserID', ban.byUserId],
    ['BanTime', ban.time],
    ['BannedHostAddress', '0.0.0.0'],
    ['BannedHostIPMask', '0.0.0.0'],
    ['BannedHostNameMask', ''],
  ]);
}
