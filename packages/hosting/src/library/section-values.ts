/** The values of one section with their types; what is wrong becomes a finding. */
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { LibraryFindings } from './library-findings.ts';
import type { NiniSection } from './nini-xml.ts';

export class SectionValues {
  readonly file: string;
  readonly entry: string;
  readonly #values: ReadonlyMap<string, string>;
  readonly #findings: LibraryFindings;

  constructor(file: string, section: NiniSection, findings: LibraryFindings) {
    this.file = file;
    this.entry = section.name;
    this.#values = section.values;
    this.#findings = findings;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string, otherwise: string): string {
    return this.#values.get(name) ?? otherwise;
  }

  /** Undefined, with a finding, when it is missing without an `otherwise`, or no UUID. */
  uuid(name: string, otherwise?: Uuid): Uuid | undefined {
    const text = this.#values.get(name);
    if (text === undefined && otherwise !== undefined) return otherwise;
    const id = text === undefined ? undefined : tryParseUuid(text.trim());
    if (id === undefined) this.refuse(`key ${name} ${text === undefined ? 'is missing' : 'is no UUID'}`);
    return id;
  }

  /** `otherwise` when it is missing; also, with a finding, when it is no whole number in that range. */
  whole(name: string, otherwise: number, min: number, max: number): number {
    const text = this.#values.get(name)?.trim();
    if (text === undefined) return otherwise;
    const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    this.refuse(`key ${name} is no whole number in ${min}…${max}`);
    return otherwise;
  }

  refuse(message: string): void {
    this.#findings.error(this.file, this.entry, message);
  }
}
