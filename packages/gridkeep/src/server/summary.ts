/** What a start tells: the addresses, and what to do next. */
import { isIPv6 } from 'node:net';
import { gridkeepVersion } from '../gridkeep-version.ts';

/** What a running server knows of itself. */
export interface ServerFacts {
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly data: string;
  readonly host: string;
  readonly publicPort: number;
  readonly servicesPort: number;
  readonly panelPort: number;
  /** Simulators need no credential. */
  readonly open: boolean;
  /** The slug of the default grid, when this start made it. */
  readonly gridMade?: string;
}

export const openWarning =
  'simulators need no credential (services_access = "open"): whoever reaches the services port can read and change everything';

export interface Addresses {
  readonly public: string;
  readonly services: string;
  readonly panel: string;
}

export function addressesOf(facts: ServerFacts): Addresses {
  const host = isIPv6(facts.host) ? `[${facts.host}]` : facts.host;
  return {
    public: `http://${host}:${facts.publicPort}/`,
    services: `http://${host}:${facts.servicesPort}/`,
    panel: `http://${host}:${facts.panelPort}/`,
  };
}

export function summaryText(facts: ServerFacts): string {
  const addresses = addressesOf(facts);
  const made = facts.gridMade === undefined ? [] : [`Grid "${facts.gridMade}" was made.`];
  return [
    `Gridkeep ${gridkeepVersion} is ready, data in ${facts.data}`,
    `  public    ${addresses.public}`,
    `  services  ${addresses.services}  (simulators, ${facts.open ? 'WITHOUT credential' : 'by credential'})`,
    `  panel     ${addresses.panel}`,
    ...made,
    ...(facts.open ? [`warning: ${openWarning}`] : []),
    'Next: gridkeep resident create "First Last" · gridkeep region load NAME FILE.oar · gridkeep status',
  ].join('\n');
}

export function summaryData(facts: ServerFacts): Readonly<Record<string, unknown>> {
  return {
    ready: true,
    version: gridkeepVersion,
    pid: process.pid,
    data: facts.data,
    addresses: addressesOf(facts),
    servicesAccess: facts.open ? 'open' : 'credential',
    gridMade: facts.gridMade ?? null,
  };
}
