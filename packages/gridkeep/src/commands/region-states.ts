/** The regions of a grid as an operator must see them: what is stored, what simulators run, and what is wrong. */
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { Region } from '@gridkeep/grid/regions/region-records';
import { cellMetres, isLink, isOnline, operatorFlagNames } from '@gridkeep/grid/registry/registered-region';
import type { SurveyedRegion } from '@gridkeep/grid/registry/region-registry';
import type { RegionReport } from '@gridkeep/grid/registry/registry-tables';
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatTime } from './format.ts';
import { allRegions } from './all-regions.ts';

export type RegionStateName = 'online' | 'unreachable' | 'offline' | 'refused' | 'not-running' | 'link';

export interface RegionState {
  readonly id: Uuid;
  readonly name: string;
  readonly stored: Region | undefined;
  readonly registered: SurveyedRegion | undefined;
  readonly state: RegionStateName;
  /** Unix milliseconds; 0 when the state has no beginning. */
  readonly since: number;
  /** Empty when nothing is wrong. */
  readonly reason: string;
  readonly flags: readonly string[];
  /** What else the operator should know, newest first. */
  readonly notices: readonly RegionReport[];
}

/** In the order of names. */
export async function regionStates(services: GridServices): Promise<readonly RegionState[]> {
  const stored = new Map<Uuid, Region>();
  for await (const region of allRegions(services.regions)) stored.set(region.id, region);
  const survey = await services.registry.survey();
  const registered = new Map(survey.regions.map((surveyed) => [surveyed.region.id, surveyed]));
  const reports = Map.groupBy(survey.reports, ({ regionId }) => regionId);
  const ids = new Set([...stored.keys(), ...registered.keys(), ...reports.keys()]);
  const states = Array.from(ids, (id) =>
    stateOf(id, stored.get(id), registered.get(id), reports.get(id) ?? [], survey.flags.get(id) ?? 0),
  );
  return states.sort((a, b) => a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1));
}

function stateOf(
  id: Uuid,
  stored: Region | undefined,
  registered: SurveyedRegion | undefined,
  reports: readonly RegionReport[],
  flags: number,
): RegionState {
  const name = registered?.region.name ?? stored?.name ?? reports[0]?.name ?? '';
  const refusal = reports.find(({ kind }) => kind === 'refused');
  return {
    ...{ id, name, stored, registered },
    ...condition(registered, refusal),
    flags: operatorFlagNames(flags),
    notices: reports.filter((report) => report !== refusal || registered !== undefined),
  };
}

function condition(
  registered: SurveyedRegion | undefined,
  refusal: RegionReport | undefined,
): Pick<RegionState, 'state' | 'since' | 'reason'> {
  if (registered === undefined)
    return refusal === undefined
      ? { state: 'not-running', since: 0, reason: '' }
      : { state: 'refused', since: refusal.reportedAt, reason: refusal.text };
  const { region, unreachableReason } = registered;
  if (isLink(region)) return { state: 'link', since: 0, reason: '' };
  if (!isOnline(region)) return { state: 'offline', since: region.lastSeen, reason: '' };
  if (region.unreachableSince !== undefined)
    return { state: 'unreachable', since: region.unreachableSince, reason: unreachableReason };
  return { state: 'online', since: region.registeredAt, reason: '' };
}

export function describeState({ state, since, reason }: RegionState): string {
  switch (state) {
    case 'online':
      return 'online';
    case 'offline':
      return `offline since ${formatTime(since)}`;
    case 'unreachable':
      return `unreachable since ${formatTime(since)}: ${reason}`;
    case 'refused':
      return `refused ${formatTime(since)}: ${reason}`;
    case 'not-running':
      return 'not running';
    case 'link':
      return 'link to another grid';
  }
}

export function describeNotice({ kind, name, text, reportedAt }: RegionReport): string {
  const what = kind === 'refused' ? `refused: ${text}` : text;
  return `${formatTime(reportedAt)}  region ${JSON.stringify(name)}: ${what}`;
}

export function placeOf(state: RegionState): { readonly location: string; readonly size: string } {
  const { registered, stored } = state;
  if (registered !== undefined) {
    const { x, y, sizeX, sizeY } = registered.region;
    return { location: `${x / cellMetres},${y / cellMetres}`, size: `${sizeX}x${sizeY}` };
  }
  if (stored === undefined) return { location: '', size: '' };
  return {
    location: `${stored.locationX},${stored.locationY}`,
    size: `${stored.sizeX}x${stored.sizeY}`,
  };
}

/** Without the secrets that simulators share. */
export function stateData(state: RegionState): Readonly<Record<string, unknown>> {
  const region = state.registered?.region;
  const time = (ms: number) => (ms === 0 ? null : new Date(ms).toISOString());
  return {
    id: state.id,
    name: state.name,
    ...(region === undefined
      ? {}
      : {
          locationX: region.x / cellMetres,
          locationY: region.y / cellMetres,
          sizeX: region.sizeX,
          sizeY: region.sizeY,
        }),
    state: state.state,
    since: time(state.since),
    reason: state.reason === '' ? null : state.reason,
    flags: state.flags,
    stored: state.stored !== undefined,
    simulator: region === undefined || region.simulator === '' ? null : region.simulator,
    address: region?.serverUri ?? null,
    lastSeen: time(region?.lastSeen ?? 0),
    checkedAt: time(state.registered?.checkedAt ?? 0),
    notices: state.notices.map(({ kind, text, reportedAt }) => ({
      ...{ kind, text },
      at: new Date(reportedAt).toISOString(),
    })),
  };
}
