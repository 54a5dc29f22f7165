import type { CallOutcome } from '@audit/capture'
import { type JsonRecord, numberOf, recordOf, stringOf } from '@audit/capture/integration'
import { messageAnswer } from './call-outcome.ts'

/** An answer that comes as the events of LangChain's protocol: blocks that begin, grow and are finished. */
export class EventAnswer {
  readonly #blocks = new Map<number, JsonRecord>()
  #message: JsonRecord = {}

  /** Takes an event, and returns the text that came with it. */
  take(event: unknown): string {
    const { event: type, index, content, delta, id, usage, reason, responseMetadata } = recordOf(event)
    const place = numberOf(index) ?? 0
    if (type === 'content-block-start' || type === 'content-block-finish') {
      this.#blocks.set(place, recordOf(content))
    }
    if (type === 'message-start') this.#know({ id })
    if (usage) this.#know({ usage_metadata: usage })
    if (type === 'message-finish') {
      this.#know({ response_metadata: { finish_reason: reason, ...recordOf(responseMetadata) } })
    }
    return type === 'content-block-delta' ? this.#grow(place, recordOf(delta)) : ''
  }

  /** What has come so far. */
  sofar(): Partial<CallOutcome> {
    const blocks = [...this.#blocks].toSorted(([a], [b]) => a - b).map(([, block]) => block)
    const calls = blocks.filter(({ type }) => type === 'tool_call' || type === 'tool_call_chunk')
    return messageAnswer({ ...this.#message, type: 'ai', content: blocks, tool_calls: calls })
  }

  #know(fields: JsonRecord): void {
    this.#message = { ...this.#message, ...fields }
  }

  #grow(place: number, { type, text, reasoning, args, fields }: JsonRecord): string {
    const block = this.#blocks.get(place) ?? {}
    if (type === 'text-delta') this.#blocks.set(place, { ...block, text: joined(block.text, text) })
    if (type === 'reasoning-delta') {
      this.#blocks.set(place, { ...block, reasoning: joined(block.reasoning, reasoning) })
    }
    if (type === 'tool-call-delta') this.#blocks.set(place, { ...block, args: joined(block.args, args) })
    if (type === 'block-delta') this.#blocks.set(place, { ...block, ...recordOf(fields) })
    return type === 'text-delta' ? (stringOf(text) ?? '') : ''
  }
}

function joined(before: unknown, more: unknown): string {
  return (stringOf(before) ?? '') + (stringOf(more) ?? '')
}
