import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { json } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AuditLog } from '@audit/core'
import { DURABLE_BACKENDS, type DurableBackendId, openLog } from './backends.ts'
import type { Place } from './place.ts'

const PROGRAM = fileURLToPath(new URL('programs/crowd-process.ts', import.meta.url))

/** How long the tail waits before it looks for more. */
const POLL_MS = 5

/** How many write at once, and how much. */
export interface CrowdSize {
  readonly processes: number
  /** Worker threads a process, each with an instance of its own. */
  readonly threads: number
  /** Callers a thread, each of which awaits its entry before it records the next. */
  readonly callers: number
  /** Entries a caller. */
  readonly entries: number
}

export interface CrowdFigures {
  readonly writers: number
  readonly recorded: number
  readonly lost: number
  /** Queries that were answered meanwhile, and gave what their caller had recorded before. */
  readonly queries: number
  /** The 99th percentile of the delay of the event loop, in milliseconds: the median and the worst of the threads. */
  readonly loopDelayMs: { readonly median: number; readonly worst: number }
}

/** What a process of the crowd tells when it has ended. */
export interface CrowdReport {
  readonly queries: number
  /** 99th percentiles in milliseconds, one a thread. */
  readonly loopDelaysMs: readonly number[]
}

/**
 * Lets processes with threads with callers record into one log at once, while all of them read it: every entry is
 * there once, the places have no gaps, each caller's own are in its order, every hash is right, and no call fails.
 *
 * @throws AssertionError at the first thing that is not so.
 */
export async function crowd(id: DurableBackendId, size: CrowdSize): Promise<CrowdFigures> {
  await using place = await DURABLE_BACKENDS[id].makePlace()
  await using log = openLog(id, place.address)
  const reports = Promise.all(
    Array.from({ length: size.processes }, (_, i) => runProcess(id, place, `process ${i}`, size)),
  )
  let isOver = false
  const over = reports.finally(() => {
    isOver = true
  })
  await Promise.all([over, follow(log, () => isOver)])
  await assertWhole(log, size)

  const all = await reports
  const writers = size.processes * size.threads * size.callers
  const recorded = await log.count()
  const delays = all.flatMap(({ loopDelaysMs }) => loopDelaysMs).toSorted((a, b) => a - b)
  return {
    writers,
    recorded,
    lost: writers * size.entries - recorded,
    queries: all.reduce((sum, { queries }) => sum + queries, 0),
    loopDelayMs: { median: delays[Math.floor(delays.length / 2)] ?? 0, worst: delays.at(-1) ?? 0 },
  }
}

async function runProcess(
  id: DurableBackendId,
  { address }: Place,
  name: string,
  { threads, callers, entries }: CrowdSize,
): Promise<CrowdReport> {
  const args = [PROGRAM, id, address, name, `${threads}`, `${callers}`, `${entries}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const report = await json(child.stdout).catch(() => undefined)
  assert.equal(await ended, 0, `${name} failed`)
  return report as CrowdReport // what crowd-process prints
}

/** Tails the log from yet another process until it is over: what was read is never followed by a gap. */
async function follow(log: AuditLog, isOver: () => boolean): Promise<void> {
  let next = 0
  while (!isOver()) {
    for await (const { index } of log.entries({ start: next })) assert.equal(index, next++)
    await pause(POLL_MS)
  }
}

async function assertWhole(log: AuditLog, size: CrowdSize): Promise<void> {
  const ids = new Set<string>()
  const perCaller = new Map<string, number>()
  let next = 0
  for await (const { entryId, index, user, inputText } of log.entries()) {
    assert.equal(index, next++)
    ids.add(entryId)
    const turn = perCaller.get(user) ?? 0
    assert.equal(inputText, `${turn}`, `the entries of ${user} are not in order`)
    perCaller.set(user, turn + 1)
  }
  assert.equal(ids.size, next)
  assert.equal(perCaller.size, size.processes * size.threads * size.callers)
  for (const [user, count] of perCaller) assert.equal(count, size.entries, `entries of ${user}`)
  assert.deepEqual((await log.verify()).findings, [])
}
