/** Materials (57): LLSD around the JSON of a glTF file with one material and ids in place of picture addresses. */
import { LlsdError, isLlsdMap } from '@gridkeep/wire/llsd/value';
import { readAssetLlsd } from './asset-llsd.ts';

const imagesMax = 5;

export interface GltfMaterial {
  /** The glTF document. */
  readonly json: string;
  /** What deviates from the format; undefined for a sound material. */
  readonly problem: string | undefined;
}

/** Never throws. A text says why there is no material at all. */
export function parseGltfMaterial(bytes: Uint8Array): GltfMaterial | string {
  try {
    const value = readAssetLlsd(bytes);
    if (!isLlsdMap(value)) return 'not a map';
    const json = value.get('data');
    if (typeof json !== 'string') return 'no string "data"';
    const version = value.get('version');
    const type = value.get('type');
    if (version !== '1.0' && version !== '1.1') return { json, problem: 'unknown version' };
    if (type !== 'GLTF 2.0') return { json, problem: 'the type is not "GLTF 2.0"' };
    return { json, problem: problemOfGltf(json) };
  } catch (error) {
    if (error instanceof LlsdError) return error.message;
    throw error;
  }
}

function listOf(document: object, name: string): readonly unknown[] {
  const list: unknown = Reflect.get(document, name);
  return Array.isArray(list) ? list : [];
}

function problemOfGltf(json: string): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    return '"data" is not JSON';
  }
  if (typeof document !== 'object' || document === null) return '"data" is not a glTF document';
  const materials = listOf(document, 'materials').length;
  if (materials !== 1) return `${materials} materials instead of 1`;
  const images = listOf(document, 'images').length;
  return images > imagesMax ? `${images} images, more than ${imagesMax}` : undefined;
}
