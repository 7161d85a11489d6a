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
