// Records so many entries, one by one and in crowds, each again until it succeeds, and says how many it recorded and what
// failed on the way:
// <backend> <address> <count>
import { setTimeout as pause } from 'node:timers/promises'
import { AuditError } from '@audit/core'
import { backendNamed, openLog } from '../backends.ts'
import { exchangeOf } from '../exchange.ts'

const MOST_FAILURES = 200
const MOST_OPENINGS = 3
const PAUSE_MS = 5
const CROWD = 8

const [id, address = '', count] = process.argv.slice(2)
const log = openLog(backendNamed(id), address)
const failures: string[] = []

// strace counts calls by thread, and each opening that fails ends its thread: the next one meets the same fault.
for (let tries = 0; !(await opens()); ) if (++tries === MOST_OPENINGS) await end(0)

for (let n = 0; n < Number(count); ) {
  const callers = n % 3 === 0 ? 1 : Math.min(CROWD, Number(count) - n)
  await Promise.all(Array.from({ length: callers }, (_, i) => again(() => log.record(exchangeOf(n + i)))))
  n += callers
  // What failed on the way is nowhere, and all else is there.
  const there = await again(() => log.count())
  if (there !== n) throw new Error(`${n} entries were acknowledged, and ${there} are there`)
  await again(() => log.query({ user: 'user 1', order: 'desc', limit: 3 }))
}
await end(Number(count))

async function opens(): Promise<boolean> {
  try {
    await log.open()
    return true
  } catch (error) {
    note(error)
    return false
  }
}

async function end(acknowledged: number): Promise<never> {
  await log.close().catch(note)
  console.log(JSON.stringify({ acknowledged, failures }))
  process.exit()
}

async function again<T>(operation: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await operation()
    } catch (error) {
      note(error)
      await pause(PAUSE_MS)
    }
  }
}

function note(error: unknown): void {
  if (!(error instanceof AuditError) || failures.length > MOST_FAILURES) throw error
  failures.push(error.code)
}
