import type { Server } from 'node:http'
import type { Capture } from '@audit/capture'
import type { AuditLog } from '@audit/core'

/** What is shut down, in this order. */
export interface Running {
  readonly server: Server
  readonly capture: Capture
  readonly log: AuditLog
  /** How many milliseconds the answers under way may take. */
  readonly graceMs: number
}

const SWEEP_MS = 50

/**
 * Takes no more connections, lets the answers under way end, records every call, and closes the log.
 *
 * @throws AuditError if a call could not be recorded.
 */
export async function shutDown({ server, capture, log, graceMs }: Running): Promise<void> {
  await answersEnd(server, graceMs)
  try {
    await capture.drain()
  } finally {
    await log.close()
  }
}

async function answersEnd(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS) // those whose answer has ended since
  const late = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(sweep)
  clearTimeout(late)
}
