import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { auditOpenAI } from '@audit/openai'
import OpenAI from 'openai'
import type { Caller } from '../callers.ts'
import { quantile } from '../measurements.ts'
import { newBackend } from '../own/backends.ts'
import { serve } from '../subject.ts'

// Three clients of OpenAI's SDK in one process: one that nobody records, and two that are recorded. So all of them run the same
// compiled code, and what is added is not lost in how two processes differ.

const [place = ''] = process.argv.slice(2)
const recorded = (['memory', 'sqlite'] as const).map(name => {
  const log = new AuditLog({ backend: newBackend(name, place) })
  return { name, log, capture: createCapture({ log }) }
})

function clientOf(caller: Caller, baseURL: string): OpenAI {
  const bare = new OpenAI({ baseURL, apiKey: 'none' })
  const capture = recorded.find(({ name }) => name === caller)?.capture
  return capture ? auditOpenAI(bare, capture) : bare
}

const model = 'gpt-4o-mini'
const questionOf = (words: number) => [{ role: 'user' as const, content: 'word '.repeat(words).trimEnd() }]

/** Asks for an answer of so many words, and returns how many chunks it had. */
async function stream(client: OpenAI, words: number): Promise<number> {
  let chunks = 0
  const answer = await client.chat.completions.create({ model, messages: questionOf(words), stream: true })
  for await (const _ of answer) chunks++
  return chunks
}

/** Does something again and again for so long, and returns what came of it each time. */
async function repeat(milliseconds: number, work: () => Promise<number>): Promise<readonly number[]> {
  const end = performance.now() + milliseconds
  const results: number[] = []
  do results.push(await work())
  while (performance.now() < end)
  return results
}

/** Asks for a whole answer, and returns how many milliseconds that took. */
async function call(client: OpenAI): Promise<number> {
  const start = performance.now()
  await client.chat.completions.create({ model, messages: questionOf(20) })
  return performance.now() - start
}

const WORDS = 1000

export const commands = serve({
  /** Milliseconds that a call takes, one after the other: the median, since others use the machine too. */
  call: async (caller: Caller, baseURL: string, milliseconds: number) => {
    const client = clientOf(caller, baseURL)
    globalThis.gc?.()
    return quantile(await repeat(milliseconds, () => call(client)), 0.5)
  },
  /** Microseconds of processor time a chunk: while a client waits for the next one, nothing is added that anybody would notice. */
  chunk: async (caller: Caller, baseURL: string, milliseconds: number) => {
    const client = clientOf(caller, baseURL)
    globalThis.gc?.() // nobody pays for the garbage of an earlier turn
    const before = process.cpuUsage()
    const chunks = await repeat(milliseconds, () => stream(client, WORDS))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / chunks.reduce((sum, count) => sum + count, 0)
  },
  close: async () => {
    for (const { capture, log } of recorded) {
      await capture.close()
      await log.close()
    }
  },
})
