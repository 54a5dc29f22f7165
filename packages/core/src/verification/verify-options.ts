import { shown } from '../entry/json.ts'
import { HASH_BYTES } from '../merkle/hashes.ts'
import type { TreeHead } from '../merkle/tree.ts'
import { checkpointText } from '../note/prove-options.ts'
import { type Verifier, verifiersFrom } from '../note/verifier.ts'
import type { Trust } from '../note/verify-checkpoint.ts'
import { type Given, invalidOptions, isWholeNumber, optionsOf } from '../options.ts'
import type { VerificationControl, VerificationReport } from './report.ts'

/** What `log.verify` compares the log with, and how to watch and stop it. */
export interface VerifyOptions extends VerificationControl {
  /** A checkpoint that was kept elsewhere. Without one, the log is only compared with what its own store says. */
  readonly checkpoint?: string
  /** Several checkpoints that were kept elsewhere: all are compared in one pass. */
  readonly checkpoints?: readonly string[]
  /** Trusted keys: the log's first, then those of witnesses. Default: the public key of the log's own signer. */
  readonly verifiers?: readonly Verifier[]
  /**
   * Reads only the entries from this index on, rounded down to a multiple of 256, and takes those before it as their stored
   * leaf hashes. The hashes must still lead to the checkpoints, and to the root of the earlier report if it is passed as it
   * is. Default: 0, which reads every entry.
   */
  readonly start?: number | Pick<VerificationReport, 'size' | 'root'> | undefined
}

/** A checkpoint that was kept elsewhere, with the keys to check it with. */
export interface SignedCheckpoint {
  readonly checkpoint: string
  readonly trust: Required<Trust>
}

/** The options of `log.verify`, checked. */
export interface VerifyRequest {
  readonly signed: readonly SignedCheckpoint[]
  /** The first index whose entry is to be read. */
  readonly start: number
  /** What an earlier verification found the first entries to be. */
  readonly earlier: TreeHead | undefined
  readonly control: VerificationControl
}

const KEYS = [
  'checkpoint',
  'checkpoints',
  'verifiers',
  'start',
  'onProgress',
  'signal',
] as const satisfies (keyof VerifyOptions)[]
const OWNER = 'verify'

/**
 * Checks the options of `log.verify`.
 *
 * @param own the key of the log's own signer.
 * @throws AuditError `AUDIT_INVALID_OPTIONS`, also if there is no key to check a checkpoint with.
 */
export function verifyOptions(options: VerifyOptions, own: Verifier | undefined): VerifyRequest {
  const given = optionsOf(options, KEYS, OWNER)
  const earlier = typeof given.start === 'object' ? headFrom(given.start) : undefined
  return {
    signed: signedCheckpoints(given, own),
    start: earlier?.size ?? startFrom(given.start),
    earlier,
    control: controlFrom(given),
  }
}

function signedCheckpoints(
  given: Given<keyof VerifyOptions>,
  own: Verifier | undefined,
): readonly SignedCheckpoint[] {
  const [verifier, ...witnesses] = verifiersOf(given, own)
  const checkpoints = [
    ...('checkpoint' in given ? [checkpointText(given.checkpoint, OWNER)] : []),
    ...('checkpoints' in given ? textsFrom(given.checkpoints) : []),
  ]
  if (verifier) return checkpoints.map(checkpoint => ({ checkpoint, trust: { verifier, witnesses } }))
  if (checkpoints.length === 0) return []
  throw invalidOptions(OWNER, 'pass `verifiers` to check the checkpoint with')
}

function textsFrom(given: unknown): readonly string[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw invalidOptions(
      OWNER,
      'checkpoints must be an array of texts, one at least; leave it out to verify without any',
    )
  }
  return Array.from(given, text => checkpointText(text, OWNER))
}

function verifiersOf(given: Given<keyof VerifyOptions>, own: Verifier | undefined): readonly Verifier[] {
  if ('verifiers' in given) return verifiersFrom(given.verifiers, 'verifiers', OWNER)
  return own ? [own] : []
}

function startFrom(given: unknown = 0): number {
  if (isWholeNumber(given)) return given
  throw invalidOptions(OWNER, `start must be an index, or an earlier report, not ${shown(given)}`)
}

function headFrom(given: object | null): TreeHead {
  const { size, root, ok }: { readonly [K in keyof TreeHead | 'ok']?: unknown } = given ?? {}
  if (ok === false)
    throw invalidOptions(OWNER, 'start is a report with findings: verify the whole log, until it is ok')
  if (!ArrayBuffer.isView(root) || root.byteLength !== HASH_BYTES) {
    throw invalidOptions(
      OWNER,
      'start must be an index, or an earlier report with its size and its root of 32 bytes',
    )
  }
  return {
    size: startFrom(size),
    root: new Uint8Array(root.buffer, root.byteOffset, root.byteLength).slice(),
  }
}

function controlFrom({ onProgress, signal }: Given<keyof VerificationControl>): VerificationControl {
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidOptions(OWNER, 'onProgress must be a function')
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOptions(OWNER, 'signal must be an AbortSignal')
  }
  return { signal, onProgress: progress => onProgress?.(progress) }
}
