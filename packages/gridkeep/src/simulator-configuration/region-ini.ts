/** A file for `bin/Regions`: without one of these keys a simulator asks on its console and waits. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { writeIni } from './ini-text.ts';

export interface RegionPlace {
  readonly id: Uuid;
  readonly name: string;
  /** In cells of 256 m. */
  readonly x: number;
  readonly y: number;
  /** UDP port for viewers. */
  readonly port: number;
  /** Absent: the simulator finds its own address. */
  readonly host?: string;
}

export function regionIni(region: RegionPlace): string {
  return writeIni(
    [`Save as bin/Regions/${region.name.replaceAll(/[^A-Za-z0-9._-]+/g, '_')}.ini.`],
    [
      {
        name: region.name,
        keys: [
          ['RegionUUID', region.id],
          ['Location', `${region.x},${region.y}`],
          ['SizeX', 256],
          ['SizeY', 256],
          ['SizeZ', 256],
          ['InternalAddress', '0.0.0.0'],
          ['InternalPort', region.port],
          ['ResolveAddress', false],
          ['AllowAlternatePorts', false],
          ['ExternalHostName', region.host ?? 'SYSTEMIP'],
          ['MaxPrims', 15000],
          ['MaxAgents', 100],
        ],
      },
    ],
  );
}
