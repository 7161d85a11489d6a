/** Accounts for simulators: `POST /accounts` (OpenSim/Server/Handlers/UserAccounts/UserAccountServerPostHandler.cs). */
import type { Reply } from '@gridkeep/wire/robust/reply';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { PasswordRefusedError } from '../authentication/authentication.ts';
import type { FormFields } from '../form-fields.ts';
import type { NewResident } from '../residents.ts';
import { compact, formHandler, numbered } from '../robust-form.ts';
import type { FormAnswer, WrittenAnswer } from '../robust-form.ts';
import type { RobustRequest, RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import type { PublicAddress } from '../settings/public-address.ts';
import type { Settings } from '../settings/settings.ts';
import { WrittenReplies } from '../written-replies.ts';
import { AccountRefusedError, accountNameKey } from './account-names.ts';
import type { Account, AccountChanges } from './account.ts';
import { type Accounts, UnknownAccountError } from './accounts.ts';
import { gridServicesAccount } from './built-in-accounts.ts';
import { residentServiceUrls, serviceUrlsText } from './service-urls.ts';

export interface AccountsRobustOptions {
  readonly accounts: Accounts;
  readonly settings: Settings;
  readonly publicAddress: PublicAddress;
  /** Makes a resident with all that belongs to one. */
  readonly createResident: (resident: NewResident) => Promise<Account>;
  readonly log: ServiceLog;
}

const failure: FormAnswer = { reply: new Map([['result', 'Failure']]), layout: 'literal' };
const none = compact([['result', 'null']]);
/** Scopes are not used: every account is in the zero one. */
const scopeId = zeroUuid;

export function accountsRobust(options: AccountsRobustOptions): RobustRoutes {
  const { accounts, settings, publicAddress, createResident, log } = options;

  const written = new WrittenReplies((account: Account, url) =>
    compact([['result', accountReply(account, url)]]),
  );
  const one = (found: AtOnce<Account | undefined>): AtOnce<FormAnswer | WrittenAnswer> =>
    andThen(publicAddress.read(), (url) =>
      andThen(found, (account) => (account === undefined ? none : written.of(account, url))),
    );
  const several = (found: AtOnce<Iterable<Account>>): AtOnce<FormAnswer> =>
    andThen(publicAddress.read(), (url) =>
      andThen(found, (list) => {
        const members = numbered('account', list, (account) => accountReply(account, url));
        return members.length === 0 ? none : compact(members);
      }),
    );
  /** What a simulator asked for and may not have, for operators to see why. */
  const refused = (request: RobustRequest, reason: string): FormAnswer => {
    log.warn({ service: 'accounts', source: request.source, reason }, 'a simulator’s change was refused');
    return failure;
  };
  const changed = async (
    request: RobustRequest,
    change: Promise<Account>,
  ): Promise<FormAnswer | WrittenAnswer> => {
    try {
      return await one(await change);
    } catch (error) {
      if (
        error instanceof AccountRefusedError ||
        error instanceof PasswordRefusedError ||
        error instanceof UnknownAccountError
      )
        return refused(request, error.message);
      throw error;
    }
  };

  const handler = formHandler({
    name: 'accounts',
    log,
    failure,
    methods: {
      getaccount: (fields) => one(isOtherScope(fields) ? undefined : findAsked(accounts, fields)),
      getaccounts: (fields) => several(accounts.search(fields.text('query'))),
      getmultiaccounts: (fields) => {
        const ids = knownIds(fields);
        const builtIn = ids.includes(gridServicesAccount.id) ? [gridServicesAccount] : [];
        return several(andThen(accounts.findMany(ids), (found) => [...builtIn, ...found.values()]));
      },
      createuser: async (fields, request) => {
        if (!(await settings.read()).regionsCreateAccounts)
          return refused(request, 'regions-create-accounts is false');
        return changed(request, createResident(newResident(fields)));
      },
      setaccount: async (fields, request) => {
        if (!(await settings.read()).regionsChangeAccounts)
          return refused(request, 'regions-change-accounts is false');
        return changed(request, accounts.update(fields.uuid('PrincipalID'), accountChanges(fields)));
      },
    },
  });
  return new Map([['accounts', handler]]);
}

/** OpenSimulator answers `null` to a scope that is no UUID, and looks in the zero scope when nothing is in the other. */
function isOtherScope(fields: FormFields): boolean {
  const scope = fields.optionalText('ScopeID');
  return scope !== undefined && tryParseUuid(scope.trim()) === undefined;
}

/** By the first of the ways that the request has, also when that leads nowhere. */
function findAsked(accounts: Accounts, fields: FormFields): AtOnce<Account | undefined> {
  const idText = fields.optionalText('UserID') ?? fields.optionalText('PrincipalID');
  if (idText !== undefined) {
    const id = tryParseUuid(idText.trim());
    if (id === gridServicesAccount.id) return gridServicesAccount;
    return id === undefined ? undefined : accounts.find(id);
  }
  const email = fields.optionalText('Email');
  if (email !== undefined) return accounts.findByEmail(email);
  const firstName = fields.optionalText('FirstName');
  const lastName = fields.optionalText('LastName');
  if (firstName === undefined || lastName === undefined) return undefined;
  const { firstName: first, lastName: last } = gridServicesAccount;
  return accountNameKey(firstName.trim(), lastName.trim()) === accountNameKey(first, last)
    ? gridServicesAccount
    : accounts.findNamed(firstName, lastName);
}

/** An id that is none is no reason to keep the others back. */
function knownIds(fields: FormFields): readonly Uuid[] {
  return fields.list('IDS').flatMap((text) => tryParseUuid(text.trim()) ?? []);
}

function newResident(fields: FormFields): NewResident {
  const id = fields.optionalText('PrincipalID') === undefined ? undefined : fields.uuid('PrincipalID');
  return {
    ...(id === undefined ? {} : { id }),
    firstName: fields.text('FirstName'),
    lastName: fields.text('LastName'),
    email: fields.optionalText('Email') ?? '',
    password: fields.text('Password'),
  };
}

function accountChanges(fields: FormFields): AccountChanges {
  return {
    ...given('firstName', fields.optionalText('FirstName')),
    ...given('lastName', fields.optionalText('LastName')),
    ...given('email', fields.optionalText('Email')),
    ...given('title', fields.optionalText('UserTitle')),
    ...given('level', whole(fields, 'UserLevel')),
    ...given('flags', whole(fields, 'UserFlags')),
    ...given('createdAt', whole(fields, 'Created', 1000)),
  };
}

function whole(fields: FormFields, name: string, unit = 1): number | undefined {
  return fields.optionalText(name) === undefined ? undefined : fields.whole(name) * unit;
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  const member: { [Key in Name]?: Value } = {};
  if (value !== undefined) member[name] = value;
  return member;
}

function accountReply(account: Account, publicUrl: string): Reply {
  return new Map<string, string | number | boolean>([
    ['FirstName', account.firstName],
    ['LastName', account.lastName],
    ['Email', account.email],
    ['PrincipalID', account.id],
    ['ScopeID', scopeId],
    ['Created', Math.floor(account.createdAt / 1000)],
    ['UserLevel', account.level],
    ['UserFlags', account.flags],
    ['UserTitle', account.title],
    ['UserCountry', account.country],
    ['LocalToGrid', true],
    ['ServiceURLs', serviceUrlsText(residentServiceUrls(publicUrl, account.serviceUrls))],
  ]);
}
