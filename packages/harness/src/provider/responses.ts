import { type ProviderAnswer, type ProviderEvent, piecesOf, tokensOf } from './answer.ts'
import { answerText, isRecord, type JsonRecord, type Question, recordsOf, textOf } from './question.ts'

const RESPONSE_ID = 'resp_stand_in'

/** The answer to `POST /responses`. */
export function response(body: JsonRecord, known: ReadonlyMap<string, string>): ProviderAnswer {
  const question = questionOf(body)
  const text = question.tool === undefined ? answerText(question, known) : ''
  const item = question.tool === undefined ? messageItem(text) : toolItem(question.tool)
  const base = {
    id: RESPONSE_ID,
    object: 'response',
    created_at: 1_760_000_000,
    model: question.model,
    service_tier: 'default',
    error: null,
    incomplete_details: null,
    metadata: {},
    parallel_tool_calls: true,
    tools: [],
  }
  const started = { ...base, status: 'in_progress', output: [], usage: null }
  const json = { ...base, status: 'completed', output: [item], usage: usageOf(question.text, text) }
  const events: readonly JsonRecord[] = [
    { type: 'response.created', response: started },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [], arguments: '' } },
    ...itemEvents(question.tool, text),
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: json },
  ]
  return { json, events: events.map(numbered) }
}

function numbered(data: JsonRecord, sequence_number: number): ProviderEvent {
  return { event: String(data.type), data: { ...data, sequence_number } }
}

function itemEvents(tool: string | undefined, text: string): readonly JsonRecord[] {
  const place = { item_id: 'item_1', output_index: 0 }
  if (tool !== undefined) {
    return [
      { type: 'response.function_call_arguments.delta', ...place, delta: '{"city":"Paris"}' },
      { type: 'response.function_call_arguments.done', ...place, name: tool, arguments: '{"city":"Paris"}' },
    ]
  }
  const part = { type: 'output_text', text: '', annotations: [], logprobs: [] }
  const content = { ...place, content_index: 0 }
  return [
    { type: 'response.content_part.added', ...content, part },
    ...piecesOf(text).map(delta => ({ type: 'response.output_text.delta', ...content, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...content, text, logprobs: [] },
    { type: 'response.content_part.done', ...content, part: { ...part, text } },
  ]
}

function questionOf(body: JsonRecord): Question {
  const items = recordsOf(body.input)
  const [tool] = recordsOf(body.tools)
  const format = isRecord(body.text) && isRecord(body.text.format) ? body.text.format.type : undefined
  const said = items.findLast(({ role }) => role === 'user')?.content
  return {
    model: typeof body.model === 'string' ? body.model : 'unnamed',
    text: typeof body.input === 'string' ? body.input : textOf(said),
    tool:
      typeof tool?.name === 'string' && items.at(-1)?.type !== 'function_call_output' ? tool.name : undefined,
    wantsJson: format === 'json_schema',
  }
}

function messageItem(text: string): JsonRecord {
  return {
    id: 'item_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  }
}

function toolItem(name: string): JsonRecord {
  return {
    id: 'item_1',
    type: 'function_call',
    call_id: 'call_1',
    status: 'completed',
    name,
    arguments: '{"city":"Paris"}',
  }
}

function usageOf(asked: string, answered: string) {
  const input = tokensOf(asked) + 4
  const output = tokensOf(answered) + 1
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 2 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 1 },
    total_tokens: input + output,
  }
}
