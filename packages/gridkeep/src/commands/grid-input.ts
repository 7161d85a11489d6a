/** How a command names its grid. */
import type { Tenant, Tenants } from '@gridkeep/hosting/tenants/tenants';
import Type from 'typebox';
import { CommandError, usageErrorCode } from './command.ts';

/** Part of the input of every command that works on one grid. */
export const gridInput = {
  grid: Type.Optional(Type.String({ description: 'the grid; not needed while there is one', title: 'slug' })),
};

/** The grid that was named, or the only one. Throws an error that lists the slugs when it must be named. */
export async function tenantOf<Services>(
  tenants: Tenants<Services>,
  slug: string | undefined,
): Promise<Tenant<Services>> {
  if (slug !== undefined) return tenants.tenant(slug);
  const grids = await tenants.list();
  const [only] = grids;
  if (only === undefined)
    throw new CommandError('not-found', 'there is no grid yet: "gridkeep grid create SLUG" makes one');
  if (grids.length > 1)
    throw new CommandError(
      usageErrorCode,
      `--grid is needed, since there are several: ${grids.map((grid) => grid.slug).join(', ')}`,
    );
  return tenants.tenant(only.slug);
}
