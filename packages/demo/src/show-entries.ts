import type { AuditEntry } from '@audit/core'
import { table } from './terminal.ts'

const SHOWN = 12

/** Prints a line an entry, for the first few. */
export function showEntries(entries: readonly AuditEntry[]): void {
  table(
    [
      { title: '#', align: 'right' },
      { title: 'time (UTC)' },
      { title: 'user' },
      { title: 'model' },
      { title: 'US$', align: 'right' },
      { title: 'ms', align: 'right' },
      { title: 'asked', fills: true },
    ],
    entries
      .slice(0, SHOWN)
      .map(({ index, timestamp, user, model, costUsd, latencyMs, inputText }) => [
        `${index}`,
        timestamp.slice('2026-11-23T'.length, -'Z'.length),
        user,
        model,
        costUsd?.toFixed(4) ?? '–',
        latencyMs?.toFixed(0) ?? '–',
        inputText,
      ]),
  )
  const more = entries.length - SHOWN
  if (more > 0) console.log(`\n… and ${more.toLocaleString('en')} more.`)
}

/** Prints all that the log keeps of one entry. */
export function showEntry(entry: AuditEntry): void {
  table(
    [{ title: 'field' }, { title: 'value', fills: true }],
    Object.entries(entry).map(([field, value]) => [field, JSON.stringify(value)]),
  )
}
