import type { EntryInput } from '@audit/core'
import { type Capture, createCapture } from '../capture.ts'
import type { CaptureOptions } from '../capture-options.ts'
import type { CreateClient, IntegrationClient, Model } from './integration.ts'

/** The parts of an answer that goes well. */
export const PARTS: readonly string[] = ['The ', 'answer ', 'is ', 'forty', '-two.']
export const ANSWER = PARTS.join('')
export const QUESTION = 'What is the answer?'

/** How often the model was asked, and how many parts it was asked for. */
export interface ModelCounts {
  asked: number
  parts: number
}

/** What a case works with. */
export interface Rehearsal {
  readonly client: IntegrationClient
  readonly capture: Capture
  readonly entries: readonly EntryInput[]
  readonly counts: ModelCounts
  /** What the application saw. */
  readonly seen: unknown[]
  /** How much of it, whenever an entry was stored. */
  readonly seenWhenStored: readonly unknown[][]
}

/** How the parts of a case differ from an answer that goes well and a log that works. */
export interface Staging {
  readonly model?: (counts: ModelCounts) => Model
  readonly capture?: Partial<CaptureOptions>
  /** What storing an entry waits for, or fails with. */
  readonly store?: () => Promise<void>
}

/**
 * A model that answers with these parts, and then fails where it is told to. It is asked when it is called, as an SDK that sends at
 * once asks; one that sends when it is read calls it then.
 */
export function modelOf(
  counts: ModelCounts,
  parts: readonly string[] = PARTS,
  failure?: Error,
  ignoresAborts = false,
): Model {
  return (_, signal) => {
    counts.asked++
    return answer(counts, parts, ignoresAborts ? undefined : signal, failure)
  }
}

async function* answer(
  counts: ModelCounts,
  parts: readonly string[],
  signal: AbortSignal | undefined,
  failure: Error | undefined,
): AsyncGenerator<string> {
  for (const part of parts) {
    signal?.throwIfAborted()
    counts.parts++
    yield part
    await new Promise(setImmediate)
  }
  if (failure) throw failure
}

/** Plays a case with the integration, or without it. */
export async function rehearse(
  create: CreateClient,
  play: (rehearsal: Rehearsal) => Promise<unknown>,
  { model = modelOf, capture: options, store }: Staging,
  audited: boolean,
): Promise<Rehearsal> {
  const entries: EntryInput[] = []
  const seen: unknown[] = []
  const seenWhenStored: unknown[][] = []
  const counts: ModelCounts = { asked: 0, parts: 0 }
  const record = async (input: EntryInput) => {
    await store?.()
    seenWhenStored.push([...seen])
    entries.push(input)
    return { entryId: String(entries.length) }
  }
  const capture = createCapture({ log: { record }, ...options })
  const client = await create({ model: model(counts), capture: audited ? capture : undefined })
  const rehearsal = { client, capture, entries, counts, seen, seenWhenStored }
  await play(rehearsal).catch(error => seen.push(error))
  await capture.close().catch(error => seen.push(error))
  return rehearsal
}
