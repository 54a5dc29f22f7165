import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DURABLE_BACKENDS, type DurableBackendId, openLog } from './backends.ts'
import { assertRecorded, exchangeOf } from './exchange.ts'
import type { Place } from './place.ts'

const PROGRAM = fileURLToPath(new URL('programs/record-until-killed.ts', import.meta.url))
/** A log is killed so often before the next one is begun: reading all of it each time takes longer and longer. */
const KILLS_PER_LOG = 10
const LATEST_KILL_MS = 200

export interface KillFigures {
  readonly kills: number
  readonly acknowledged: number
  readonly lost: number
  /** Kills that left a batch behind of which nothing had been acknowledged, and which is there all the same. */
  readonly unacknowledgedKept: number
  /** Kills in the middle of a write, which left a part of an entry behind, closed off and reported. */
  readonly tornTails: number
}

/** What a recording process said before it was killed. */
interface Report {
  /** How many entries were acknowledged; they are numbered from 0 in the order of the calls. */
  readonly acknowledged: number
  /** The last batch that was handed to the backend. */
  readonly lastBatch: { readonly start: number; readonly end: number }
}

/**
 * Kills a process that records without a pause, at random moments, and looks at what is left each time: every entry
 * that was acknowledged is there, to the letter and in its place; a batch that was cut short is there as the backend
 * promises; and the log goes on.
 *
 * @throws AssertionError at the first thing that is not so.
 */
export async function kill(
  id: DurableBackendId,
  kills: number,
  onProgress: (done: number) => void,
): Promise<KillFigures> {
  let [acknowledged, kept, unacknowledgedKept, tornTails] = [0, 0, 0, 0]
  for (let done = 0; done < kills; ) {
    await using place = await DURABLE_BACKENDS[id].makePlace()
    let [size, torn] = [0, 0]
    for (let i = 0; i < KILLS_PER_LOG && done < kills; i++) {
      const report = await recordUntilKilled(id, place, size)
      acknowledged += report.acknowledged - size
      await place.settled()
      const found = await examine(id, place, report)
      kept += Math.min(found.size, report.acknowledged) - size
      if (found.size > report.acknowledged) unacknowledgedKept++
      tornTails += found.torn - torn
      torn = found.torn
      size = found.size + 1
      onProgress(++done)
    }
  }
  return { kills, acknowledged, lost: acknowledged - kept, unacknowledgedKept, tornTails }
}

async function recordUntilKilled(id: DurableBackendId, { address }: Place, size: number): Promise<Report> {
  const child = spawn(process.execPath, [PROGRAM, id, address, `${size}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<NodeJS.Signals | null>(resolve =>
    child.once('close', (_, signal) => resolve(signal)),
  )
  let report: Report = { acknowledged: size, lastBatch: { start: size, end: size } }
  let killing: Promise<void> | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    killing ??= killSoon(child)
    report = withLine(report, line)
  }
  await killing
  assert.equal(await ended, 'SIGKILL', 'the recording process ended by itself')
  return report
}

/** A line that the kill cut short lacks its full stop, and says nothing. */
function withLine(report: Report, line: string): Report {
  const [, what, start, end] = /^(appending|acknowledged) (\d+) to (\d+)\.$/.exec(line) ?? []
  if (what === 'acknowledged') return { ...report, acknowledged: Number(end) }
  if (what === 'appending') return { ...report, lastBatch: { start: Number(start), end: Number(end) } }
  return report
}

async function killSoon(child: ChildProcess): Promise<void> {
  await pause(Math.random() * LATEST_KILL_MS)
  child.kill('SIGKILL')
}

/** Reads everything that the killed process left, and records one entry more. */
async function examine(
  id: DurableBackendId,
  { address }: Place,
  { acknowledged, lastBatch }: Report,
): Promise<{ readonly size: number; readonly torn: number }> {
  await using log = openLog(id, address)
  let size = 0
  for await (const entry of log.entries()) assertRecorded(entry, size++)
  assert.ok(size >= acknowledged, `${acknowledged} were acknowledged, and ${size} are there`)
  assert.ok(size <= lastBatch.end, `${lastBatch.end} were recorded, and ${size} are there`)
  if (DURABLE_BACKENDS[id].isAtomic) {
    assert.ok(size === lastBatch.start || size === lastBatch.end, 'half a batch is there')
  }
  assert.equal(await log.count(), size)
  const next = await log.record(exchangeOf(size))
  assertRecorded(next, size)
  assert.deepEqual(await log.get(next.entryId), next)
  const { findings } = await log.verify()
  const torn = findings.filter(({ kind }) => kind === 'damaged' && !DURABLE_BACKENDS[id].isAtomic)
  assert.deepEqual(findings, torn)
  return { size, torn: torn.length }
}
