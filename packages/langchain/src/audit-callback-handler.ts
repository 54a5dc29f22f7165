import type { Call, CallOutcome, Capture } from '@audit/capture'
import { recordOf, signalOf, stringOf, tooLate } from '@audit/capture/integration'
import { invalidOptions } from '@audit/core/backend'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import type { Serialized } from '@langchain/core/load/serializable'
import type { BaseMessage } from '@langchain/core/messages'
import type { LLMResult } from '@langchain/core/outputs'
import { answerOf, failureOf } from './call-outcome.ts'
import { integrationAt } from './integration.ts'
import { listOf } from './list.ts'
import type { Question } from './model-call.ts'
import { modelContext } from './model-context.ts'
import { providerNamed } from './provider.ts'
import { chat, prompts } from './recorded-model.ts'
import { whoAsks } from './who-asks.ts'

/** A call that has been reported to have started. */
interface Run {
  readonly call: Call
  readonly signal: AbortSignal | undefined
  /** Since when nothing came of a stream. */
  idle?: NodeJS.Timeout
}

/** The runs that a handler of a capture records, so that a second handler of the same capture leaves them alone. */
const taken = new WeakMap<Capture, Set<string>>()

/**
 * Records the calls of all models that report to it: one entry a call. It raises its errors, so that an answer that could not be
 * recorded is not handed on. LangChain reports neither a consumer that leaves a stream nor a stream that is not read: prefer
 * `auditModel` where you make the model yourself. Models that `auditModel` was given are left to it.
 *
 * @example
 * await chain.invoke(input, { callbacks: [new AuditCallbackHandler(capture)], metadata: { user_id: 'alice' } })
 */
export class AuditCallbackHandler extends BaseCallbackHandler {
  /** What LangChain calls it. */
  override name = 'audit_callback_handler'
  readonly #capture: Capture
  readonly #runs = new Map<string, Run>()
  readonly #taken: Set<string>

  /** @throws AuditError `AUDIT_INVALID_OPTIONS` for what is no capture. */
  constructor(capture: Capture) {
    super({ raiseError: true, _awaitHandler: true }) // otherwise LangChain swallows what it throws
    this.lc_kwargs = {}
    if (typeof capture?.begin !== 'function') {
      throw invalidOptions('AuditCallbackHandler', 'capture must come from createCapture()')
    }
    this.#capture = capture
    this.#taken = taken.get(capture) ?? new Set()
    taken.set(capture, this.#taken)
  }

  /** It has no state of its own that a copy could do without. */
  override copy(): this {
    return this
  }

  /** A chat model starts. Throws what `capture.begin` throws, and what `call.ready()` throws; the model is not asked then. */
  override async handleChatModelStart(
    model: Serialized,
    [messages = []]: BaseMessage[][],
    runId: string,
    _parentRunId?: string,
    extra?: Record<string, unknown>,
    _tags?: string[],
    metadata?: Record<string, unknown>,
  ): Promise<void> {
    await this.#start(runId, { operation: 'chat', ...chat(messages) }, model, extra, metadata)
  }

  /** An LLM starts. Throws as `handleChatModelStart` does. */
  override async handleLLMStart(
    model: Serialized,
    asked: string[],
    runId: string,
    _parentRunId?: string,
    extra?: Record<string, unknown>,
    _tags?: string[],
    metadata?: Record<string, unknown>,
  ): Promise<void> {
    await this.#start(runId, { operation: 'text_completion', ...prompts(asked) }, model, extra, metadata)
  }

  /** A part of a streamed answer was handed on. */
  override handleLLMNewToken(token: string, _index: unknown, runId: string): void {
    const run = this.#runs.get(runId)
    if (!run) return
    run.call.chunk(token)
    clearTimeout(run.idle)
    run.idle = setTimeout(() => run.call.abandon(), this.#capture.idleMs)
    run.idle.unref() // it must not keep the process alive
  }

  /**
   * A model has answered.
   *
   * @throws AuditError if the call could not be recorded, or ended before (`AUDIT_CLOSED`): the answer is not handed on.
   */
  override async handleLLMEnd(
    output: LLMResult,
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    extra?: Record<string, unknown>,
  ): Promise<void> {
    const answer = answerOf(output.generations.flat(), output.llmOutput)
    // LangChain's cache answers with the counts of nobody.
    await this.#end(runId, { status: 'ok', ...answer, ...(extra?.cached ? { usage: undefined } : {}) }, true)
  }

  /** A model has failed. Throws AuditError if the call could not be recorded. */
  override async handleLLMError(error: unknown, runId: string): Promise<void> {
    await this.#end(runId, failureOf(error), false)
  }

  async #start(
    runId: string,
    asked: Pick<Question, 'operation' | 'input' | 'inputMessages'>,
    model: Serialized,
    extra: Record<string, unknown> | undefined,
    metadata: Record<string, unknown> | undefined,
  ): Promise<void> {
    if (modelContext().recording.includes(this.#capture) || this.#taken.has(runId)) return
    const signal = signalOf(recordOf(extra?.options).signal)
    const call = this.#capture.withScope(whoAsks(this.#capture, { metadata }), () =>
      this.#capture.begin({
        ...asked,
        provider: providerNamed(metadata?.ls_provider ?? listOf(model.id)[2]) ?? 'unknown',
        requestModel: requestModel(extra, metadata),
        previous: stringOf(recordOf(extra?.invocation_params).previous_response_id),
        signal,
        by: integrationAt('callback'),
      }),
    )
    this.#taken.add(runId)
    this.#runs.set(runId, { call, signal })
    try {
      await call.ready()
    } catch (error) {
      this.#forget(runId)
      throw error
    }
  }

  async #end(runId: string, outcome: CallOutcome, isAnswered: boolean): Promise<void> {
    const run = this.#runs.get(runId)
    if (!run) return
    this.#forget(runId)
    clearTimeout(run.idle)
    if (!run.call.hasEnded) return run.call.end(outcome)
    if (!isAnswered) return
    run.signal?.throwIfAborted()
    throw tooLate()
  }

  #forget(runId: string): void {
    this.#runs.delete(runId)
    this.#taken.delete(runId)
  }
}

function requestModel(
  extra: Record<string, unknown> | undefined,
  metadata: Record<string, unknown> | undefined,
): string {
  const { model, model_name } = recordOf(extra?.invocation_params)
  return stringOf(metadata?.ls_model_name) ?? stringOf(model) ?? stringOf(model_name) ?? ''
}
