/**
 * The friends service as simulators call it; the case of its field names differs from method to method.
 * Source: OpenSim/Server/Handlers/Friends/FriendsServerPostHandler.cs
 */
import { FormFieldError } from '../form-fields.ts';
import { compact, formHandler, indented, numbered } from '../robust-form.ts';
import type { FormAnswer, FormMethod } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import { tryParseUserText } from '../user-text.ts';
import type { Friend, Friends } from './friends.ts';

const success = indented({ Result: 'Success' });
const failure = indented({ Result: 'Failure', Message: '' });
const nothing = compact([['result', 'null']]);
const flagsMax = 2 ** 31 - 1;

export function friendsRobust(friends: Friends, log: ServiceLog): RobustRoutes {
  const methods: Readonly<Record<string, FormMethod>> = {
    getfriends: async (fields) => listAnswer(await friends.list(fields.uuid('PRINCIPALID'))),
    getfriends_string: async (fields) => listAnswer(await friends.list(fields.user('PRINCIPALID').text)),
    storefriend: async (fields) => {
      const flags = fields.whole('MyFlags');
      if (flags < 0 || flags > flagsMax) throw new FormFieldError('field MyFlags is out of range');
      await friends.store(fields.user('PrincipalID').text, fields.user('Friend').text, flags);
      return success;
    },
    deletefriend: (fields) => deleted(fields.uuid('PRINCIPALID'), fields.text('FRIEND')),
    deletefriend_string: (fields) => deleted(fields.user('PRINCIPALID').text, fields.text('FRIEND')),
  };
  return new Map([['friends', formHandler({ name: 'friends', methods, failure, log })]]);

  /** Success also when there was nothing to delete. */
  async function deleted(principal: string, friend: string): Promise<FormAnswer> {
    if (tryParseUserText(friend) !== undefined) await friends.delete(principal, friend);
    return success;
  }
}

function listAnswer(friends: readonly Friend[]): FormAnswer {
  if (friends.length === 0) return nothing;
  return compact(numbered('friend', friends, friendReply));
}

function friendReply(friend: Friend): ReadonlyMap<string, string | number> {
  return new Map<string, string | number>([
    ['PrincipalID', friend.principalId],
    ['Friend', friend.friend],
    ['MyFlags', friend.myFlags],
    ['TheirFlags', friend.theirFlags],
  ]);
}
