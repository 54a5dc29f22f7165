import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { counted, formatCount, formatExactUsd, formatMs } from '../output/numbers.ts'
import { onOneLine, safeJson, safeText } from '../output/safe-text.ts'
import { cut } from '../output/table.ts'
import { nameOf, readSmallFile } from '../trust/small-file.ts'
import { type Trust, trustFrom } from '../trust/trust.ts'
import type { TrustOptions } from '../trust/trust-options.ts'
import { judgeReceipt, type ReceiptVerdict } from './receipt.ts'

/** What `audit check` takes besides the receipt. */
export interface CheckOptions extends TrustOptions {
  readonly json?: boolean
}

/** An entry may be as large as the longest string of JavaScript. */
const MAX_BYTES = 512 * 1024 * 1024

const EXIT_CODES: Readonly<Record<ReceiptVerdict['verdict'], ExitCode>> = {
  good: EXIT.ok,
  bad: EXIT.finding,
  unknown: EXIT.failed,
}

/** `audit check`: says whether a receipt is right, and what it proves. */
export async function check(context: Context, path: string, options: CheckOptions): Promise<ExitCode> {
  const trust = await trustFrom(context, options)
  if (!trust) {
    throw new CommandError(
      "anybody can write a receipt under a key of their own; give the log's public key with --key",
    )
  }
  const receipt = judgeReceipt(await readSmallFile(context, path, 'a receipt', MAX_BYTES), trust)
  if (options.json) await context.stdout.line(safeJson(objectOf(receipt)))
  else await writeReceipt(context, nameOf(path), receipt, trust)
  return EXIT_CODES[receipt.verdict]
}

function objectOf(receipt: ReceiptVerdict) {
  if (receipt.verdict !== 'good') return receipt
  const { verdict, entry, checkpoint } = receipt
  const { origin, size, root, cosignatures } = checkpoint
  return {
    verdict,
    entry,
    checkpoint: { origin, size, root: Buffer.from(root).toString('base64'), witnesses: cosignatures },
  }
}

/** A text of the entry that is longer than this is cut: `--json` has all of it. */
const SHOWN_CHARACTERS = 200

async function writeReceipt(
  { stdout }: Context,
  name: string,
  receipt: ReceiptVerdict,
  { policy }: Trust,
): Promise<void> {
  if (receipt.verdict !== 'good') {
    const [word, colour] =
      receipt.verdict === 'bad' ? (['BAD', 'red'] as const) : (['CANNOT TELL', 'yellow'] as const)
    return stdout.line(
      `${stdout.style(['bold', colour], `${word}:`)} ${safeText(`${name}: ${receipt.reason}`)}`,
    )
  }
  const { entry, checkpoint } = receipt
  const { origin, size, root, cosignatures } = checkpoint
  const write = (title: string, text: string) => stdout.line(`  ${title.padEnd(10)} ${text}`)
  const what = `${origin} had this as entry ${formatCount(entry.index)} when it had ${counted(size, 'entry', 'entries')}`
  await stdout.line(`${stdout.style(['bold', 'green'], 'GOOD:')} ${safeText(what)}`)
  for (const [title, text] of [
    ['id', entry.entryId],
    ['recorded', `${entry.timestamp}, by the clock of whoever recorded it`],
    ['user', entry.user],
    ['model', entry.model],
    ['input', entry.inputText],
    ['output', entry.outputText],
    ['cost', entry.costUsd === null ? 'unknown' : formatExactUsd(entry.costUsd)],
    ['latency', entry.latencyMs === null ? 'unknown' : formatMs(entry.latencyMs)],
    ['metadata', JSON.stringify(entry.metadata)],
  ] as const) {
    await write(title, shortened(text))
  }
  await write(
    'checkpoint',
    `${counted(size, 'entry', 'entries')}, root ${Buffer.from(root).toString('base64')}`,
  )
  for (const { name: witness, time } of cosignatures) {
    await write('witness', safeText(`${witness} saw the checkpoint on ${time.toISOString()}, or before`))
  }
  if (!policy || policy.demandsNobody) await write('witness', 'none was asked for; --policy demands some')
  await stdout.line('It does not say whether the entry was true, nor whether the log was changed since.')
}

function shortened(text: string): string {
  const safe = safeText(onOneLine(text.slice(0, SHOWN_CHARACTERS + 1).toWellFormed()))
  const shown = cut(safe, SHOWN_CHARACTERS)
  if (text.length <= SHOWN_CHARACTERS) return shown
  return `${shown} (cut: ${counted(text.length, 'character')}; --json has all)`
}
