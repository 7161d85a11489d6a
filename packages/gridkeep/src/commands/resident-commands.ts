import type { Account } from '@gridkeep/grid/accounts/account';
import type { Accounts } from '@gridkeep/grid/accounts/accounts';
import Type from 'typebox';
import { installationCommand } from './command.ts';
import { formatTable, formatTime } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { residentOf, splitName } from './resident-name.ts';

const pageRows = 500;
const nameInput = Type.String({ description: 'first and last name' });
const passwordInput = Type.String();

export const residentCreate = installationCommand({
  name: 'resident create',
  summary: 'Make a resident: account, password and inventory',
  examples: [
    'gridkeep resident create "Ada Lovelace"',
    'gridkeep resident create "Ada Lovelace" --email ada@example.org --password-stdin < password.txt',
  ],
  input: Type.Object(
    {
      name: nameInput,
      email: Type.Optional(Type.String({ description: 'e-mail address', title: 'address' })),
      level: Type.Optional(
        Type.Integer({ description: 'below 0: cannot log in; from 200: may be a grid god (default 0)' }),
      ),
      password: passwordInput,
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['name'],
  secrets: ['password'],
  run: async ({ tenants }, input) => {
    const { grid, services } = await tenantOf(tenants, input.grid);
    const { createResident } = await import('@gridkeep/grid/residents');
    const account = await createResident(services, {
      ...splitName(input.name),
      ...(input.email === undefined ? {} : { email: input.email }),
      ...(input.level === undefined ? {} : { level: input.level }),
      password: input.password,
    });
    return {
      data: { resident: residentData(account) },
      text: `${account.firstName} ${account.lastName} is a resident of grid "${grid.slug}".`,
    };
  },
});

export const residentList = installationCommand({
  name: 'resident list',
  summary: 'List the residents of a grid',
  examples: ['gridkeep resident list', 'gridkeep resident list --grid seaside --json'],
  input: Type.Object({ ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const { grid, services } = await tenantOf(tenants, input.grid);
    const residents: Account[] = [];
    for await (const account of allResidents(services.accounts)) residents.push(account);
    return {
      data: { residents: residents.map(residentData) },
      text: formatTable(
        ['RESIDENT', 'ID', 'LEVEL', 'SINCE'],
        residents.map((one) => [
          `${one.firstName} ${one.lastName}`,
          one.id,
          String(one.level),
          formatTime(one.createdAt),
        ]),
        `Grid "${grid.slug}" has no residents yet.`,
      ),
    };
  },
});

export const residentPassword = installationCommand({
  name: 'resident password',
  summary: 'Give a resident a new password',
  examples: [
    'gridkeep resident password "Ada Lovelace"',
    'gridkeep resident password "Ada Lovelace" --password-stdin < password.txt',
  ],
  input: Type.Object(
    { name: nameInput, password: passwordInput, ...gridInput },
    { additionalProperties: false },
  ),
  positional: ['name'],
  secrets: ['password'],
  run: async ({ tenants }, input) => {
    const { services } = await tenantOf(tenants, input.grid);
    const account = await residentOf(services, input.name);
    await services.authentication.setPassword(account.id, input.password);
    return {
      data: { resident: residentData(account) },
      text: `${account.firstName} ${account.lastName} has a new password.`,
    };
  },
});

async function* allResidents(accounts: Accounts): AsyncIterable<Account> {
  for (let after: Account | undefined; ;) {
    const page = await accounts.list(pageRows, after);
    yield* page;
    after = page.at(-1);
    if (page.length < pageRows) return;
  }
}

function residentData(account: Account): Readonly<Record<string, unknown>> {
  const { id, firstName, lastName, email, level, active } = account;
  return {
    id,
    firstName,
    lastName,
    email,
    level,
    active,
    createdAt: new Date(account.createdAt).toISOString(),
  };
}
