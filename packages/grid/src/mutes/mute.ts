/** What an agent does not want to hear or see. */
import type { Uuid } from '@gridkeep/wire/uuid';

export interface Mute {
  /** The zero id when it is muted by its name only. */
  readonly id: Uuid;
  readonly name: string;
  /** 0 by name, 1 agent, 2 object, 3 group, 4 external. */
  readonly type: number;
  /** Bits of what is still let through. */
  readonly flags: number;
  /** Unix seconds. */
  readonly stamp: number;
}
