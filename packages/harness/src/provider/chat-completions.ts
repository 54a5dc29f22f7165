import { type ProviderAnswer, piecesOf, tokensOf } from './answer.ts'
import { answerText, isRecord, type JsonRecord, type Question, recordsOf, textOf } from './question.ts'

const ID = 'chatcmpl-stand-in'
const CREATED = 1_760_000_000

/** The answer to `POST /chat/completions`. */
export function chatCompletion(body: JsonRecord, known: ReadonlyMap<string, string>): ProviderAnswer {
  const question = questionOf(body)
  const text = question.tool === undefined ? answerText(question, known) : ''
  const usage = usageOf(question.text, text)
  const withUsage = isRecord(body.stream_options) && body.stream_options.include_usage === true
  const base = { id: ID, created: CREATED, model: question.model, service_tier: 'default' }
  const message = { role: 'assistant', content: text === '' ? null : text, refusal: null }
  const calls = question.tool === undefined ? undefined : [toolCall(question.tool)]
  const reason = calls ? 'tool_calls' : 'stop'
  const chunk = (delta: JsonRecord, finish_reason: string | null = null) => ({
    data: {
      ...base,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(withUsage ? { usage: null } : {}),
    },
  })
  return {
    json: {
      ...base,
      object: 'chat.completion',
      choices: [
        { index: 0, message: { ...message, tool_calls: calls }, logprobs: null, finish_reason: reason },
      ],
      usage,
    },
    events: [
      chunk({ role: 'assistant', content: calls ? null : '' }),
      ...piecesOf(text).map(content => chunk({ content })),
      ...(calls ? toolDeltas(calls).map(tool => chunk({ tool_calls: [tool] })) : []),
      chunk({}, reason),
      ...(withUsage ? [{ data: { ...base, object: 'chat.completion.chunk', choices: [], usage } }] : []),
      { data: '[DONE]' },
    ],
  }
}

function questionOf(body: JsonRecord): Question {
  const messages = recordsOf(body.messages)
  const last = messages.at(-1)
  const [tool] = recordsOf(body.tools)
  const named = isRecord(tool?.function) ? tool.function.name : undefined
  return {
    model: typeof body.model === 'string' ? body.model : 'unnamed',
    text: textOf(messages.findLast(({ role }) => role === 'user')?.content),
    tool: typeof named === 'string' && last?.role !== 'tool' ? named : undefined,
    wantsJson: isRecord(body.response_format) && body.response_format.type === 'json_schema',
  }
}

function toolCall(name: string) {
  return { id: 'call_1', type: 'function', function: { name, arguments: '{"city":"Paris"}' } }
}

/** A call as it comes over a stream: its name first, then its arguments in two pieces. */
function toolDeltas(calls: readonly ReturnType<typeof toolCall>[]): readonly JsonRecord[] {
  return calls.flatMap((call, index) => [
    { index, id: call.id, type: call.type, function: { name: call.function.name, arguments: '' } },
    { index, function: { arguments: call.function.arguments.slice(0, 5) } },
    { index, function: { arguments: call.function.arguments.slice(5) } },
  ])
}

function usageOf(asked: string, answered: string) {
  const prompt = tokensOf(asked) + 4
  const completion = tokensOf(answered) + 1
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 2, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 1, audio_tokens: 0 },
  }
}
