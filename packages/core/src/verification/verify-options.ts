import { createVerifier, type Verifier, verifiersFrom } from '../note/verifier.ts'
import { type Given, invalidOptions, optionsOf } from '../options.ts'
import type { VerificationControl } from './report.ts'
import type { SignedCheckpoint } from './verify-log.ts'

/** What `log.verify` compares the log with, and how to watch and stop it. */
export interface VerifyOptions extends VerificationControl {
  /** A checkpoint that was kept elsewhere. Without one, the log is only compared with what its own store says. */
  readonly checkpoint?: string
  /** Trusted keys: the log's first, then those of witnesses. Default: the public key of the log's own signer. */
  readonly verifiers?: readonly Verifier[]
}

const KEYS = ['checkpoint', 'verifiers', 'onProgress', 'signal'] as const satisfies (keyof VerifyOptions)[]
const OWNER = 'verify'

/**
 * Checks the options of `log.verify`.
 *
 * @param ownKey the public key of the log's own signer.
 * @throws AuditError `AUDIT_INVALID_OPTIONS`, also if there is no key to check the checkpoint with.
 */
export function verifyOptions(options: VerifyOptions, ownKey: string | undefined) {
  const given = optionsOf(options, KEYS, OWNER)
  return { signed: signedCheckpoint(given, ownKey), control: controlFrom(given) }
}

function signedCheckpoint(
  given: Given<keyof VerifyOptions>,
  ownKey: string | undefined,
): SignedCheckpoint | undefined {
  const [verifier, ...witnesses] = verifiersOf(given, ownKey)
  if (!('checkpoint' in given)) return undefined
  const { checkpoint } = given
  if (typeof checkpoint !== 'string') {
    throw invalidOptions(
      OWNER,
      'checkpoint must be the text of a checkpoint; leave it out to verify without one',
    )
  }
  if (verifier) return { checkpoint, trust: { verifier, witnesses } }
  throw invalidOptions(OWNER, 'pass `verifiers` to check the checkpoint with')
}

function verifiersOf(given: Given<keyof VerifyOptions>, ownKey: string | undefined): readonly Verifier[] {
  if ('verifiers' in given) return verifiersFrom(given.verifiers, 'verifiers', OWNER)
  return ownKey === undefined ? [] : [createVerifier(ownKey)]
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
