/**
 * Stops the demo for a reason that the user can mend: the command line, the input file, the server. The message is all
 * that they need; no stack is shown.
 */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}
