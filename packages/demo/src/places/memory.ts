import { MemoryBackend } from '@audit/core'
import type { Place } from '../place.ts'

/** A log that lasts as long as this process. */
export async function placeInMemory(): Promise<Place> {
  return {
    backend: new MemoryBackend(),
    showWhereabouts: () => console.log('The log was in memory, and is gone with this process.'),
  }
}
