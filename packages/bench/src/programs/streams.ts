import { createCapture } from '@audit/capture'
import { auditOpenAI } from '@audit/openai'
import OpenAI from 'openai'
import { serve } from '../subject.ts'

// A process that reads one recorded stream after the other, and how large it is meanwhile. Its log keeps nothing.

const [baseURL = ''] = process.argv.slice(2)
const capture = createCapture({ log: { record: async () => ({ entryId: 'none' }) } })
const openai = auditOpenAI(new OpenAI({ baseURL, apiKey: 'none' }), capture)
const messages = [{ role: 'user' as const, content: 'one two three four five' }]
const AT_ONCE = 8

async function read(streams: number): Promise<void> {
  for (let i = 0; i < streams; i++) {
    const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true })
    for await (const _ of stream);
  }
}

export const commands = serve({
  /** Reads so many streams. Returns the bytes that the heap holds once its garbage is collected, and that are resident. */
  read: async (streams: number) => {
    await Promise.all(Array.from({ length: AT_ONCE }, () => read(Math.ceil(streams / AT_ONCE))))
    globalThis.gc?.()
    const { heapUsed, external, rss } = process.memoryUsage()
    return { held: heapUsed + external, resident: rss }
  },
})
