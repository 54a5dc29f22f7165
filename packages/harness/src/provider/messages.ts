import { type ProviderAnswer, type ProviderEvent, piecesOf, tokensOf } from './answer.ts'
import { answerText, isRecord, type JsonRecord, type Question, recordsOf, textOf } from './question.ts'

const ID = 'msg_stand_in'

/** The answer to Anthropic's `POST /v1/messages`. */
export function message(body: JsonRecord, known: ReadonlyMap<string, string>): ProviderAnswer {
  const question = questionOf(body)
  const text = question.tool === undefined ? answerText(question, known) : ''
  const block = question.tool === undefined ? textBlock(text) : toolBlock(question.tool)
  const usage = usageOf(question.text, text)
  const reason = question.tool === undefined ? 'end_turn' : 'tool_use'
  const base = { id: ID, type: 'message', role: 'assistant', model: question.model }
  const started = { ...base, content: [], stop_reason: null, stop_sequence: null }
  const events: readonly JsonRecord[] = [
    { type: 'message_start', message: { ...started, usage: { ...usage, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { ...block, ...emptied(block) } },
    ...deltasOf(block).map(delta => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    },
    { type: 'message_stop' },
  ]
  return {
    json: { ...started, content: [block], stop_reason: reason, usage },
    events: events.map(named),
    failure: named({ type: 'error', error: { type: 'overloaded_error', message: 'overloaded' } }),
  }
}

function named(data: JsonRecord): ProviderEvent {
  return { event: String(data.type), data }
}

function questionOf(body: JsonRecord): Question {
  const messages = recordsOf(body.messages)
  const [tool] = recordsOf(body.tools)
  const { format } = isRecord(body.output_config) ? body.output_config : body
  const wanted = format ?? body.output_format // as older versions have it
  const isAnswered = recordsOf(messages.at(-1)?.content).some(({ type }) => type === 'tool_result')
  return {
    model: typeof body.model === 'string' ? body.model : 'unnamed',
    text: textOf(messages.findLast(({ role }) => role === 'user')?.content),
    tool: typeof tool?.name === 'string' && !isAnswered ? tool.name : undefined,
    wantsJson: isRecord(wanted) && wanted.type === 'json_schema',
  }
}

function textBlock(text: string): JsonRecord {
  return { type: 'text', text, citations: null }
}

function toolBlock(name: string): JsonRecord {
  return { type: 'tool_use', id: 'toolu_1', name, input: { city: 'Paris' } }
}

/** What a block begins with, before its pieces come. */
function emptied({ type }: JsonRecord): JsonRecord {
  return type === 'text' ? { text: '' } : { input: {} }
}

function deltasOf({ text, input }: JsonRecord): readonly JsonRecord[] {
  if (typeof text === 'string') return piecesOf(text).map(piece => ({ type: 'text_delta', text: piece }))
  const json = JSON.stringify(input)
  const pieces = ['', json.slice(0, 5), json.slice(5)]
  return pieces.map(partial_json => ({ type: 'input_json_delta', partial_json }))
}

/** Of the input, two tokens are read from a cache, and two are written into one, of which one is kept for an hour. */
function usageOf(asked: string, answered: string) {
  return {
    input_tokens: tokensOf(asked),
    cache_read_input_tokens: 2,
    cache_creation_input_tokens: 2,
    cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 1 },
    output_tokens: tokensOf(answered) + 1,
    output_tokens_details: { thinking_tokens: 1 },
    service_tier: 'standard',
  }
}
