/**
 * The XML that simulators, viewers and archives speak, as a tree with source offsets.
 * Linear in time, bounded in depth, nodes and text; a DOCTYPE is refused before anything is expanded.
 */

export interface XmlLimits {
  /** Nesting of elements; the root has depth 1. */
  readonly depthMax: number;
  /** Elements and attributes together. */
  readonly nodesMax: number;
  /** UTF-16 units of the whole document. */
  readonly lengthMax: number;
}

export interface XmlElement {
  /** As written, prefix included. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Own text and CDATA joined, entities resolved, white space kept; '' when there is none. */
  readonly text: string;
  /** Offsets into the source: `start` at '<', `contentStart` after the start tag, `contentEnd` before the end tag, `end` after it. */
  readonly start: number;
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly end: number;
}

/** A document that breaks a rule of XML or a limit; `offset` is where, in UTF-16 units. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Depth 64 as for scene objects (the deepest legal documents), 10 million characters as OpenSimulator allows an object. */
export const defaultXmlLimits: XmlLimits = { depthMax: 64, nodesMax: 1_000_000, lengthMax: 10_000_000 };

/**
 * Parses one document: optional byte order mark and declaration (its encoding is ignored, see docs/formats.md),
 * one root element, comments and processing instructions skipped.
 */
export declare function parseXml(text: string, limits?: Partial<XmlLimits>): XmlElement;

/** The first child of that name. */
export declare function childOf(element: XmlElement, name: string): XmlElement | undefined;

/** Escapes text content: & < > and a carriage return as &#xD;; characters that XML 1.0 forbids are left out. */
export declare function escapeXml(text: string): string;
