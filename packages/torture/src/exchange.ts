import assert from 'node:assert/strict'
import type { AuditEntry, EntryInput } from '@audit/core'

const PATTERN = 'Zeile\r\n"quoted" \\ \u{1f600} \u05d0\u0000 end of it; '
const [SHORT, LONG, LONGEST] = [100, 200_000, 1_000_000]

/**
 * The n-th interaction that is recorded into a log: the same whoever asks, so that what is found can be compared
 * without having been told. Its text has 100 characters to 4,000, and now and then up to 1,000,000.
 */
export function exchangeOf(n: number): Required<EntryInput> {
  const draw = scattered(n)
  const rank = draw % 50
  const length = rank === 0 ? LONGEST : rank < 4 ? LONG : SHORT + (draw % 3900)
  return {
    model: `model ${n % 3}`,
    user: `user ${n % 7}`,
    inputText: `${n}: ${PATTERN.repeat(Math.ceil(length / PATTERN.length))
      .slice(0, length)
      .toWellFormed()}`,
    outputText: `answer ${draw}`,
    costUsd: n % 5 === 0 ? null : n / 1000,
    latencyMs: n % 11,
    metadata: { n, nested: { list: [n, String(n)] } },
  }
}

/** Throws unless the entry stands in its place, and is that interaction to the letter. */
export function assertRecorded(entry: AuditEntry, n: number): void {
  assert.equal(entry.index, n)
  const { entryId: _id, timestamp: _time, index: _index, ...fields } = entry
  assert.deepEqual(fields, exchangeOf(n))
}

/** A number that looks random and depends on nothing but its argument. */
function scattered(n: number): number {
  return Math.imul(n + 1, 0x9e3779b1) >>> 8
}
