import type { Call, Capture } from '@audit/capture'

/** A call that has been reported to have started. */
export interface Run {
  readonly call: Call
  readonly signal: AbortSignal | undefined
}

/**
 * The tags of a run, in the list that LangChain makes for it and hands to every callback. An application may give two runs one id; the
 * list tells them apart, and is garbage once LangChain has given the run up.
 */
export type Tags = readonly string[]

/** For a caller that is not LangChain. */
export const UNTAGGED: Tags = []

/** The runs that handlers of a capture record, so that a second handler of the same capture leaves them alone. */
const taken = new WeakMap<Capture, WeakMap<Tags, Set<string>>>()

/** Ends the calls that LangChain has given up without a word. */
const dropped = new FinalizationRegistry<Call>(call => call.abandon())

/** The runs that one handler records. */
export class HandlerRuns {
  readonly #runs = new WeakMap<Tags, Map<string, Run>>()
  readonly #taken: WeakMap<Tags, Set<string>>

  constructor(capture: Capture) {
    this.#taken = taken.get(capture) ?? new WeakMap()
    taken.set(capture, this.#taken)
  }

  /** Whether a handler of the same capture records a run. */
  isTaken(runId: string, tags: Tags): boolean {
    return this.#taken.get(tags)?.has(runId) === true
  }

  /** Takes a run, which is this handler's from now on. */
  start(runId: string, tags: Tags, run: Run): void {
    this.#taken.set(tags, (this.#taken.get(tags) ?? new Set()).add(runId))
    this.#runs.set(tags, (this.#runs.get(tags) ?? new Map()).set(runId, run))
    if (tags !== UNTAGGED) dropped.register(tags, run.call)
  }

  /** A run of this handler. */
  get(runId: string, tags: Tags): Run | undefined {
    return this.#runs.get(tags)?.get(runId)
  }

  /** A run of this handler, which is forgotten. */
  end(runId: string, tags: Tags): Run | undefined {
    const run = this.get(runId, tags)
    this.#runs.get(tags)?.delete(runId)
    if (run) this.#taken.get(tags)?.delete(runId)
    return run
  }
}
