import { poolOn } from '../databases.ts'
import { urlBehind } from '../delay/url-behind.ts'
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

/** How many milliseconds farther away the server is where round trips are counted. */
const FAR = 20

/** The name of a figure of the first inclusion proof of a process that has its log on a server. */
export function firstProofOf(figure: 'milliseconds' | 'beyond two round trips' | 'round trips'): string {
  return `first-proof/${figure}`
}

/** Gives a fresh process on the log in a place. */
export async function withProver<T>(
  backend: DiskBackendName,
  place: string,
  ask: (prover: Prover) => Promise<T>,
  environment: Readonly<Record<string, string>> = {},
): Promise<T> {
  await using prover: Prover = new Subject('prove', [backend, place], environment)
  return await ask(prover)
}

/** Takes checkpoints and proofs of a log that is there, each round in a fresh process, and of another entry. */
export async function measureProofs(
  measurements: Measurements,
  rounds: number,
  backend: DiskBackendName,
  place: string,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const figures = await withProver(backend, place, prover => prover.ask('prove', (round + 0.5) / rounds))
    for (const [figure, value] of Object.entries(figures) as [Figure, number][]) {
      // what `prove` returns
      measurements.add(proofsOf(backend, figure), value)
    }
  }
}

/**
 * Takes the first inclusion proof of a process, each round of another entry, on the server as it is and on the same farther
 * away. What takes longer there are round trips.
 */
export async function measureFirstProofs(
  measurements: Measurements,
  rounds: number,
  place: string,
): Promise<void> {
  await using subjects = new AsyncDisposableStack()
  const farUrl = await urlBehind(FAR, subjects)
  const firstProof = (entryId: string, environment: Readonly<Record<string, string>>) =>
    withProver('postgres', place, prover => prover.ask('firstProof', entryId), environment)
  for (let round = 0; round < rounds; round++) {
    const entryId = await entryIdAt(place, (round + 0.5) / rounds)
    const near = await firstProof(entryId, {})
    const far = await firstProof(entryId, { AUDIT_POSTGRES_URL: farUrl })
    const trips = Math.round((far.prove - near.prove) / (far.trip - near.trip))
    measurements.add(firstProofOf('milliseconds'), near.prove)
    measurements.add(firstProofOf('beyond two round trips'), near.prove - 2 * near.trip)
    measurements.add(firstProofOf('round trips'), trips)
  }
}

/** Asks the server itself, since a process that has read an entry has done a part of what is measured. */
async function entryIdAt(database: string, share: number): Promise<string> {
  const { rows } = await poolOn(database).query<{ readonly entry_id: string }>(
    'SELECT entry_id FROM audit.entries WHERE index = (SELECT floor(max(index) * $1::float8) FROM audit.entries)',
    [share],
  )
  const [row] = rows
  if (!row) throw new Error('the log is empty')
  return row.entry_id
}
