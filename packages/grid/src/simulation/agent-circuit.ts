/**
 * What is told to a simulator about an agent that will arrive. Source: OpenSim/Framework/AgentCircuitData.cs.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import type { JsonValue } from '../public-calls.ts';

export interface AgentCircuit {
  readonly agentId: Uuid;
  readonly firstName: string;
  readonly lastName: string;
  readonly sessionId: Uuid;
  readonly secureSessionId: Uuid;
  /** `gatekeeper address;uuid` of a travelling agent; empty on a grid without Hypergrid. */
  readonly serviceSessionId: string;
  /** Not zero, at most 31 bits. */
  readonly circuitCode: number;
  /** The seed capability is `<serverUri>CAPS/<capsPath>0000/`. */
  readonly capsPath: string;
  readonly child: boolean;
  readonly startPosition: Vector3;
  readonly clientAddress: string;
  readonly viewer: string;
  readonly channel: string;
  readonly mac: string;
  readonly id0: string;
  /** Bits of `teleportFlags`. */
  readonly teleportFlags: number;
  readonly serviceUrls: ReadonlyMap<string, string>;
  readonly appearanceSerial: number;
  /** `packed_appearance` as it stands in the JSON; handed on without being understood. */
  readonly appearance: JsonValue | undefined;
  /** Further members of a received circuit (such as `far`), handed on as they came. */
  readonly rest: Readonly<Record<string, JsonValue | undefined>>;
}

export const teleportFlags = {
  setHomeToTarget: 1,
  setLastToTarget: 2,
  viaLure: 4,
  viaLandmark: 8,
  viaLocation: 16,
  viaHome: 32,
  viaTelehub: 64,
  viaLogin: 128,
  viaGodlikeLure: 256,
  godlike: 512,
  viaRegionId: 4096,
  viaHypergridLogin: 2 ** 30,
} as const;
