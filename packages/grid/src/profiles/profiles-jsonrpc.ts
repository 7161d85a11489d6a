/**
 * Profiles as simulators ask for them on the public port, without any credential. Anybody may read what is there for
 * everybody; to change something, and to read notes and the e-mail address, takes a caller who may speak for the resident.
 * Source: OpenSim/Server/Handlers/Profiles/UserProfilesHandlers.cs.
 */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Accounts } from '../accounts/accounts.ts';
import { withoutDefaults } from '../json-members.ts';
import { JsonRpcError } from '../public-calls.ts';
import type { JsonObject, JsonRpcMethod, JsonRpcMethods, JsonValue, PublicCaller } from '../public-calls.ts';
import type { ServiceLog } from '../service-log.ts';
import { storableText } from '../text.ts';
import {
  JsonFields,
  classifiedOf,
  interestsOf,
  jsonOfClassified,
  jsonOfNames,
  jsonOfPick,
  jsonOfProfile,
  noPosition,
  pageOf,
  pickOf,
} from './profile-json.ts';
import { ProfileRefusedError, emptyProfile, profileTextLimits } from './profile-records.ts';
import { withMaturity } from './profiles.ts';
import type { Profiles } from './profiles.ts';

/** OpenSim/Framework/Servers/HttpServer/JsonRpcResponse.cs, ErrorCode. */
const internalError = -32604;
const noEmail = 'No Email Address On Record';
const tagMax = 64;

export interface ProfilesJsonRpcOptions {
  readonly profiles: Profiles;
  readonly accounts: Pick<Accounts, 'find'>;
  /** Whether what comes from an address may speak for a resident. */
  readonly mayWrite: (residentId: Uuid, address: string) => Promise<boolean>;
  readonly log: ServiceLog;
}

type Method = (fields: JsonFields, caller: PublicCaller) => Promise<JsonValue | undefined>;

export function profilesJsonRpc(options: ProfilesJsonRpcOptions): JsonRpcMethods {
  const methods = { ...profileMethods(options), ...listedMethods(options), ...privateMethods(options) };
  return new Map(Object.entries(methods).map(([name, method]) => [name, guarded(name, method, options.log)]));
}

function guarded(name: string, method: Method, log: ServiceLog): JsonRpcMethod {
  return async (parameters, caller) => {
    try {
      return await method(new JsonFields(parameters), caller);
    } catch (error) {
      if (error instanceof JsonRpcError) throw error;
      if (error instanceof ProfileRefusedError) throw new JsonRpcError(internalError, error.message);
      log.error({ service: 'profiles', method: name, err: error }, 'a service failed to answer');
      throw new JsonRpcError(internalError, '');
    }
  };
}

/** Throws JsonRpcError. */
async function requireMayWrite(
  { mayWrite, log }: ProfilesJsonRpcOptions,
  residentId: Uuid,
  { address }: PublicCaller,
): Promise<void> {
  if (residentId !== zeroUuid && (await mayWrite(residentId, address))) return;
  log.warn({ service: 'profiles', address }, 'somebody who may not tried to change a profile');
  throw new JsonRpcError(internalError, 'not allowed from this address');
}

function profileMethods(options: ProfilesJsonRpcOptions): Readonly<Record<string, Method>> {
  const { profiles } = options;
  return {
    avatar_properties_request: async (fields) => jsonOfProfile(await profiles.profile(fields.uuid('UserId'))),
    avatar_properties_update: async (fields, caller) => {
      const userId = fields.uuid('UserId');
      await requireMayWrite(options, userId, caller);
      await profiles.setPage(userId, pageOf(fields));
      return echo(fields, userId);
    },
    avatar_interests_update: async (fields, caller) => {
      const userId = fields.uuid('UserId');
      await requireMayWrite(options, userId, caller);
      await profiles.setInterests(userId, interestsOf(fields));
      return echo(fields, userId);
    },
    image_assets_request: (fields) => profiles.images(fields.uuid('avatarId')),
  };
}

/** All that was sent, also what is not kept. */
function echo(fields: JsonFields, userId: Uuid): JsonObject {
  const profile = { ...emptyProfile(userId), ...pageOf(fields), ...interestsOf(fields) };
  return jsonOfProfile(
    { ...profile, partnerId: fields.uuid('PartnerId') },
    { publishProfile: fields.flag('PublishProfile'), publishMature: fields.flag('PublishMature') },
  );
}

function listedMethods(options: ProfilesJsonRpcOptions): Readonly<Record<string, Method>> {
  const { profiles } = options;
  return {
    avatarpicksrequest: async (fields) =>
      jsonOfNames('pickuuid', await profiles.picks(fields.uuid('creatorId'))),
    pickinforequest: async (fields) => {
      const pick = await profiles.findPick(fields.uuid('PickId'));
      if (pick === undefined || pick.creatorId !== fields.uuid('CreatorId'))
        return withoutDefaults({ GlobalPos: noPosition });
      return jsonOfPick({ ...pick, description: pick.description || 'No description given.' });
    },
    picks_update: async (fields, caller) => {
      const pick = pickOf(fields);
      await requireMayWrite(options, pick.creatorId, caller);
      await profiles.putPick(pick);
      return jsonOfPick(pick);
    },
    picks_delete: async (fields, caller) => {
      const pick = await profiles.findPick(fields.uuid('pickId'));
      if (pick === undefined) return undefined;
      await requireMayWrite(options, pick.creatorId, caller);
      await profiles.deletePick(pick.id, pick.creatorId);
      return undefined;
    },
    avatarclassifiedsrequest: async (fields) =>
      jsonOfNames('classifieduuid', await profiles.classifieds(fields.uuid('creatorId'))),
    classifieds_info_query: async (fields) => {
      const id = fields.uuid('ClassifiedId');
      const classified = await profiles.findClassified(id);
      if (classified !== undefined) return jsonOfClassified(classified);
      return withoutDefaults({ ClassifiedId: id, GlobalPos: noPosition, Flags: withMaturity(0) });
    },
    classified_update: async (fields, caller) => {
      const classified = classifiedOf(fields);
      await requireMayWrite(options, classified.creatorId, caller);
      return jsonOfClassified(await profiles.putClassified(classified));
    },
    classified_delete: async (fields, caller) => {
      const classified = await profiles.findClassified(fields.uuid('classifiedId'));
      if (classified === undefined) return undefined;
      await requireMayWrite(options, classified.creatorId, caller);
      await profiles.deleteClassified(classified.id, classified.creatorId);
      return undefined;
    },
  };
}

/** What is nobody else's business. */
function privateMethods(options: ProfilesJsonRpcOptions): Readonly<Record<string, Method>> {
  const { profiles, accounts, mayWrite } = options;
  const mayRead = async (residentId: Uuid, { address }: PublicCaller) =>
    residentId !== zeroUuid && mayWrite(residentId, address);
  const emailOf = async (userId: Uuid, preferred: string) =>
    preferred || (await accounts.find(userId))?.email || '';
  return {
    avatarnotesrequest: async (fields, caller) => {
      const [userId, targetId] = [fields.uuid('UserId'), fields.uuid('TargetId')];
      const note = (await mayRead(userId, caller)) ? await profiles.note(userId, targetId) : '';
      return withoutDefaults({ UserId: userId, TargetId: targetId, Notes: note });
    },
    avatar_notes_update: async (fields, caller) => {
      const [userId, targetId] = [fields.uuid('UserId'), fields.uuid('TargetId')];
      await requireMayWrite(options, userId, caller);
      await profiles.setNote(userId, targetId, fields.text('Notes'));
      return withoutDefaults({ UserId: userId, TargetId: targetId, Notes: fields.text('Notes') });
    },
    user_preferences_request: async (fields, caller) => {
      const userId = fields.uuid('UserId');
      const { imViaEmail, visible, email } = await profiles.preferences(userId);
      const shown = (await mayRead(userId, caller)) ? (await emailOf(userId, email)) || noEmail : '';
      return withoutDefaults({ UserId: userId, IMViaEmail: imViaEmail, Visible: visible, EMail: shown });
    },
    user_preferences_update: async (fields, caller) => {
      const userId = fields.uuid('UserId');
      await requireMayWrite(options, userId, caller);
      const preferences = {
        imViaEmail: fields.flag('IMViaEmail'),
        visible: fields.flag('Visible'),
        email: emailSent(fields),
      };
      await profiles.setPreferences(userId, preferences);
      const { imViaEmail, visible, email } = preferences;
      const shown = await emailOf(userId, email);
      return withoutDefaults({ UserId: userId, IMViaEmail: imViaEmail, Visible: visible, EMail: shown });
    },
    // Stock servers keep a token for programs; nothing calls it, and nothing is kept here.
    user_data_request: () => Promise.resolve(withoutDefaults({ result: 'success' })),
    user_data_update: (fields) =>
      Promise.resolve(
        withoutDefaults({
          TagId: storableText(fields.text('TagId'), tagMax),
          DataKey: storableText(fields.text('DataKey'), profileTextLimits.name),
          UserId: storableText(fields.text('UserId', zeroUuid), tagMax),
          DataVal: storableText(fields.text('DataVal'), profileTextLimits.name),
        }),
      ),
  };
}

/** What viewers were shown in place of an address comes back from them. */
function emailSent(fields: JsonFields): string {
  const email = fields.text('EMail').trim();
  return email === noEmail ? '' : email;
}
