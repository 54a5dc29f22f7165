import type { Finding } from '@audit/core'
import type { Context } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { OpenLog } from '../log/open-log.ts'
import { counted } from '../output/numbers.ts'
import { plainMessage } from '../output/plain-message.ts'
import { Progress } from '../output/progress.ts'
import { safeText } from '../output/safe-text.ts'

/** More findings are counted; `audit verify` has them. */
const SHOWN_FINDINGS = 50

/** Verifies a log before it is copied: whatever is wrong with it can no longer be seen in a copy. */
export async function findingsIn(context: Context, { log }: OpenLog): Promise<readonly Finding[]> {
  using progress = new Progress(context, { label: 'verifying' })
  const { findings } = await log.verify({
    signal: context.signal,
    onProgress: ({ verified, size }) => progress.update(verified, size),
  })
  return findings
}

/** Names what is wrong with the source of a copy on standard error, and says how the command ends for it. */
export async function nameSourceFindings(
  { stderr }: Context,
  [source, copy]: readonly [string, string],
  findings: readonly Finding[],
): Promise<ExitCode> {
  if (findings.length === 0) return EXIT.ok
  const found = `${source} is not as it should be: ${counted(findings.length, 'finding')}`
  const advice = `${copy} has what could be read, and shows nothing of this: keep ${source}`
  await stderr.line(stderr.style('red', safeText(`${found}; ${advice}`)))
  for (const { kind, message } of findings.slice(0, SHOWN_FINDINGS))
    await stderr.line(safeText(`  ${kind}: ${plainMessage(message)}`))
  const further = findings.length - SHOWN_FINDINGS
  if (further > 0) await stderr.line(`  ${counted(further, 'further finding')}; audit verify has all`)
  return EXIT.finding
}
