/** Changes to scene objects on their source text: every byte that is not meant stays as it was. */
import type { Vector3 } from '@gridkeep/wire/vector';
import { formatFloat32 } from '@gridkeep/wire/vector';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { childOf } from '@gridkeep/wire/xml-tree';
import { DocumentError } from './document-error.ts';
import { FieldError, readVector } from './field-values.ts';
import { keyframeElements, parseObjectXml, partElements, scriptStateElements } from './object-elements.ts';
import type { TextEdit } from './text-edits.ts';
import { applyEdits } from './text-edits.ts';

/** Adds metres to the position of a linkset, which stands in each of its parts. Throws a DocumentError for an object that cannot be read. */
export function moveObject(text: string, displacement: Vector3): string {
  const { x, y, z } = displacement;
  if (x === 0 && y === 0 && z === 0) return text;
  const edits = partElements(parseObjectXml(text)).flatMap((part) => {
    const position = childOf(part, 'GroupPosition');
    return position === undefined ? [] : moveEdits(position, [x, y, z]);
  });
  return applyEdits(text, edits);
}

function moveEdits(position: XmlElement, by: readonly number[]): readonly TextEdit[] {
  const at = readPosition(position);
  return position.children.flatMap((axis, index) => {
    const metres = by[index] ?? 0;
    const before = [at.x, at.y, at.z][index] ?? 0;
    if (metres === 0) return [];
    return [{ start: axis.contentStart, end: axis.contentEnd, replacement: formatFloat32(before + metres) }];
  });
}

function readPosition(position: XmlElement): Vector3 {
  try {
    return readVector(position);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const rule = error.reason === 'number' ? 'O3' : 'O1';
    throw new DocumentError(rule, 'GroupPosition', error.message, position.start);
  }
}

function removal(element: XmlElement): TextEdit {
  return { start: element.start, end: element.end, replacement: '' };
}

/** Leaves out what OpenSimulator would hand to .NET's BinaryFormatter, wherever it stands. */
export function withoutKeyframeMotion(text: string): string {
  if (!text.includes('KeyframeMotion')) return text;
  return applyEdits(text, keyframeElements(text, parseObjectXml(text)).map(removal));
}

/** Leaves out saved states of scripts, which may hold serialized data of a script engine. */
export function withoutScriptStates(text: string): string {
  if (!text.includes('ScriptState')) return text;
  return applyEdits(text, scriptStateElements(text, parseObjectXml(text)).map(removal));
}
