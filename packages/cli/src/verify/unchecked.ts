import type { VerificationReport } from '@audit/core'
import { counted } from '../output/numbers.ts'
import type { Anchors } from '../trust/anchor.ts'
import type { Trust } from '../trust/trust.ts'

/** What is known besides the report. */
export interface Circumstances {
  readonly anchors: Anchors
  readonly trust: Trust | undefined
  /** How many entries were recorded while the verification ran. */
  readonly recordedSince: number
  /** Whether newer entries could stand in a file that was not copied along. */
  readonly mayLackWal: boolean
}

/** A report holds no more findings. */
const MOST_FINDINGS = 10_000

/** What a verification cannot tell, in sentences: what `audit verify` and the page say under "Not looked at". */
export function uncheckedOf(report: VerificationReport, circumstances: Circumstances): readonly string[] {
  const { recordedSince, mayLackWal } = circumstances
  return [
    ...unanchoredOf(report, circumstances),
    ...unwitnessedOf(circumstances),
    ...(mayLackWal ? [LACKS_WAL] : []),
    ...(recordedSince > 0
      ? [`${counted(recordedSince, 'entry', 'entries')} that were recorded meanwhile`]
      : []),
    ...(report.findings.length >= MOST_FINDINGS
      ? [`findings beyond the first ${MOST_FINDINGS}: only their number is known`]
      : []),
    'whether the entries were true when they were recorded, and whether every interaction was: no log can show that',
  ]
}

const DISTRUSTED =
  "whether somebody who may write to the log has rewritten or shortened all of it: no checkpoint that was given is signed by the key that was given; compare the key with its owner's, or get the checkpoint again"

const UNCOSIGNED =
  "whether the key's owner has signed another history too: the log was compared with a checkpoint that the key has signed, but too few witnesses have cosigned it; get it again with the cosignatures that the policy demands"

const LACKS_WAL =
  'newer entries in a -wal file: there is none beside the log, which is normal, unless this is a copy of a log that was open'

/** A checkpoint shows nothing of what came after it: neither of the entries that are there, nor of those that are gone. */
function unanchoredOf(
  { size, uncovered }: VerificationReport,
  { anchors }: Circumstances,
): readonly string[] {
  if (anchors.trusted.length === 0) {
    if (anchors.uncosigned.length > 0) return [UNCOSIGNED]
    const isGiven = anchors.findings.length > 0
    return [
      isGiven
        ? DISTRUSTED
        : 'whether somebody who may write to the log has rewritten or shortened all of it: give a checkpoint that was kept elsewhere, with --checkpoint and --key',
    ]
  }
  const newest = Math.max(...anchors.trusted.map(({ checkpoint }) => checkpoint.size))
  const removed = `whether entries that were recorded after the newest checkpoint, which has ${counted(newest, 'entry', 'entries')}, have been removed from the end: give a newer one`
  if (uncovered === 0) return [removed]
  if (uncovered === size) return ['any entry against a checkpoint: the log continues none that covers one']
  return [
    `the newest ${counted(uncovered, 'entry', 'entries')} against a checkpoint: they came after it; give a newer one`,
    removed,
  ]
}

function unwitnessedOf({ anchors, trust }: Circumstances): readonly string[] {
  if (anchors.trusted.length === 0 || (trust?.policy && !trust.policy.demandsNobody)) return []
  return ["whether anybody but the key's owner has seen the checkpoints: give a witness policy with --policy"]
}
