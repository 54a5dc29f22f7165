// Records without a pause, one by one and in crowds, and says what it hands to the backend and what was acknowledged:
// <backend> <address> <number of the first entry>
import { writeSync } from 'node:fs'
import { AuditLog } from '@audit/core'
import { BACKENDS, backendNamed } from '../backends.ts'
import { exchangeOf } from '../exchange.ts'

const [name, address = '', first] = process.argv.slice(2)
const backend = BACKENDS[backendNamed(name)].open(address)
const append = backend.append.bind(backend)
let appended = Number(first)
backend.append = leaves => {
  say('appending', appended, appended + leaves.length)
  appended += leaves.length
  return append(leaves)
}

const log = new AuditLog({ backend })
let next = Number(first)
let acknowledged = next
for (;;) {
  const callers = Math.random() < 0.5 ? 1 : Math.ceil(Math.random() * 64)
  await Promise.all(Array.from({ length: callers }, record))
}

async function record(): Promise<void> {
  const { index } = await log.record(exchangeOf(next++))
  if (index !== acknowledged) throw new Error(`entry ${acknowledged} was given the place ${index}`)
  say('acknowledged', acknowledged, ++acknowledged)
}

/** Written at once, so that nothing that was said is lost with the process. */
function say(what: string, start: number, end: number): void {
  writeSync(1, `${what} ${start} to ${end}.\n`)
}
