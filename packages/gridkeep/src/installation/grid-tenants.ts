import type { GridServices } from '@gridkeep/grid/grid-services';
import type { Tenant, Tenants } from '@gridkeep/hosting/tenants/tenants';

/** The grids of an installation with the services of each. */
export type GridTenants = Tenants<GridServices>;
export type GridTenant = Tenant<GridServices>;
