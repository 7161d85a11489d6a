/** What is gathered while one scene object is read: findings, references, people; and what to do with a bad value. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import type { AssetReference } from '../assets/asset-reference.ts';
import { ReferenceList } from '../assets/asset-reference.ts';
import type { DocumentFinding } from './document-error.ts';
import { DocumentError } from './document-error.ts';
import type { OnFieldError } from './field-table.ts';
import type { FieldError } from './field-values.ts';
import { DecimalCommaError } from './field-values.ts';

export type IdentityRole = 'creator' | 'owner' | 'lastOwner' | 'group' | 'rezzer' | 'permsGranter';

export interface Identity {
  readonly role: IdentityRole;
  readonly id: Uuid;
  /** `<home URL>;<First Last>`, creators only; '' when there is none. */
  readonly creatorData: string;
}

/** A hostile object must not make a report grow. */
const findingsMax = 100;
/** After so many failing elements the loader gives up a shape or an item, and with it the object (ExternalRepresentationUtils.cs). */
const failuresPerStructureMax = 10;
/** An object with more bad values than this is none, and each costs time. */
const failuresMax = 10_000;

export class ObjectReading {
  readonly references = new ReferenceList();
  readonly #tolerant: boolean;
  #failures = 0;
  readonly #findings: DocumentFinding[] = [];
  readonly #identities = new Map<string, Identity>();

  /** `tolerant`: what makes an object unusable becomes a finding, for callers that want only what can be had. */
  constructor(tolerant = false) {
    this.#tolerant = tolerant;
  }

  find(finding: DocumentFinding): void {
    if (this.#findings.length < findingsMax) this.#findings.push(finding);
  }

  person(role: IdentityRole, id: Uuid, creatorData = ''): void {
    if (id === zeroUuid && creatorData === '') return;
    const key = `${role} ${id} ${creatorData}`;
    if (!this.#identities.has(key)) this.#identities.set(key, { role, id, creatorData });
  }

  /** Reads the references of a binary block; a malformed block is a finding, the object stays usable. */
  block(path: string, read: () => readonly AssetReference[]): void {
    try {
      for (const reference of read())
        this.references.add({ ...reference, where: `${path}/${reference.where}` });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.find({ rule: 'O1', severity: 'warning', field: path, message: error.message });
    }
  }

  /** Something for which OpenSimulator gives up the whole object. */
  refuse(error: DocumentError): void {
    if (!this.#tolerant) throw error;
    this.find({ rule: error.rule, severity: 'warning', field: error.field, message: error.detail });
  }

  /** For elements of a part: OpenSimulator gives up the whole object. */
  strict(path: string): OnFieldError {
    return (error, element) => {
      this.#refuseField(error, `${path}/${element.name}`, element);
    };
  }

  /** For elements of a shape or a task item: OpenSimulator logs it and takes the default. */
  lenient(path: string): OnFieldError {
    let failures = 0;
    return (error, element) => {
      const field = `${path}/${element.name}`;
      failures += 1;
      if (failures === failuresPerStructureMax)
        this.refuse(new DocumentError('O1', path, `${failures} elements that cannot be read`, element.start));
      if (error.reason !== 'form' || error instanceof DecimalCommaError) {
        this.#refuseField(error, field, element);
        return;
      }
      this.#countFailure(field);
      const message = `${error.message}; OpenSimulator passes over this element`;
      this.find({ rule: 'O1', severity: 'warning', field, message, offset: element.start });
    };
  }

  get findings(): readonly DocumentFinding[] {
    return this.#findings;
  }

  get identities(): readonly Identity[] {
    return [...this.#identities.values()];
  }

  #countFailure(field: string): void {
    this.#failures += 1;
    if (this.#failures > failuresMax)
      throw new DocumentError('O1', field, `more than ${failuresMax} elements that cannot be read`);
  }

  #refuseField(error: FieldError, field: string, element: XmlElement): void {
    this.#countFailure(field);
    if (error instanceof DecimalCommaError && !this.#tolerant) throw error;
    const rule = error.reason === 'number' ? 'O3' : 'O1';
    this.refuse(new DocumentError(rule, field, error.message, element.start));
  }
}
