/**
 * A command cannot do its work, for a reason that its user can mend. The message is one sentence, and says what to do.
 *
 * @example
 * throw new CommandError(`${path} is empty: it holds no log; give the file that the application records into`)
 */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
