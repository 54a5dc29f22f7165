import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CheckedBackend } from '../backend/checked-backend.ts'
import { untilAborted } from '../query/abort.ts'
import type { LogReader } from '../query/log-reader.ts'
import { Summarizer } from './summarizer.ts'
import type { SummaryPart, SummaryRequest } from './summary-part.ts'

/** How many parts are merged before timers and sockets get a turn. */
const PARTS_AT_ONCE = 1000

/** Sums up a log: the backend does it where it can, and otherwise core reads the entries. */
export class LogSummary {
  readonly #backend: CheckedBackend
  readonly #reader: LogReader

  constructor(backend: CheckedBackend, reader: LogReader) {
    this.#backend = backend
    this.#reader = reader
  }

  /** One part for each group. Rejects with the signal's reason once it is aborted. */
  async parts(request: SummaryRequest, signal: AbortSignal | undefined): Promise<readonly SummaryPart[]> {
    const summarizer = new Summarizer(request.by)
    const parts = await untilAborted(this.#backend.summaryParts(request), signal)
    if (parts) await this.#merge(parts, summarizer, signal)
    else await this.#read(request, summarizer, signal)
    return summarizer.parts()
  }

  /** There may be as many groups as entries, and the event loop must not wait for all of them. */
  async #merge(
    parts: readonly SummaryPart[],
    summarizer: Summarizer,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const [i, part] of parts.entries()) {
      summarizer.merge(part)
      if (i % PARTS_AT_ONCE === PARTS_AT_ONCE - 1) await nextTurn()
      signal?.throwIfAborted()
    }
  }

  async #read(
    { selection }: SummaryRequest,
    summarizer: Summarizer,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for await (const page of this.#reader.find(selection, signal)) {
      for (const entry of page) summarizer.add(entry)
    }
  }
}
