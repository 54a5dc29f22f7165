import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Trust } from './contract.ts'
import type { TrustDesk } from './trust-desk.ts'

/** The page is told how far a verification is at most so often, in milliseconds. */
const PROGRESS_MS = 100

/** Verifies the log, and answers with server-sent events: what is known so far, until the verification has ended. */
export function streamTrust(context: Context, desk: TrustDesk): Response {
  return streamSSE(context, async stream => {
    const stopped = new AbortController()
    stream.onAbort(() => stopped.abort())
    let sentAt = Number.NEGATIVE_INFINITY
    const send = (trust: Trust) => stream.writeSSE({ data: JSON.stringify(trust) })
    await desk.verify(trust => {
      const isDue = performance.now() - sentAt >= PROGRESS_MS
      if (trust.state === 'running' && !isDue) return
      sentAt = performance.now()
      void send(trust) // a page that has gone is told nothing; the verification goes on for others
    }, stopped.signal)
    await send(await desk.trust())
  })
}
