import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { auditOpenAI } from '@audit/openai'
import OpenAI from 'openai'
import type { Caller } from '../callers.ts'
import { newBackend } from '../own/backends.ts'
import { serve } from '../subject.ts'

// A client of OpenAI's SDK that asks a provider, bare or recorded in a log.

const [name = '', place = ''] = process.argv.slice(2)
const caller = name as Caller // what calls.ts starts this with
const log = caller === 'bare' ? undefined : new AuditLog({ backend: newBackend(caller, place) })
const capture = log && createCapture({ log })

function clientOf(baseURL: string): OpenAI {
  const bare = new OpenAI({ baseURL, apiKey: 'none' })
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

/** Does something again and again for so long, and returns how much of it was done. */
async function repeat(milliseconds: number, work: () => Promise<number>): Promise<number> {
  const end = performance.now() + milliseconds
  let done = 0
  do done += await work()
  while (performance.now() < end)
  return done
}

const WORDS = 1000

export const commands = serve({
  /** Milliseconds a call, one after the other. */
  call: async (baseURL: string, milliseconds: number) => {
    const client = clientOf(baseURL)
    globalThis.gc?.()
    const start = performance.now()
    const calls = await repeat(milliseconds, async () => {
      await client.chat.completions.create({ model, messages: questionOf(20) })
      return 1
    })
    return (performance.now() - start) / calls
  },
  /** Microseconds of processor time a chunk: while a client waits for the next one, nothing is added that anybody would notice. */
  chunk: async (baseURL: string, milliseconds: number) => {
    const client = clientOf(baseURL)
    globalThis.gc?.()
    const before = process.cpuUsage()
    const chunks = await repeat(milliseconds, () => stream(client, WORDS))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / chunks
  },
  close: async () => {
    await capture?.close()
    await log?.close()
  },
})
