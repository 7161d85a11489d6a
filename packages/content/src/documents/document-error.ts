/** What can be wrong with a document of an archive. Codes are those of the validator's rules (see the archives' README). */

export type DocumentRule =
  | 'C2' // control file
  | 'C4' // encoding, DOCTYPE, limits: what no reader may accept
  | 'R1' // region settings
  | 'R2' // terrain and parcels
  | 'O1' // objects parse
  | 'O2' // links of an object
  | 'O3' // numbers of an object
  | 'O4' // payloads that are never trusted
  | 'I1'; // inventory items and their paths

export interface DocumentFinding {
  readonly rule: DocumentRule;
  readonly severity: 'warning' | 'info';
  /** Path of elements: `part 2/TaskInventory/item 0/CreationDate`. */
  readonly field: string;
  readonly message: string;
  /** In characters of the decoded text. */
  readonly offset?: number;
}

/** The document cannot be used; nothing of it was. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly rule: DocumentRule;
  /** As in `DocumentFinding`; '' for the document as a whole. */
  readonly field: string;
  /** What is wrong, without rule and field. */
  readonly detail: string;
  /** In characters of the decoded text; undefined where there is no one place. */
  readonly offset: number | undefined;
  constructor(rule: DocumentRule, field: string, detail: string, offset?: number) {
    const at = offset === undefined ? '' : ` at character ${offset}`;
    super(field === '' ? `${rule}${at}: ${detail}` : `${rule}: ${field}${at}: ${detail}`);
    this.rule = rule;
    this.field = field;
    this.detail = detail;
    this.offset = offset;
  }
}

const quotedLengthMax = 60;

/** Foreign text for a message: quoted, one line, cut. */
export function quoted(text: string): string {
  return JSON.stringify(text.length <= quotedLengthMax ? text : `${text.slice(0, quotedLengthMax)}…`);
}
