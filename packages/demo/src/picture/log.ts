import { type AuditBackend, createEntry, createLeaf, type EntryInput } from '@audit/core/backend'

/** Two months of calls, made of the demo's exchanges. */
const CALLS = 4800
const FIRST = Date.parse('2026-09-24T00:00:00.000Z')
/** The time that the picture is taken at. */
export const PICTURE_TIME = new Date('2026-11-24T15:00:00.000Z')
const MODELS = ['gpt-5', 'claude-sonnet-4-5', 'gpt-5-mini', 'mistral-medium'] as const
const USERS = ['support', 'research', 'legal', 'sales', 'finance', 'onboarding', 'platform', 'hr'] as const

/** Fills a log with calls that are always the same, so that the picture is. */
export async function fillPictureLog(backend: AuditBackend, exchanges: readonly EntryInput[]): Promise<void> {
  const random = numbersFrom(7)
  const times = Array.from({ length: CALLS }, () => timeOfDay(random)).toSorted((a, b) => a - b)
  const leaves = times.map((ms, i) => {
    const exchange = exchanges[Math.floor(random() * exchanges.length)] ?? exchanges[0]
    if (!exchange) throw new Error('the demo has no exchange')
    return createLeaf(
      createEntry(callOf(exchange, random, i), {
        entryId: idAt(ms, i),
        timestamp: new Date(ms).toISOString(),
      }),
    )
  })
  await backend.open()
  await backend.append(leaves)
  await backend.close()
}

/** More on weekdays, more in the afternoon, and more with each week. */
function timeOfDay(random: () => number): number {
  const span = PICTURE_TIME.getTime() - FIRST
  for (;;) {
    const ms = Math.floor(FIRST + span * random() ** 0.72)
    const date = new Date(ms)
    const isWeekend = date.getUTCDay() % 6 === 0
    const isWork = date.getUTCHours() >= 7 && date.getUTCHours() < 19
    if (random() < (isWeekend ? 0.15 : 1) * (isWork ? 1 : 0.2)) return ms
  }
}

function callOf(exchange: EntryInput, random: () => number, i: number): EntryInput {
  const choice = random()
  const model = MODELS[choice < 0.42 ? 0 : choice < 0.72 ? 1 : choice < 0.9 ? 2 : 3]
  const status = ending(random())
  const input = 200 + Math.floor(random() * 2400)
  const output = status === 'error' ? 0 : 40 + Math.floor(random() * 700)
  return {
    ...exchange,
    model,
    user: USERS[Math.floor(random() ** 1.8 * USERS.length)] ?? USERS[0],
    outputText: status === 'error' ? '' : exchange.outputText,
    costUsd: status === 'error' ? null : Number(((input * 1.3 + output * 8) / 1e6).toFixed(6)),
    latencyMs: Math.round(260 + 900 * random() + (random() < 0.06 ? 4000 * random() : 0)),
    metadata: {
      'audit.status': status,
      'gen_ai.conversation.id': `s-${1000 + Math.floor(i / 3)}`,
      'gen_ai.usage.input_tokens': input,
      'gen_ai.usage.output_tokens': output,
    },
  }
}

function ending(choice: number): string {
  if (choice < 0.968) return 'ok'
  if (choice < 0.985) return 'error'
  return choice < 0.995 ? 'aborted' : 'truncated'
}

/** Numbers from 0 to 1 that are always the same (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A UUID v7 whose random bits count up. */
function idAt(ms: number, i: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${i.toString(16).padStart(12, '0')}`
}
