import { describe } from '../entry/json.ts'
import { AuditError } from '../errors.ts'
import { TILE } from '../merkle/merkle-tree.ts'
import { invalidOptions, optionsOf } from '../options.ts'

/** What `log.prove` takes besides the id. */
export interface ProveOptions {
  /** A signed checkpoint of the log, to prove towards: no signer is needed then. Default: a new one, by the log's signer. */
  readonly checkpoint?: string | undefined
}

/** The checkpoint to prove towards, if one was given. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function checkpointFrom(options: ProveOptions): string | undefined {
  const { checkpoint } = optionsOf(options, ['checkpoint'], 'prove')
  return checkpoint === undefined ? undefined : checkpointText(checkpoint, 'prove')
}

/** Checks that what was given as a signed checkpoint is a text. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function checkpointText(given: unknown, owner: string): string {
  if (typeof given === 'string') return given
  throw invalidOptions(owner, `a checkpoint is the text of a signed note, not ${describe(given)}`)
}

/** Checks what was given as an older checkpoint, or as a size. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function olderFrom(given: unknown): string | number {
  return typeof given === 'number' ? wholeNumber('a size', given) : checkpointText(given, 'proveConsistency')
}

/** Checks a whole number from 0. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function wholeNumber(what: string, given: unknown): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0) return given
  throw new AuditError('AUDIT_INVALID_OPTIONS', `${what} is a whole number from 0, not ${describe(given)}`)
}

/** Checks how many hashes of a tile are wanted. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function widthFrom(given: unknown): number {
  const width = wholeNumber('a width', given)
  if (width >= 1 && width <= TILE) return width
  throw new AuditError('AUDIT_INVALID_OPTIONS', `a tile has 1 to ${TILE} hashes, not ${width}`)
}
