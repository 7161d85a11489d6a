/** What an inspection wants to know of the bytes of one asset; object assets are parsed once for everything. */
import type { AssetReference } from '../assets/asset-reference.ts';
import { AssetTypes } from '../assets/asset-kinds.ts';
import type { AssetType } from '../assets/asset-kinds.ts';
import { checkAsset } from '../assets/check-asset.ts';
import { findReferences } from '../assets/references.ts';
import { sniffAsset } from '../assets/sniff.ts';
import { DocumentError } from '../documents/document-error.ts';
import { decodeDocument } from '../documents/document-text.ts';
import { isHalcyonObject } from '../documents/object-references.ts';
import { parseSceneObject } from '../documents/scene-object.ts';
import type { Finding } from './findings.ts';
import type { PolicyReport } from './inspection-report.ts';

export interface AssetContent {
  readonly problems: readonly Pick<Finding, 'rule' | 'severity' | 'message'>[];
  readonly references: readonly AssetReference[];
  readonly policy: PolicyReport;
}

const noPolicy: PolicyReport = { keyframeMotions: 0, scriptStates: 0, halcyonObjects: 0 };

const ruleOf = { empty: 'A1', size: 'C4', kind: 'A2', soundness: 'A3' } as const;

/** Never throws for what the bytes are. */
export function readAssetContent(type: AssetType, bytes: Uint8Array): AssetContent {
  if (type === AssetTypes.object && bytes.length > 0) {
    const object = readObjectAsset(bytes);
    if (object !== undefined) return object;
  }
  const problems = checkAsset(type, bytes).map(({ severity, rule, message }) => ({
    rule: ruleOf[rule],
    severity,
    message,
  }));
  return { problems, references: findReferences(type, bytes).references, policy: noPolicy };
}

/** Undefined when the bytes do not even look like an object. */
function readObjectAsset(bytes: Uint8Array): AssetContent | undefined {
  if (isHalcyonObject(bytes)) {
    const message = 'a binary object of Halcyon, which OpenSimulator cannot load';
    return {
      problems: [{ rule: 'O4', severity: 'warning', message }],
      references: [],
      policy: { ...noPolicy, halcyonObjects: 1 },
    };
  }
  const sniffed = sniffAsset(bytes);
  if (sniffed !== 'object' && sniffed !== 'coalesced object') return undefined;
  try {
    const object = parseSceneObject(decodeDocument(bytes).text);
    return {
      problems: object.findings.map(({ rule, severity, field, message }) => ({
        rule,
        severity,
        message: field === '' ? message : `${field}: ${message}`,
      })),
      references: object.references,
      policy: {
        keyframeMotions: object.hasKeyframeMotion ? 1 : 0,
        scriptStates: object.scriptStateCount,
        halcyonObjects: 0,
      },
    };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return {
      problems: [{ rule: 'A3', severity: 'error', message: error.message }],
      references: [],
      policy: noPolicy,
    };
  }
}
