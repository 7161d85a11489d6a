/** What was read is not what the format allows: damage, another version, or somebody's attempt. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
