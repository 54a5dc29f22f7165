import type { Context } from '../context.ts'
import { formatDuration } from './numbers.ts'
import { safeText } from './safe-text.ts'

/** What is done sooner shows no line. */
const PATIENCE_MS = 1000
const INTERVAL_MS = 1000

/**
 * Waits for an operation that does not say how far it is. Meanwhile a line on standard error says what is going on, and for how
 * long. Only a terminal gets it.
 *
 * @example
 * await waitingFor(context, 'opening audit.jsonl', log.open())
 */
export async function waitingFor<T>(context: Context, label: string, operation: Promise<T>): Promise<T> {
  const { stderr } = context
  if (!stderr.canRewrite) return operation
  const start = performance.now()
  let isShown = false
  const timer = setInterval(() => {
    const elapsed = performance.now() - start
    if (elapsed < PATIENCE_MS) return
    isShown = true
    const line = `${safeText(label)}, ${formatDuration(elapsed)}`.slice(0, stderr.columns - 1)
    void stderr.write(`\r${line}\u001b[K`) // it is for people; nothing waits for it
  }, INTERVAL_MS)
  try {
    return await operation
  } finally {
    clearInterval(timer)
    if (isShown) void stderr.write('\r\u001b[K')
  }
}
