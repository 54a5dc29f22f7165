import type { SummaryPart } from '@audit/core/backend'

/**
 * Parts of a summary in transit between threads. The bins of all sketches are in one piece: they may be a million small arrays,
 * which would take longer to copy than to sum up.
 */
export interface PackedSummary {
  readonly parts: readonly Omit<SummaryPart, 'latencies'>[]
  /** How many bins each part has. */
  readonly binCounts: Uint32Array
  /** The bins of all parts, one after the other: each bin, and how many values fell into it. */
  readonly bins: Float64Array
}

/** Packs parts to send them to another thread. */
export function packSummary(parts: readonly SummaryPart[]): PackedSummary {
  const binCounts = Uint32Array.from(parts, ({ latencies }) => latencies.length)
  const bins = new Float64Array(2 * binCounts.reduce((sum, count) => sum + count, 0))
  let position = 0
  for (const { latencies } of parts) {
    for (const [bin, count] of latencies) {
      bins[position++] = bin
      bins[position++] = count
    }
  }
  return { parts: parts.map(({ latencies: _, ...part }) => part), binCounts, bins }
}

/** Restores the parts in the other thread. */
export function unpackSummary({ parts, binCounts, bins }: PackedSummary): readonly SummaryPart[] {
  let position = 0
  return parts.map((part, i) => {
    const latencies = Array.from({ length: binCounts[i] ?? 0 }, () => {
      position += 2
      return [bins[position - 2] ?? 0, bins[position - 1] ?? 0] as const
    })
    return { ...part, latencies }
  })
}
