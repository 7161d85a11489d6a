/** Regions to register, for tests. */
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Registration, RegistrationSource } from './registered-region.ts';

/** At a place in units of 256 m. */
export function testRegistration(
  name: string,
  x: number,
  y: number,
  changes: Partial<Registration> = {},
): Registration {
  return {
    id: randomUuid(),
    name,
    x: x * 256,
    y: y * 256,
    sizeX: 256,
    sizeY: 256,
    serverHost: '127.0.0.1',
    httpPort: 9000,
    serverUri: 'http://127.0.0.1:9000/',
    udpPort: 9000,
    mapTexture: zeroUuid,
    parcelTexture: zeroUuid,
    access: 13,
    secret: 'between simulators',
    ownerId: zeroUuid,
    token: '',
    ...changes,
  };
}

export const testSimulator: RegistrationSource = { simulator: 'sim1', address: '127.0.0.1' };
