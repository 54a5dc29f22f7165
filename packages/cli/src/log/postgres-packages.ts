import { CommandError } from '../command-error.ts'
import { codeOf } from '../error-code.ts'

/** What goes on when a package that PostgreSQL needs cannot be loaded. Throws a CommandError if it is missing, or the error. */
export function withoutPostgres(error: unknown): never {
  const isMissing = codeOf(error) === 'ERR_MODULE_NOT_FOUND'
  if (!isMissing) throw error
  throw new CommandError(
    'a log on PostgreSQL needs two more packages; install them beside this one: npm install @audit/postgres pg',
  )
}
