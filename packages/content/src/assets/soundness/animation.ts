/** Animations in the viewers' keyframe format (viewers' llkeyframemotion.cpp); archives name them `.bvh`, which they are not. */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';
import { BlockError, ByteReader } from '../blocks/byte-reader.ts';

const prioritiesMax = 6;
const secondsMax = 60;
const jointsMax = 216;
const handPosesMax = 14;
const constraintsMax = 10;
const nameBytesMax = 256;
/** u16 time and three u16 since version 1.0; four floats in version 0.1. */
const keyBytes = 8;
const oldKeyBytes = 16;
/** Chain length, type, two volume names of 16 bytes, three vectors, four ramp times. */
const constraintBytes = 1 + 1 + 16 + 12 + 16 + 12 + 12 + 16;
const rootJoints: readonly string[] = ['mRoot', 'mScreen'];

export function checkAnimation(bytes: Uint8Array): readonly AssetProblem[] {
  const found: AssetProblem[] = [];
  try {
    walk(new ByteReader(bytes), found);
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    found.push(unsound(`cut off: ${error.message}`));
  }
  return found;
}

function walk(reader: ByteReader, found: AssetProblem[]): void {
  const version = `${reader.u16()}.${reader.u16()}`;
  if (version !== '1.0' && version !== '0.1') found.push(unsound(`version ${version}`));
  const priority = reader.i32();
  if (priority < -1 || priority > prioritiesMax) found.push(unusual(`priority ${priority}`));
  const duration = reader.f32();
  if (!(duration >= 0 && duration <= secondsMax)) found.push(unsound(`duration of ${duration} s`));
  reader.cString(nameBytesMax);
  const times = [reader.f32(), reader.f32()];
  reader.skip(4);
  times.push(reader.f32(), reader.f32());
  if (!times.every(Number.isFinite)) found.push(unsound('a loop or ease time is not finite'));
  const handPose = reader.u32();
  if (handPose > handPosesMax) found.push(unusual(`hand pose ${handPose}`));
  const joints = reader.u32();
  if (joints === 0 || joints > jointsMax) {
    found.push(unsound(`${joints} joints`));
    return;
  }
  for (let index = 0; index < joints; index += 1)
    walkJoint(reader, version === '0.1' ? oldKeyBytes : keyBytes, found);
  walkConstraints(reader, found);
}

function walkJoint(reader: ByteReader, bytesPerKey: number, found: AssetProblem[]): void {
  const name = reader.cString(nameBytesMax);
  if (rootJoints.includes(name)) found.push(unsound(`moves the joint ${name}`));
  reader.skip(4);
  for (const track of ['rotation', 'position']) {
    const keys = reader.i32();
    if (keys < 0) throw new BlockError(`${keys} ${track} keys`);
    reader.skip(keys * bytesPerKey);
  }
}

function walkConstraints(reader: ByteReader, found: AssetProblem[]): void {
  // Very old uploads end before the constraints.
  if (reader.left === 0) {
    found.push(unusual('ends before the constraints'));
    return;
  }
  const constraints = reader.i32();
  if (constraints < 0 || constraints > constraintsMax) found.push(unsound(`${constraints} constraints`));
  else reader.skip(constraints * constraintBytes);
  if (reader.left > 0) found.push(unusual(`${reader.left} bytes after the end`));
}
