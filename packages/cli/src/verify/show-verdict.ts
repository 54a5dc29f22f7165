import type { Context } from '../context.ts'
import { counted, formatCount } from '../output/numbers.ts'
import { safeJson, safeText } from '../output/safe-text.ts'
import type { ComparedAnchor, Verdict } from './verdict.ts'

/** More findings are counted, and are in the JSON. */
const SHOWN_FINDINGS = 50

/** Writes a verdict as one JSON object. */
export async function writeVerdictJson({ stdout }: Context, name: string, verdict: Verdict): Promise<void> {
  await stdout.line(safeJson(verdictObject(name, verdict)))
}

/** A verdict as JSON: what `--json` prints. */
export function verdictObject(name: string, { root, imported, checkpoints, findings, ...verdict }: Verdict) {
  return {
    verdict: verdict.verdict,
    log: name,
    size: verdict.size,
    root: root && base64(root),
    findings: findings.map(({ kind, index, entryId, message }) => ({ kind, index, id: entryId, message })),
    checkpoints: checkpoints.map(({ name: file, checkpoint, isConsistent }) => ({
      file,
      origin: checkpoint.origin,
      size: checkpoint.size,
      root: base64(checkpoint.root),
      isConsistent,
      witnesses: checkpoint.cosignatures.map(({ name: witness, time }) => ({ name: witness, time })),
    })),
    ...(imported && { imported: { entries: imported.entries, source: imported.source } }),
    unchecked: verdict.unchecked,
  }
}

/** Writes a verdict for people. */
export async function writeVerdict({ stdout }: Context, name: string, verdict: Verdict): Promise<void> {
  const { size, root, imported, checkpoints, findings, unchecked } = verdict
  const write = (title: string, text: string) => stdout.line(`  ${title.padEnd(11)} ${safeText(text)}`)
  const colour = { anchored: 'green', unanchored: 'yellow', findings: 'red' } as const
  await stdout.line(stdout.style(['bold', colour[verdict.verdict]], safeText(headline(name, verdict))))
  if (size !== null) await write('entries', formatCount(size))
  if (root) await write('root', base64(root))
  for (const anchor of checkpoints) await write('checkpoint', checkpointLine(anchor))
  if (imported) {
    const which = `the first ${counted(imported.entries, 'entry', 'entries')}`
    await write(
      'imported',
      `${which}, from ${imported.source}, with their own ids and times; they are unchanged since`,
    )
  }
  for (const { kind, message } of findings.slice(0, SHOWN_FINDINGS))
    await write('found', `${kind}: ${message}`)
  const further = findings.length - SHOWN_FINDINGS
  if (further > 0) await write('found', `${counted(further, 'further finding')}; --json has all`)
  await stdout.line('Not looked at:')
  for (const text of unchecked) await stdout.line(`  - ${safeText(text)}`)
}

function headline(name: string, { verdict, findings, isLogAtFault }: Verdict): string {
  if (verdict === 'anchored') return `${name} is whole, and continues every checkpoint that was given`
  if (verdict === 'unanchored') return `${name} is whole as far as it can tell by itself`
  if (!isLogAtFault) {
    return `a checkpoint or the key that was given is not to be trusted: ${counted(findings.length, 'finding')}; ${name} is whole as far as it can tell by itself`
  }
  return `${name} is not as it should be: ${counted(findings.length, 'finding')}`
}

function checkpointLine({ name, checkpoint, isConsistent }: ComparedAnchor): string {
  const { origin, size, cosignatures } = checkpoint
  const witnesses = cosignatures.map(
    ({ name: witness, time }) => `${witness} on ${time.toISOString().slice(0, 19)}Z`,
  )
  const seen = witnesses.length === 0 ? '' : `; cosigned by ${witnesses.join(', ')}`
  const outcome = isConsistent ? 'the log continues it' : 'the log does NOT continue it'
  return `${name}: ${origin} at ${counted(size, 'entry', 'entries')}; ${outcome}${seen}`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
