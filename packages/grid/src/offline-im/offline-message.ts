/** An instant message that waits for its recipient. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';

/** OpenSim/Framework/GridInstantMessage.cs */
export interface OfflineMessage {
  readonly toId: Uuid;
  readonly fromId: Uuid;
  readonly fromName: string;
  readonly fromGroup: boolean;
  /** 0 to 255, as `offline`. */
  readonly dialog: number;
  readonly offline: number;
  readonly sessionId: Uuid;
  readonly message: string;
  /** Handed back as it came: simulators write it as hexadecimal text. */
  readonly binaryBucket: string;
  /** 0 to 4294967295, as `timestamp`. */
  readonly estateId: number;
  readonly regionId: Uuid;
  readonly position: Vector3;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** A binary bucket as simulators write it: pairs of digits, sixteen in a line (OpenMetaverse's Utils.BytesToHexString). */
export function bucketText(bytes: Uint8Array): string {
  const pairs = Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0'));
  const lines: string[] = [];
  for (let from = 0; from < pairs.length; from += 16) lines.push(pairs.slice(from, from + 16).join(' '));
  return lines.join('\n');
}
