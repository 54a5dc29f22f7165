import type { Finding, ImportedRange, VerificationReport } from '@audit/core'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { counted } from '../output/numbers.ts'
import type { Anchor, Anchors } from '../trust/anchor.ts'
import type { Trust } from '../trust/trust.ts'

/** What is to be said about a log, and what not. */
export interface Verdict {
  /**
   * `anchored`: whole, and compared with a checkpoint that was kept outside. `unanchored`: whole as far as the log alone can
   * tell. `findings`: something is wrong.
   */
  readonly verdict: 'anchored' | 'unanchored' | 'findings'
  /** How many entries it had when the verification began; `null` if it could not be read. */
  readonly size: number | null
  /** The root over them, 32 bytes. */
  readonly root: Uint8Array | null
  readonly findings: readonly Finding[]
  /** The checkpoints whose signatures are good, each with what became of it. */
  readonly checkpoints: readonly ComparedAnchor[]
  /** The first entries, if they were imported with their own ids and times. */
  readonly imported: ImportedRange | undefined
  /** What was not looked at, in sentences. */
  readonly unchecked: readonly string[]
}

/** A checkpoint that was kept outside, and whether the log continues it. */
export interface ComparedAnchor extends Anchor {
  readonly isConsistent: boolean
}

/** What is known besides the report. */
export interface Circumstances {
  readonly anchors: Anchors
  readonly trust: Trust | undefined
  /** How many entries were recorded while the verification ran. */
  readonly recordedSince: number
  /** Whether newer entries could stand in a file that was not copied along. */
  readonly mayLackWal: boolean
}

/** Judges a report. */
export function verdictOf(report: VerificationReport, circumstances: Circumstances): Verdict {
  const { anchors } = circumstances
  const findings = [...anchors.findings, ...report.findings]
  const checkpoints = anchors.trusted.map((anchor, i) => ({
    ...anchor,
    isConsistent: report.checkpoints[i]?.isConsistent === true,
  }))
  // A report that contradicts itself must not pass either.
  const isWhole = report.ok && findings.length === 0 && checkpoints.every(({ isConsistent }) => isConsistent)
  // A checkpoint of an empty log anchors nothing.
  const isAnchored = checkpoints.length > 0 && (report.size === 0 || report.uncovered < report.size)
  return {
    verdict: !isWhole ? 'findings' : isAnchored ? 'anchored' : 'unanchored',
    size: report.size,
    root: report.root,
    findings,
    checkpoints,
    imported: report.imported,
    unchecked: uncheckedOf(report, circumstances),
  }
}

/** The verdict on a log that is too damaged to be read. */
export function unreadable(message: string, anchors: Anchors): Verdict {
  return {
    verdict: 'findings',
    size: null,
    root: null,
    findings: [...anchors.findings, { kind: 'damaged', message }],
    checkpoints: [],
    imported: undefined,
    unchecked: ['everything else: the log cannot be read'],
  }
}

/** How `audit verify` ends. */
export function exitCodeOf({ verdict }: Verdict): ExitCode {
  if (verdict === 'anchored') return EXIT.ok
  return verdict === 'unanchored' ? EXIT.unanchored : EXIT.finding
}

/** A report holds no more findings. */
const MOST_FINDINGS = 10_000

function uncheckedOf(report: VerificationReport, circumstances: Circumstances): readonly string[] {
  const { anchors, trust, recordedSince, mayLackWal } = circumstances
  const { size, uncovered, findings } = report
  const isAnchored = anchors.trusted.length > 0
  const left: string[] = []
  if (!isAnchored) {
    left.push(
      'whether somebody who may write to the log has rewritten or shortened all of it: give a checkpoint that was kept elsewhere, with --checkpoint and --key',
    )
  }
  if (isAnchored && uncovered > 0) {
    const newest = `the newest ${counted(uncovered, 'entry', 'entries')} against a checkpoint: they came after it; give a newer one`
    left.push(
      uncovered === size ? 'any entry against a checkpoint: the log continues none that covers one' : newest,
    )
  }
  if (isAnchored && !trust?.policy) {
    left.push(
      "whether anybody but the key's owner has seen the checkpoints: give a witness policy with --policy",
    )
  }
  if (uncovered > 0 && mayLackWal) {
    left.push(
      'newer entries in a -wal file: there is none beside the log, which is normal, unless this is a copy of a log that was open',
    )
  }
  if (recordedSince > 0)
    left.push(`${counted(recordedSince, 'entry', 'entries')} that were recorded meanwhile`)
  if (findings.length >= MOST_FINDINGS)
    left.push(`findings beyond the first ${MOST_FINDINGS}: only their number is known`)
  left.push(
    'whether the entries were true when they were recorded, and whether every interaction was: no log can show that',
  )
  return left
}
