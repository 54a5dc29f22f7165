import { once } from 'node:events'
import type { Server } from 'node:http'
import { createCapture } from '@audit/capture'
import { prices } from '@audit/cost'
import { createAdaptorServer } from '@hono/node-server'
import { chatApp } from './chat-app.ts'
import { Conversations } from './conversations.ts'
import { askWithAiSdk } from './models/with-ai-sdk.ts'
import { askWithOpenAI } from './models/with-openai.ts'
import { openLog } from './open-log.ts'
import type { Settings } from './settings.ts'
import { shutDown } from './shut-down.ts'

/** A chat that is being served. */
export interface Chat {
  readonly url: string
  /** Ends it without losing a call; see `shutDown`. */
  stop(): Promise<void>
}

/** Serves the chat. */
export async function startChat(settings: Settings): Promise<Chat> {
  const { logPath, baseURL, auditors, port, graceMs } = settings
  const log = await openLog(logPath)
  const capture = createCapture({
    log,
    price: prices(),
    intent: true, // a crash shows as a question without an answer
    strict: true, // a client that somebody forgets to wrap fails
    hosts: [new URL(baseURL).host],
  })
  const models = { openai: askWithOpenAI(settings, capture), 'ai-sdk': askWithAiSdk(settings, capture) }
  const app = chatApp({ log, capture, auditors, conversations: new Conversations(), models })
  const server = createAdaptorServer({ fetch: app.fetch }) as Server // HTTP/1.1, since nothing else is asked of it
  server.listen(port)
  await once(server, 'listening')
  return { url: urlOf(server), stop: () => shutDown({ server, capture, log, graceMs }) }
}

function urlOf(server: Server): string {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server listens to no port')
  return `http://localhost:${address.port}`
}
