import { AuditError, type Finding } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { nameOf, readSmallFile } from './small-file.ts'
import { isDistrust, type Trust, type TrustedCheckpoint, trustedCheckpoint } from './trust.ts'

/** A checkpoint that was kept outside of the log, and whose signatures are good. */
export interface Anchor {
  /** The file that it came from. */
  readonly name: string
  /** The signed note. */
  readonly text: string
  readonly checkpoint: TrustedCheckpoint
}

/** The checkpoints of the user. */
export interface Anchors {
  /** All signed by one key. */
  readonly trusted: readonly Anchor[]
  /** One for each that is not to be trusted, and one for each two that contradict each other. */
  readonly findings: readonly Finding[]
}

/**
 * Reads the checkpoints that the options name.
 *
 * @throws CommandError for a checkpoint without a key, and for a key without a checkpoint; and what `readAnchors` throws.
 */
export async function anchorsFrom(
  context: Context,
  paths: readonly string[] = [],
  trust: Trust | undefined,
): Promise<Anchors> {
  if (trust && paths.length === 0) {
    throw new CommandError('a key checks a checkpoint, and none was given; add --checkpoint <file>')
  }
  if (paths.length === 0) return { trusted: [], findings: [] }
  if (trust) return readAnchors(context, paths, trust)
  throw new CommandError("a checkpoint is checked with the log's public key; add --key <key>")
}

/**
 * Reads checkpoints and checks their signatures.
 *
 * @param paths `-` is standard input, once.
 * @throws CommandError for a file that holds no checkpoint: nothing can be said about it; for checkpoints of several logs.
 */
export async function readAnchors(
  context: Context,
  paths: readonly string[],
  trust: Trust,
): Promise<Anchors> {
  if (paths.filter(path => path === '-').length > 1) {
    throw new CommandError('standard input holds one checkpoint; give the others as files')
  }
  const trusted: Anchor[] = []
  const findings: Finding[] = []
  for (const path of paths) {
    const anchor = anchorFrom(nameOf(path), await readSmallFile(context, path, 'a checkpoint'), trust)
    if ('kind' in anchor) findings.push(anchor)
    else trusted.push(anchor)
  }
  if (trusted.some(({ checkpoint }) => checkpoint.verifier !== trusted[0]?.checkpoint.verifier)) {
    throw new CommandError('the checkpoints are of several logs; give those of one')
  }
  return { trusted, findings: [...findings, ...contradictions(trusted)] }
}

function anchorFrom(name: string, text: string, trust: Trust): Anchor | Finding {
  if (text.trim() === '') {
    throw new CommandError(`${name} is empty; give a checkpoint, as audit checkpoint writes it`)
  }
  try {
    return { name, text, checkpoint: trustedCheckpoint(text, trust) }
  } catch (error) {
    if (isDistrust(error)) return { kind: 'signature-bad', message: `${name}: ${error.message}` }
    if (!(error instanceof AuditError)) throw error
    throw new CommandError(`${name} cannot be used as a checkpoint: ${error.message}`)
  }
}

/** Two checkpoints of one size with different roots prove, without any log, that two histories were signed. */
function contradictions(anchors: readonly Anchor[]): readonly Finding[] {
  return anchors.flatMap((a, i) =>
    anchors.slice(i + 1).flatMap(b => {
      if (a.checkpoint.size !== b.checkpoint.size || areEqual(a.checkpoint.root, b.checkpoint.root)) return []
      const message = `${a.name} and ${b.name} contradict each other: the key's owner has signed two histories of ${a.checkpoint.size} entries; keep both files`
      return [{ kind: 'checkpoint-inconsistent', message } satisfies Finding]
    }),
  )
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b)
}
