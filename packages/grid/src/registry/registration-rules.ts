/** What a registration must fulfil, with messages that say which rule was broken and what to do. */
import { zeroUuid } from '@gridkeep/wire/uuid';
import { regionNameMax } from '../regions/region-records.ts';
import { storableText } from '../text.ts';
import {
  cellMetres,
  RegistrationRefusedError,
  registeredSizeMax,
  regionRowsStart,
} from './registered-region.ts';
import type { Registration } from './registered-region.ts';

const hostMax = 255;
const urlMax = 255;
const secretMax = 128;
const tokenMax = 255;
/** Simulators compute in 32-bit metres. */
const positionMax = 2 ** 31 - 1;

/** The registration with its texts as they can be stored. Throws RegistrationRefusedError. */
export function checkedRegistration(registration: Registration): Registration {
  const refuse = (rule: string): never => {
    throw new RegistrationRefusedError(rule);
  };
  if (registration.id === zeroUuid) refuse('the region has no id: give it a RegionUUID');
  const name = storableText(registration.name, regionNameMax).trim();
  if (name === '') refuse('the region has no name');
  checkPlace('x', registration.x, 0);
  checkPlace('y', registration.y, regionRowsStart);
  checkSize('SizeX', registration.sizeX);
  checkSize('SizeY', registration.sizeY);
  const serverUri = checkedUri(registration.serverUri);
  const serverHost = storableText(registration.serverHost, hostMax).trim();
  if (!/^[^\s/<>"]+$/.test(serverHost))
    refuse(`the region's ExternalHostName ${JSON.stringify(serverHost)} is no host name`);
  if (!isPort(registration.httpPort)) refuse(`the region's HTTP port ${registration.httpPort} is no port`);
  if (!isPort(registration.udpPort)) refuse(`the region's InternalPort ${registration.udpPort} is no port`);
  return {
    ...registration,
    ...{ name, serverHost, serverUri },
    secret: storableText(registration.secret, secretMax),
    token: storableText(registration.token, tokenMax),
    access: Math.min(255, Math.max(0, registration.access)),
  };
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value < 65_536;
}

function checkPlace(axis: string, metres: number, min: number): void {
  const unit = metres / cellMetres;
  if (metres >= min && metres <= positionMax && Number.isInteger(unit)) return;
  const range = `it must be from ${min / cellMetres} to ${Math.floor(positionMax / cellMetres)}`;
  throw new RegistrationRefusedError(
    Number.isInteger(unit)
      ? `the region's location ${axis} is ${unit}: ${range}`
      : `the region's location ${axis} is ${metres} m: it must be a multiple of ${cellMetres}`,
  );
}

function checkSize(key: string, metres: number): void {
  if (metres >= cellMetres && metres <= registeredSizeMax && metres % cellMetres === 0) return;
  throw new RegistrationRefusedError(
    `the region's ${key} is ${metres}: it must be a multiple of ${cellMetres} up to ${registeredSizeMax}`,
  );
}

/** With a slash at its end, as simulators expect it. */
function checkedUri(text: string): string {
  const uri = text.trim();
  const url = uri.length < urlMax && URL.canParse(uri) ? new URL(uri) : undefined;
  const right =
    url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!right)
    throw new RegistrationRefusedError(
      `the region's server address ${JSON.stringify(uri.slice(0, 100))} is no address that begins with http://`,
    );
  return uri.endsWith('/') ? uri : `${uri}/`;
}
