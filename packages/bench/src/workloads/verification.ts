import type { Measurements } from '../measurements.ts'
import type { BackendName, DiskBackendName } from '../own/backends.ts'
import type { commands } from '../programs/verify.ts'
import { Subject } from '../subject.ts'

/** What a fresh process measures: entries a second, by the clock and of processor time, and bytes of its memory. */
export type Figures = Awaited<ReturnType<typeof commands.verify>>

/** The name of a figure of verifying a log. */
export function verificationOf(backend: BackendName, figure: keyof Figures): string {
  return `verification/${backend}/${figure}`
}

/** Verifies a log that is there, in a fresh process. */
export async function measureVerification(
  measurements: Measurements,
  backend: DiskBackendName,
  place: string,
): Promise<void> {
  await using verifier = new Subject<typeof commands>('verify', [backend, place])
  const figures = await verifier.ask('verify')
  addFigures(measurements, backend, figures)
}

/** Adds what was measured. */
export function addFigures(
  measurements: Measurements,
  backend: BackendName,
  figures: Partial<Figures>,
): void {
  for (const [figure, value] of Object.entries(figures) as [keyof Figures, number][]) {
    // its keys are those of `Figures`
    measurements.add(verificationOf(backend, figure), value)
  }
}
