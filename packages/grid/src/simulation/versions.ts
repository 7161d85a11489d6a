/**
 * Versions of the protocol between simulators. They agree on one for each direction before an agent is sent.
 * Source: OpenSim/Services/Interfaces/ISimulationService.cs, OpenSim/Framework/EntityTransferContext.cs.
 */
import { widenedFloat } from './circuit-json.ts';
import type { JsonObject } from '../public-calls.ts';

export const versionMin = 0.3;
export const versionMax = 0.8;

/** What was agreed for one transfer. */
export interface TransferContext {
  readonly inboundVersion: number;
  readonly outboundVersion: number;
}

/** Before anything is agreed. */
export const newestContext: TransferContext = { inboundVersion: versionMax, outboundVersion: versionMax };

/** How many kinds of wearables the receiver knows; undefined for all. */
export function wearablesKnown({ outboundVersion }: TransferContext): number | undefined {
  // The versions came as floats: compared with some tolerance.
  if (outboundVersion < 0.499) return 15;
  return outboundVersion < 0.599 ? 16 : undefined;
}

/** The `context` of a call. */
export function packContext(context: TransferContext): JsonObject {
  return {
    InboundVersion: widenedFloat(context.inboundVersion),
    OutboundVersion: widenedFloat(context.outboundVersion),
    WearablesCount: wearablesKnown(context) ?? -1,
  };
}
