/** What a grid knows of where a user was. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';

export interface GridUser {
  /** A UUID, or `uuid;home address;First Last` of a visitor, as it was written last. */
  readonly userId: string;
  readonly homeRegionId: Uuid;
  readonly homePosition: Vector3;
  readonly homeLookAt: Vector3;
  readonly lastRegionId: Uuid;
  readonly lastPosition: Vector3;
  readonly lastLookAt: Vector3;
  readonly online: boolean;
  /** Unix milliseconds; 0 never. */
  readonly login: number;
  /** Unix milliseconds; 0 never. */
  readonly logout: number;
}
