import type { Capture } from '@audit/capture'
import { AuditError } from '@audit/core'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { modelFailed } from '../answer-error.ts'
import type { Conversations } from '../conversations.ts'
import type { Identified } from '../identify.ts'
import type { AskModel, Message } from '../models/ask-model.ts'
import { QUESTION } from '../turn.ts'

/** What the chat works with. */
export interface ChatParts {
  readonly capture: Capture
  readonly conversations: Conversations
  /** The ways to ask a model, by the names of their routes. */
  readonly models: Readonly<Record<string, AskModel>>
}

/** In bytes: the longest message, also where JSON escapes each of its characters. */
const MAX_BODY = 64 * 1024

const Question = z.object({
  session: z.string().regex(/^[a-z][\w-]{0,63}$/i), // nothing that would be redacted, or the session could not be found
  message: z.string().min(1).max(10_000),
})

/** `POST /chat/openai` and the like: answers with the text as it comes. */
export function chatRoutes({ models, ...parts }: ChatParts): Hono<Identified> {
  const routes = new Hono<Identified>()
  routes.use(
    bodyLimit({ maxSize: MAX_BODY, onError: c => c.json({ error: 'the question is too long' }, 413) }),
  )
  for (const [name, ask] of Object.entries(models)) {
    routes.post(`/${name}`, async c => {
      const question = Question.safeParse(await c.req.json().catch(() => undefined))
      if (!question.success) return c.json({ error: z.prettifyError(question.error) }, 400)
      const answer = await answerTo({ user: c.get('user'), ...question.data }, ask, c.req.raw.signal, parts)
      const body = ReadableStream.from(answer).pipeThrough(new TextEncoderStream())
      return new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8' } })
    })
  }
  return routes
}

interface Turn extends z.infer<typeof Question> {
  readonly user: string
}

/** The answer to a question, once it has begun: what fails before can still be answered with an error. */
async function answerTo(
  { user, session, message }: Turn,
  ask: AskModel,
  signal: AbortSignal,
  { capture, conversations }: Omit<ChatParts, 'models'>,
): Promise<AsyncIterable<string>> {
  const question: Message = { role: 'user', content: message }
  const scope = { user, conversation: session, metadata: { [QUESTION]: message } }
  const askInScope = () =>
    capture.withScope(scope, () => ask([...conversations.of(user, session), question], signal))
  const remember = (content: string) =>
    conversations.add(user, session, question, { role: 'assistant', content })
  return begun(remembered(askInScope, remember))
}

/** Asks, passes the text on as it comes, and gives all of it to `remember` once it has come to its end. */
async function* remembered(
  ask: () => ReturnType<AskModel>,
  remember: (whole: string) => void,
): AsyncGenerator<string> {
  let whole = ''
  try {
    for await (const text of await ask()) {
      whole += text
      yield text
    }
  } catch (error) {
    throw error instanceof AuditError ? error : modelFailed(error)
  }
  remember(whole)
}

async function begun(texts: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
  const first = await texts.next()
  return (async function* () {
    if (!first.done) yield first.value
    yield* texts
  })()
}
