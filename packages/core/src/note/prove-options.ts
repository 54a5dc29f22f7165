import { describe, shown } from '../entry/json.ts'
import { TILE, type TileRange } from '../merkle/merkle-tree.ts'
import { invalidOptions, isWholeNumber, optionsOf } from '../options.ts'

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
  if (typeof given !== 'number') return checkpointText(given, 'proveConsistency')
  if (isWholeNumber(given)) return given
  throw invalidOptions('proveConsistency', `a size is a whole number from 0, not ${shown(given)}`)
}

/** Checks which hashes of the tree are wanted. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function tileFrom(level: unknown, index: unknown, width: unknown): TileRange {
  if (!isWholeNumber(level))
    throw invalidOptions('tile', `level must be a whole number from 0, not ${shown(level)}`)
  if (!isWholeNumber(index))
    throw invalidOptions('tile', `index must be a whole number from 0, not ${shown(index)}`)
  if (isWholeNumber(width) && width >= 1 && width <= TILE) return { level, index, width }
  throw invalidOptions('tile', `width must be a whole number from 1 to ${TILE}, not ${shown(width)}`)
}
