import type { EntryInput } from '@audit/core'
import type { Call, CallStart } from './call.ts'
import type { CheckedOptions } from './capture-options.ts'
import { digestOf } from './digest.ts'
import { KEYS } from './metadata-keys.ts'
import type { CallOutcome, CallStatus } from './outcome.ts'
import type { Price, PricedCall } from './price.ts'
import type { ScopeOptions } from './scope.ts'
import { leaveUnawaited } from './unawaited.ts'
import { countsIn, type Usage } from './usage.ts'

/** What a call was given at its start, beside what it is. */
export interface CallOrigin {
  readonly user: string
  readonly context: ScopeOptions
  /** By `performance.now()`. */
  readonly startedAt: number
  /** The call in whose context this one began. */
  readonly outer: Call | undefined
  /** Prices the call in the asynchronous context where it began. */
  readonly price: ((call: PricedCall) => Price | null) | undefined
}

/** What a call knows of itself. */
export interface CallFacts extends CallOrigin {
  readonly start: CallStart
  readonly startedOn: Date
  /** The text of the answer as far as it was handed on. */
  readonly text: string
  readonly secondsToFirstChunk: number | undefined
  readonly attempts: number
  readonly options: CheckedOptions
}

/** A call's end, with what only its recorder knows. */
export interface RecordedOutcome extends CallOutcome {
  readonly latencyMs: number
  /** The id of the intent, if there is one. */
  readonly about: string | undefined
}

const UNKNOWN_MODEL = 'unknown'

/** The entry of a call that has ended. */
export function draftOf(facts: CallFacts, given: RecordedOutcome): EntryInput {
  const price = priceOf(facts, given) // with what is no count, which has no price
  const outcome = { ...given, usage: countsIn(given.usage) }
  const output = outcome.output ?? facts.text
  return {
    model: outcome.responseModel || facts.start.requestModel || UNKNOWN_MODEL,
    inputText: shownAs(facts, facts.start.input),
    outputText: shownAs(facts, output),
    user: facts.user,
    costUsd: price?.costUsd ?? null,
    latencyMs: outcome.latencyMs,
    metadata: {
      ...sharedMetadata(facts),
      ...usageMetadata(outcome.usage),
      [KEYS.responseId]: outcome.responseId,
      [KEYS.finishReasons]: outcome.finishReasons?.length ? outcome.finishReasons : undefined,
      [KEYS.timeToFirstChunk]: facts.secondsToFirstChunk,
      [KEYS.outputMessages]: facts.options.content === 'messages' ? outcome.outputMessages : undefined,
      [KEYS.errorType]: outcome.errorType,
      [KEYS.error]: outcome.errorText === undefined ? undefined : shownAs(facts, outcome.errorText),
      [KEYS.status]: outcome.status,
      [KEYS.attempts]: facts.attempts > 1 ? facts.attempts : undefined,
      [KEYS.price]: price ? { source: price.source, version: price.version, model: price.model } : undefined,
      [KEYS.about]: outcome.about,
      [KEYS.intent]: undefined, // whatever the application's own metadata says
    },
  }
}

/** The entry of a call that is about to leave. */
export function intentOf(facts: CallFacts): EntryInput {
  return {
    model: facts.start.requestModel || UNKNOWN_MODEL,
    inputText: shownAs(facts, facts.start.input),
    outputText: '',
    user: facts.user,
    metadata: {
      ...sharedMetadata(facts),
      [KEYS.status]: 'unfinished',
      [KEYS.about]: undefined, // whatever the application's own metadata says
      [KEYS.intent]: true,
    },
  }
}

/** What ends the intent of a call that another entry records: it is no call either, and repeats no text. */
export function intentEndOf(facts: CallFacts, about: string, status: CallStatus): EntryInput {
  const intent = intentOf(facts)
  const noMessages = { [KEYS.inputMessages]: undefined }
  const metadata = { ...intent.metadata, ...noMessages, [KEYS.status]: status, [KEYS.about]: about }
  return { ...intent, inputText: '', metadata }
}

function sharedMetadata({ context, start, options }: CallFacts) {
  return {
    ...context.metadata,
    [KEYS.provider]: start.provider,
    [KEYS.operation]: start.operation,
    [KEYS.requestModel]: start.requestModel || undefined,
    [KEYS.conversation]: context.conversation,
    [KEYS.previous]: start.previous,
    [KEYS.inputMessages]: options.content === 'messages' ? start.inputMessages : undefined,
    [KEYS.capture]: start.by && { ...start.by },
  }
}

function usageMetadata(usage: Usage = {}) {
  return {
    [KEYS.inputTokens]: usage.inputTokens,
    [KEYS.outputTokens]: usage.outputTokens,
    [KEYS.cacheReadTokens]: usage.cacheReadTokens,
    [KEYS.cacheWriteTokens]: usage.cacheWriteTokens,
    [KEYS.reasoningTokens]: usage.reasoningTokens,
  }
}

function shownAs({ options }: CallFacts, text: string): string {
  return options.content === 'digest' && text !== '' ? digestOf('text/plain', text) : text
}

/** A hook that throws, or gives what is no price, must not fail the call: the price is unknown then. */
function priceOf({ start, startedOn, price: priceHere }: CallFacts, outcome: RecordedOutcome): Price | null {
  const { usage, responseModel, serviceTier = start.serviceTier, latencyMs } = outcome
  const { provider, requestModel } = start
  try {
    const price = priceHere?.({
      provider,
      requestModel,
      responseModel,
      usage,
      serviceTier,
      startedAt: startedOn,
      latencyMs,
    })
    leaveUnawaited(price)
    return price && Number.isFinite(price.costUsd) && price.costUsd >= 0 ? price : null
  } catch {
    return null
  }
}
