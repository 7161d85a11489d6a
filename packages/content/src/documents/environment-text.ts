/**
 * The environment of a region or parcel: LLSD as text inside an XML element. OpenSimulator's own reader runs until memory is
 * exhausted on a string without its closing quote, so what does not parse is never passed on.
 */
import { readLlsd } from '@gridkeep/wire/llsd/detect';
import { LlsdError } from '@gridkeep/wire/llsd/value';
import type { AssetReference } from '../assets/asset-reference.ts';
import { environmentReferences } from '../assets/environment.ts';

export interface EnvironmentText {
  /** As it was, when it is sound LLSD; undefined when it is empty or damaged. */
  readonly text: string | undefined;
  readonly references: readonly AssetReference[];
  /** Why it was dropped. */
  readonly problem: string | undefined;
}

const environmentLengthMax = 1024 * 1024;

export function readEnvironmentText(text: string): EnvironmentText {
  if (text.trim() === '') return { text: undefined, references: [], problem: undefined };
  try {
    const value = readLlsd(Buffer.from(text, 'utf8'), { lengthMax: environmentLengthMax });
    return { text, references: environmentReferences(value), problem: undefined };
  } catch (error) {
    if (!(error instanceof LlsdError)) throw error;
    return { text: undefined, references: [], problem: error.message };
  }
}

/** Throws a RangeError for text that a simulator could hang on. */
export function requireSoundEnvironment(text: string): string {
  const { problem } = readEnvironmentText(text);
  if (problem !== undefined) throw new RangeError(`the environment is no LLSD: ${problem}`);
  return text;
}
