/**
 * DynAttrs of a part: LLSD, a map of namespaces to maps of stores to maps (OpenSim/Framework/DAMap.cs).
 * Only the store of legacy materials names assets.
 */
import type { LlsdMap, LlsdValue } from '@gridkeep/wire/llsd/value';
import { LlsdError, LlsdUuid } from '@gridkeep/wire/llsd/value';
import { llsdFromXml } from '@gridkeep/wire/llsd/xml-reader';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import type { AssetReference } from '../assets/asset-reference.ts';
import { AssetTypes } from '../assets/asset-kinds.ts';
import type { ObjectReading } from './object-reading.ts';

function isMap(value: LlsdValue): value is LlsdMap {
  return value instanceof Map;
}

function member(value: LlsdValue, key: string): LlsdValue {
  return isMap(value) ? value.get(key) : undefined;
}

/** Adds the textures of legacy materials; LLSD that cannot be read is a finding. */
export function readDynamicAttributes(element: XmlElement, path: string, reading: ObjectReading): void {
  const [llsd] = element.children;
  if (llsd === undefined) return;
  let attributes: LlsdValue;
  try {
    attributes = llsdFromXml(llsd);
  } catch (error) {
    if (!(error instanceof LlsdError)) throw error;
    reading.find({
      rule: 'O1',
      severity: 'warning',
      field: path,
      message: error.message,
      offset: element.start,
    });
    return;
  }
  const materials = member(member(member(attributes, 'OpenSim'), 'Materials'), 'Materials');
  if (!Array.isArray(materials)) return;
  reading.block(path, () => materials.flatMap(materialReferences));
}

function materialReferences(entry: LlsdValue, index: number): readonly AssetReference[] {
  const references: AssetReference[] = [];
  for (const key of ['NormMap', 'SpecMap']) {
    const value = member(member(entry, 'Material'), key);
    if (value instanceof LlsdUuid)
      references.push({
        id: value.id,
        type: AssetTypes.texture,
        certain: true,
        where: `material ${index} ${key}`,
      });
  }
  return references;
}
