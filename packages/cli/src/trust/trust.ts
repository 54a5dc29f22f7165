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
import { readPolicy, type WitnessPolicy } from './witness-policy.ts'

/** Whose signatures count. */
export interface Trust {
  /** The log's own key. */
  readonly verifier: Verifier
  readonly policy: WitnessPolicy | undefined
}

/**
 * Reads the options that say whose signatures count; `undefined` if there are none.
 *
 * @throws CommandError for what cannot be read, and for a policy that names no key of the log where `--key` is missing.
 */
export async function trustFrom(context: Context, options: TrustOptions): Promise<Trust | undefined> {
  const policy = options.policy === undefined ? undefined : await readPolicy(context, options.policy)
  if (options.key !== undefined) return { verifier: await publicKeyFrom(context, options.key), policy }
  if (!policy) return undefined
  const [verifier, ...others] = policy.logs
  if (verifier && others.length === 0) return { verifier, policy }
  throw new CommandError(
    `${options.policy} names ${policy.logs.length === 0 ? 'no key of a log' : 'the keys of several logs'}; give the log's own with --key`,
  )
}

/** A checkpoint that the log's key has signed, and enough witnesses. */
export interface TrustedCheckpoint extends VerifiedCheckpoint {
  /** Those of the policy that have cosigned. */
  readonly cosignatures: readonly Cosignature[]
}

/**
 * Checks the signatures of a checkpoint.
 *
 * @throws AuditError as `verifyCheckpoint` does: `AUDIT_BAD_SIGNATURE`, `AUDIT_UNKNOWN_KEY` (also if too few witnesses have
 *   cosigned) and `AUDIT_WRONG_LOG` if it is not to be trusted; others if it is no checkpoint.
 */
export function trustedCheckpoint(checkpoint: string, { verifier, policy }: Trust): TrustedCheckpoint {
  const verified = verifyCheckpoint({ checkpoint, verifier })
  if (!policy) return verified
  const found = [...policy.witnesses].flatMap(([name, witness]) => {
    const cosignature = cosignatureBy(witness, checkpoint, verifier)
    return cosignature ? [{ name, cosignature }] : []
  })
  if (policy.isQuorum(new Set(found.map(({ name }) => name)))) {
    return { ...verified, cosignatures: found.map(({ cosignature }) => cosignature) }
  }
  const who = found.length === 0 ? 'no witness of it' : `only ${found.map(({ name }) => name).join(', ')}`
  throw new AuditError(
    'AUDIT_UNKNOWN_KEY',
    `too few witnesses have cosigned it: the policy demands ${policy.quorum}, and ${who} did`,
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
