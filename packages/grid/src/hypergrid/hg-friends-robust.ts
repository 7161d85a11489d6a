/**
 * `POST /hgfriends` on the public port, for other grids. Replies differ in the case of their elements, and clients rely on it.
 * Source: OpenSim/Server/Handlers/Hypergrid/HGFriendsServerPostHandler.cs.
 */
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { FormFields } from '../form-fields.ts';
import { compact, formHandler, indented, numbered } from '../robust-form.ts';
import type { FormAnswer } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { statusFriendsMax } from './hg-friends.ts';
import type { HgFriends, TravellerProof } from './hg-friends.ts';
import { userIdOf } from './user-identifier.ts';

const failure = failed('');
/** A status message names all friends on a grid, each with address and name. */
const limits = { bytesMax: 256 * 1024, fieldsMax: 2000 };

export function hgFriendsRobust(friends: HgFriends, log: ServiceLog): RobustRoutes {
  const handler = formHandler({
    name: 'hgfriends',
    failure,
    log,
    limits,
    methods: {
      getfriendperms: async (fields) => {
        const proof = proofOf(fields);
        if (proof === undefined) return failure;
        const rights = await friends.rights(fields.uuid('PRINCIPALID'), fields.uuid('FRIENDID'), proof);
        if (rights === undefined) return failed('Friend not found');
        return indented({ RESULT: 'Success', Value: String(rights) });
      },
      newfriendship: async (fields) => {
        const created = await friends.create(
          fields.uuid('PrincipalID'),
          fields.text('Friend'),
          proofOf(fields),
        );
        return created ? indented({ Result: 'Success' }) : failure;
      },
      deletefriendship: async (fields) => {
        const friend = userIdOf(fields.text('Friend').trim());
        const secret = fields.optionalText('SECRET') ?? '';
        if (friend === undefined) return truth(false);
        return truth(await friends.delete(fields.uuid('PrincipalID'), friend, secret));
      },
      friendship_offered: async (fields) =>
        truth(
          await friends.offer({
            fromId: fields.uuid('FromID'),
            fromName: fields.optionalText('FromName') ?? '',
            toId: fields.uuid('ToID'),
            message: fields.optionalText('Message') ?? '',
          }),
        ),
      validate_friendship_offered: async (fields) => {
        const friend = tryParseUuid(fields.text('Friend').trim());
        if (friend === undefined) return truth(false);
        return truth(await friends.hasOffered(fields.uuid('PrincipalID'), friend));
      },
      statusnotification: async (fields) => {
        const online = await friends.noteStatus(
          fields.uuid('userID'),
          fields.flag('online'),
          friendTexts(fields),
        );
        if (online.length === 0) return compact([['RESULT', 'NULL']]);
        return compact(numbered('friend_', online, (id) => id));
      },
    },
  });
  return new Map([['hgfriends', handler]]);
}

function friendTexts(fields: FormFields): readonly string[] {
  const texts: string[] = [];
  for (let index = 0; index < statusFriendsMax; index += 1) {
    const text = fields.optionalText(`friend_${index}`);
    if (text === undefined) break;
    texts.push(text);
  }
  return texts;
}

function proofOf(fields: FormFields): TravellerProof | undefined {
  const sessionId = fields.uuidOr('SESSIONID', undefined);
  const token = fields.optionalText('KEY') ?? '';
  return sessionId === undefined || token === '' ? undefined : { sessionId, token };
}

function truth(value: boolean): FormAnswer {
  return indented({ RESULT: value ? 'True' : 'False' });
}

function failed(message: string): FormAnswer {
  return indented({ RESULT: 'Failure', Message: message });
}
