/** A resident's account, as grid services and simulators know it. */
import type { Uuid } from '@gridkeep/wire/uuid';

/** UTF-16 units of first and of last name. */
export const accountNameMax = 64;
export const accountTitleMax = 64;
export const accountCountryMax = 64;
export const accountEmailMax = 254;
export const serviceUrlsMax = 16;
export const serviceUrlLengthMax = 255;

/** Accounts at or above this level can have the powers of a grid god. */
export const godLevel = 200;

export interface NewAccount {
  /** Made up when it is left out. */
  readonly id?: Uuid;
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
  readonly level?: number;
  readonly title?: string;
}

export interface AccountChanges {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly level?: number;
  readonly flags?: number;
  readonly title?: string;
  readonly country?: string;
  /** Unix milliseconds. */
  readonly createdAt?: number;
  readonly serviceUrls?: ReadonlyMap<string, string>;
  readonly active?: boolean;
}

export interface Account {
  readonly id: Uuid;
  readonly firstName: string;
  readonly lastName: string;
  /** '' when there is none; not unique. */
  readonly email: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Below 0: cannot log in; from 200: grid god. */
  readonly level: number;
  /** Bits: 4 payment info, 32 age verified, 64 may be impersonated, 0xF00 account type. */
  readonly flags: number;
  readonly title: string;
  readonly country: string;
  readonly serviceUrls: ReadonlyMap<string, string>;
  /** False hides the account from searches by name. */
  readonly active: boolean;
}
