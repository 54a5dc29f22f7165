import {
  AuditError,
  type Cosignature,
  type VerifiedCheckpoint,
  type Verifier,
  verifyCheckpoint,
} from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { publicKeyFrom } from './key-files.ts'
import type { TrustOptions } from './trust-options.ts'
import { readPolicy, shownName, type WitnessPolicy } from './witness-policy.ts'

/** Whose signatures count. */
export interface Trust {
  /** Keys of the log itself, one or more. One of them must have signed. */
  readonly logs: readonly Verifier[]
  readonly policy: WitnessPolicy | undefined
}

/**
 * Reads the options that say whose signatures count; `undefined` if there are none.
 *
 * @throws CommandError for what cannot be read, for a policy that names no key of a log where `--key` is missing, and for a
 *   `--key` that the policy does not name among others.
 */
export async function trustFrom(context: Context, options: TrustOptions): Promise<Trust | undefined> {
  const policy = options.policy === undefined ? undefined : await readPolicy(context, options.policy)
  if (options.key === undefined && !policy) return undefined
  const given = options.key === undefined ? [] : [await publicKeyFrom(context, options.key)]
  const named = policy?.logs ?? []
  if (given.length === 0 && named.length === 0) {
    throw new CommandError(
      `${options.policy} names no key of a log that can be checked here; give the log's own with --key`,
    )
  }
  if (policy?.namesLogs && !given.every(key => named.some(other => areSame(key, other)))) {
    throw new CommandError(
      `${options.policy} is for other logs than that of --key; give the policy for this log, or leave out --key`,
    )
  }
  return { logs: given.length > 0 ? given : named, policy }
}

function areSame(a: Verifier, b: Verifier): boolean {
  return a.name === b.name && Buffer.from(a.keyHash).equals(b.keyHash)
}

/** A checkpoint that the log's key has signed, and enough witnesses. */
export interface TrustedCheckpoint extends VerifiedCheckpoint {
  /** The log's key, which has signed it. */
  readonly verifier: Verifier
  /** Those of the policy that have cosigned. */
  readonly cosignatures: readonly Cosignature[]
}

/** `AUDIT_UNKNOWN_KEY`: the log's key has signed a checkpoint, and too few witnesses of the policy have cosigned it. */
export class TooFewCosignatures extends AuditError {
  readonly checkpoint: TrustedCheckpoint

  constructor(message: string, checkpoint: TrustedCheckpoint) {
    super('AUDIT_UNKNOWN_KEY', message)
    this.checkpoint = checkpoint
  }
}

/**
 * Checks the signatures of a checkpoint.
 *
 * @throws TooFewCosignatures; AuditError as `verifyCheckpoint` does: `AUDIT_BAD_SIGNATURE`, `AUDIT_UNKNOWN_KEY` and
 *   `AUDIT_WRONG_LOG` if it is not to be trusted; others if it is no checkpoint.
 */
export function trustedCheckpoint(checkpoint: string, { logs, policy }: Trust): TrustedCheckpoint {
  const verified = signedByOneOf(logs, checkpoint)
  if (!policy) return verified
  const { verifier } = verified
  const found = [...policy.witnesses].flatMap(([name, witness]) => {
    const cosignature = cosignatureBy(witness, checkpoint, verifier)
    return cosignature ? [{ name, cosignature }] : []
  })
  const checkpointOfLog = { ...verified, cosignatures: found.map(({ cosignature }) => cosignature) }
  if (policy.isQuorum(new Set(found.map(({ name }) => name)))) return checkpointOfLog
  const who =
    found.length === 0 ? 'no witness of it' : `only ${found.map(({ name }) => shownName(name)).join(', ')}`
  const others =
    policy.uncheckable.length === 0
      ? ''
      : `; ${policy.uncheckable.map(shownName).join(', ')} cannot be checked: the key is of a kind that is not known here, such as ML-DSA-44`
  throw new TooFewCosignatures(
    `too few witnesses have cosigned it: the policy demands ${policy.quorum}, and ${who} did${others}; the log's key has signed it, so get it again with the cosignatures`,
    checkpointOfLog,
  )
}

function signedByOneOf(logs: readonly Verifier[], checkpoint: string): TrustedCheckpoint {
  for (const verifier of logs) {
    try {
      return { ...verifyCheckpoint({ checkpoint, verifier }), verifier }
    } catch (error) {
      const isByOther = isDistrust(error) && error.code !== 'AUDIT_BAD_SIGNATURE'
      if (!isByOther || logs.length === 1) throw error
    }
  }
  throw new AuditError(
    'AUDIT_UNKNOWN_KEY',
    `it is signed by none of the logs of the policy: ${logs.map(({ name }) => name).join(', ')}`,
  )
}

function cosignatureBy(witness: Verifier, checkpoint: string, verifier: Verifier): Cosignature | undefined {
  try {
    return verifyCheckpoint({ checkpoint, verifier, witnesses: [witness] }).cosignatures[0]
  } catch (error) {
    if (error instanceof AuditError && error.code === 'AUDIT_UNKNOWN_KEY') return undefined
    throw error
  }
}

/** Whether an error says that a checkpoint is not to be trusted, and not that it could not be read. */
export function isDistrust(error: unknown): error is AuditError {
  if (!(error instanceof AuditError)) return false
  return ['AUDIT_BAD_SIGNATURE', 'AUDIT_UNKNOWN_KEY', 'AUDIT_WRONG_LOG'].includes(error.code)
}
