/** The command line or the input file is wrong. The message is all that the user needs; no stack is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
