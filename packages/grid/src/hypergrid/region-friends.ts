/**
 * What a grid tells the region where somebody is about his friends: `POST <server>friends`, as regions tell each other.
 * Source: OpenSim/Services/Connectors/Friends/FriendsSimConnector.cs.
 */
import { writeForm } from '@gridkeep/wire/robust/form';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { OutboundError } from '../outbound/outbound.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { Presence } from '../presence/presence.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';

const tellMs = 8000;
const answerBytesMax = 16 * 1024;

export interface FriendNews {
  readonly method: 'friendship_offered' | 'friendship_approved' | 'status';
  readonly fromId: Uuid;
  readonly toId: Uuid;
  /** What the method needs beside: `FromName`, `Message`, `Online`. */
  readonly fields: Readonly<Record<string, string>>;
}

export class RegionFriends {
  readonly #outbound: Outbound;
  readonly #presence: Presence;
  readonly #registry: RegionRegistry;

  constructor(outbound: Outbound, presence: Presence, registry: RegionRegistry) {
    this.#outbound = outbound;
    this.#presence = presence;
    this.#registry = registry;
  }

  /** Of these users those who are in a region of this grid, with its server's address. */
  async whereabouts(ids: Iterable<Uuid>): Promise<ReadonlyMap<Uuid, string>> {
    const found = new Map<Uuid, string>();
    for (const { userId, regionId } of await this.#presence.ofUsers(ids)) {
      // Who has logged in and is elsewhere by now has no region.
      const region = regionId === zeroUuid ? undefined : await this.#registry.find(regionId);
      if (region !== undefined) found.set(userId, region.serverUri);
    }
    return found;
  }

  /** A simulator that cannot be reached has nobody in it to tell. */
  async tell(serverUri: string, news: FriendNews): Promise<void> {
    try {
      await this.#outbound.request({
        method: 'POST',
        url: `${serverUri}friends`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: writeForm([
          ['METHOD', news.method],
          ['FromID', news.fromId],
          ['ToID', news.toId],
          ...Object.entries(news.fields),
        ]),
        ...{ timeoutMs: tellMs, bytesMax: answerBytesMax, to: 'simulator' },
      });
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
    }
  }
}
