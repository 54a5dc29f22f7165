import type { Measurements } from '../measurements.ts'
import type { DiskBackendName } from '../own/backends.ts'
import type { commands } from '../programs/prove.ts'
import { Subject } from '../subject.ts'

export type Prover = Subject<typeof commands>
type Figure = keyof Awaited<ReturnType<typeof commands.prove>>

/** The name of a figure of checkpoints and proofs: milliseconds, and bytes for `resident`. */
export function proofsOf(backend: DiskBackendName, figure: Figure): string {
  return `proofs/${backend}/${figure}`
}

/** Gives a fresh process on the log in a place. */
export async function withProver<T>(
  backend: DiskBackendName,
  place: string,
  ask: (prover: Prover) => Promise<T>,
): Promise<T> {
  await using prover: Prover = new Subject('prove', [backend, place])
  return await ask(prover)
}

/** Takes checkpoints and proofs of a log that is there, each round in a fresh process, and of another entry. */
export async function measureProofs(
  measurements: Measurements,
  rounds: number,
  backend: DiskBackendName,
  place: string,
): Promise<void> {
  await withProver(backend, place, prover => prover.ask('prepare'))
  for (let round = 0; round < rounds; round++) {
    const figures = await withProver(backend, place, prover => prover.ask('prove', (round + 0.5) / rounds))
    for (const [figure, value] of Object.entries(figures) as [Figure, number][]) {
      // what `prove` returns
      measurements.add(proofsOf(backend, figure), value)
    }
  }
}
