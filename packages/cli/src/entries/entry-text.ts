import type { AuditEntry, JsonValue } from '@audit/core'
import { counted, formatExactUsd, formatMs } from '../output/numbers.ts'
import type { Output } from '../output/output.ts'
import { onOneLine, safeLines, safeText } from '../output/safe-text.ts'
import { cut } from '../output/table.ts'
import type { Clock } from '../output/times.ts'
import { MOST_RELATED, type RelatedEntries } from './related-entries.ts'
import type { TreePlace } from './tree-place.ts'

/** An entry, and what the log knows about it. */
export interface EntryDetails {
  readonly entry: AuditEntry
  /** As the store has it, in hexadecimal digits. */
  readonly leafHash: string
  readonly related: RelatedEntries
  readonly place: TreePlace | undefined
}

/** JSON up to this length is on one line. */
const SHORT = 60

/** Writes an entry for people: its fields, its texts over several lines, its metadata, and what belongs to it. */
export async function writeEntry(output: Output, details: EntryDetails, clock: Clock): Promise<void> {
  const { entry, place } = details
  await writeFields(output, details, clock)
  await section(output, 'Input', bodyOf(entry.inputText))
  await section(output, 'Output', bodyOf(entry.outputText))
  await section(output, 'Metadata', metadataLines(entry))
  await section(output, 'About', aboutLines(output, details, clock))
  await section(output, 'What is about it', relatedLines(output, details.related, clock))
  if (place) await section(output, 'Place in the tree', placeLines(place))
}

async function writeFields(output: Output, { entry, leafHash }: EntryDetails, clock: Clock): Promise<void> {
  const fields = [
    ['index', `${entry.index}`],
    ['id', safeText(entry.entryId)],
    ['time', `${safeText(clock.format(entry.timestamp))} ${clock.zone}`],
    ['user', safeText(entry.user)],
    ['model', safeText(entry.model)],
    ['cost', entry.costUsd === null ? 'unknown' : formatExactUsd(entry.costUsd)],
    ['latency', entry.latencyMs === null ? 'unknown' : formatMs(entry.latencyMs)],
    ['leaf hash', leafHash],
  ]
  for (const [name = '', value] of fields)
    await output.line(`${output.style('dim', name.padEnd(11))}${value}`)
}

/** Writes a heading and lines below it; nothing where there are none. */
async function section(output: Output, title: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return
  await output.line()
  await output.line(output.style('bold', title))
  for (const line of lines) await output.line(`  ${line}`.trimEnd())
}

function bodyOf(text: string): readonly string[] {
  return text === '' ? ['(empty)'] : safeLines(text).split('\n')
}

function metadataLines({ metadata }: AuditEntry): readonly string[] {
  const keys = Object.keys(metadata).map(safeText)
  const width = Math.min(Math.max(...keys.map(key => key.length)), 40)
  return Object.entries(metadata).flatMap(([key, value]) => {
    const [first = '', ...rest] = safeLines(textOf(value)).split('\n')
    return [`${safeText(key).padEnd(width)}  ${first}`, ...rest.map(line => `${' '.repeat(width)}  ${line}`)]
  })
}

/** A list or an object is on one line where it is short. */
function textOf(value: JsonValue): string {
  if (typeof value === 'string') return value
  const line = JSON.stringify(value)
  return line.length <= SHORT ? line : JSON.stringify(value, undefined, 2)
}

function aboutLines(output: Output, { related }: EntryDetails, clock: Clock): readonly string[] {
  const { about, aboutId } = related
  if (about) return [summaryOf(output, about, clock)]
  return aboutId === undefined ? [] : [`${safeText(aboutId)}, which this log does not hold`]
}

function relatedLines(output: Output, { aboutIt }: RelatedEntries, clock: Clock): readonly string[] {
  const lines = aboutIt.map(entry => summaryOf(output, entry, clock))
  return aboutIt.length < MOST_RELATED
    ? lines
    : [...lines, `the first ${counted(MOST_RELATED, 'entry', 'entries')}; there may be more`]
}

/** One line that leads to another entry. */
function summaryOf(
  output: Output,
  { index, timestamp, user, model, outputText }: AuditEntry,
  clock: Clock,
): string {
  const text = safeText(onOneLine(outputText.slice(0, 500)))
  return cut(
    `#${index}  ${safeText(`${clock.format(timestamp)}  ${user}  ${model}`)}  ${text}`,
    output.columns - 2,
  )
}

function placeLines({ index, size, root, hashes }: TreePlace): readonly string[] {
  return [
    `entry ${index} of a tree of ${counted(size, 'entry', 'entries')}`,
    `root  ${root}`,
    ...hashes.map(hash => `      ${hash}`),
    'Nobody has signed this: audit prove makes a receipt that others can check.',
  ]
}
