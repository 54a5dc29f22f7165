import type { Finding, ImportedRange, VerificationReport } from '@audit/core'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { plainMessage } from '../output/plain-message.ts'
import type { Anchor, Anchors } from '../trust/anchor.ts'
import { type Circumstances, uncheckedOf } from './unchecked.ts'

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
  /** `false` if all that is wrong is a checkpoint or the key that was given. */
  readonly isLogAtFault: boolean
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

/** Judges a report. */
export function verdictOf(report: VerificationReport, circumstances: Circumstances): Verdict {
  const { anchors } = circumstances
  const findings = [...anchors.findings, ...report.findings].map(plainFinding)
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
    isLogAtFault: !report.ok || !checkpoints.every(({ isConsistent }) => isConsistent),
    checkpoints,
    imported: report.imported,
    unchecked: uncheckedOf(report, circumstances),
  }
}

/** As this is the verification, it does not advise one. */
function plainFinding<T extends { readonly message: string }>(finding: T): T {
  return { ...finding, message: plainMessage(finding.message).replace(', then run audit verify', '') }
}

/** The verdict on a log that is too damaged to be read. */
export function unreadable(message: string, anchors: Anchors): Verdict {
  return {
    verdict: 'findings',
    size: null,
    root: null,
    findings: [...anchors.findings, { kind: 'damaged', message } satisfies Finding].map(plainFinding),
    isLogAtFault: true,
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
