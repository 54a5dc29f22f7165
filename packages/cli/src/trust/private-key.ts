import { CommandError } from '../command-error.ts'

/** What the text of a private key begins with. */
export const PRIVATE_PREFIX = 'PRIVATE+KEY+'

/**
 * Refuses an argument that holds a private key, as one does that was meant as the name of its file.
 *
 * @throws CommandError, which does not repeat it.
 */
export function assertNoPrivateKey(argument: string): void {
  if (!argument.includes(PRIVATE_PREFIX)) return
  throw new CommandError(
    'a private key must not stand in an argument, where others can see it; put it into a file, and make a new key if this one was real',
  )
}
