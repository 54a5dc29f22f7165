import { AuditError, type Finding, type VerifyOptions } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { nameOf, readSmallFile } from './small-file.ts'
import {
  isDistrust,
  TooFewCosignatures,
  type Trust,
  type TrustedCheckpoint,
  trustedCheckpoint,
} from './trust.ts'

/** A checkpoint that was kept outside of the log, and whose signatures are good. */
export interface Anchor {
  /** The file that it came from. */
  readonly name: string
  /** The signed note. */
  readonly text: string
  readonly checkpoint: TrustedCheckpoint
}

/** The checkpoints of the user. All that are signed, are so by one key. */
export interface Anchors {
  readonly trusted: readonly Anchor[]
  /** Those that the log's key has signed, and too few witnesses have. Each has a finding. */
  readonly uncosigned: readonly Anchor[]
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
  if (paths.length === 0) return { trusted: [], uncosigned: [], findings: [] }
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
  const judged: Judged[] = []
  for (const path of paths) {
    judged.push(judge(nameOf(path), await readSmallFile(context, path, 'a checkpoint'), trust))
  }
  const trusted = judged.flatMap(({ anchor, finding }) => (anchor && !finding ? [anchor] : []))
  const uncosigned = judged.flatMap(({ anchor, finding }) => (anchor && finding ? [anchor] : []))
  const findings = judged.flatMap(({ finding }) => finding ?? [])
  const signed = [...trusted, ...uncosigned]
  if (signed.some(({ checkpoint }) => checkpoint.verifier !== signed[0]?.checkpoint.verifier)) {
    throw new CommandError('the checkpoints are of several logs; give those of one')
  }
  return { trusted, uncosigned, findings: [...findings, ...contradictions(signed)] }
}

/**
 * What `log.verify` compares a log with: the trusted checkpoints, and behind them those that lack witnesses, as the log must
 * continue these too.
 */
export function comparisonWith({ trusted, uncosigned }: Anchors): VerifyOptions {
  const anchors = [...trusted, ...uncosigned]
  const [first] = anchors
  if (!first) return {}
  return { checkpoints: anchors.map(({ text }) => text), verifiers: [first.checkpoint.verifier] }
}

/** A checkpoint that the log's key has signed, or what is wrong with it; both if it lacks witnesses. */
interface Judged {
  readonly anchor?: Anchor
  readonly finding?: Finding
}

function judge(name: string, text: string, trust: Trust): Judged {
  if (text.trim() === '') {
    throw new CommandError(`${name} is empty; give a checkpoint, as audit checkpoint writes it`)
  }
  try {
    return { anchor: { name, text, checkpoint: trustedCheckpoint(text, trust) } }
  } catch (error) {
    if (isDistrust(error)) {
      const finding: Finding = { kind: 'signature-bad', message: `${name}: ${error.message}` }
      if (!(error instanceof TooFewCosignatures)) return { finding }
      return { anchor: { name, text, checkpoint: error.checkpoint }, finding }
    }
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
