import { AuditError, type AuditLog } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import type { LogOptions } from '../log/log-options.ts'
import { EMPTY_WITHOUT_WAL, mayLackWal } from '../log/may-lack-wal.ts'
import { type OpenLog, openLog } from '../log/open-log.ts'
import { counted, formatDuration } from '../output/numbers.ts'
import { plainMessage } from '../output/plain-message.ts'
import type { Diagnosis } from './diagnosis.ts'
import { intentsOf } from './intents.ts'

/** More faults are counted. */
const SHOWN_FAULTS = 20
/** So far clocks of machines may differ. */
const TOLERANCE_MS = 10_000
const FIRST_YEAR = 2024

/** Opens the log, and looks at what only its backend can see. What it cannot open is a diagnosis too. */
export async function examineContents(
  context: Context,
  log: string,
  options: LogOptions,
): Promise<readonly Diagnosis[]> {
  try {
    await using opened = await openLog(context, log, { ...options, onDamage: () => {} })
    const entries = await entriesOf(opened)
    const damage = await damageOf(opened)
    return [entries, await clockOf(context, opened.log), ...damage, ...(await intentsOf(context, opened.log))]
  } catch (error) {
    if (!(error instanceof AuditError || error instanceof CommandError)) throw error
    return [
      { about: 'entries', level: 'problem', message: `it cannot be read: ${plainMessage(error.message)}` },
    ]
  }
}

async function entriesOf(opened: OpenLog): Promise<Diagnosis> {
  const { backend, kind } = opened
  const size = await backend.size()
  if (size === 0 && mayLackWal(opened))
    return { about: 'entries', level: 'warning', message: EMPTY_WITHOUT_WAL }
  const where = { sqlite: 'SQLite', jsonl: 'a JSONL file', postgres: 'PostgreSQL' }[kind]
  return { about: 'entries', level: 'ok', message: `${counted(size, 'entry', 'entries')} in ${where}` }
}

async function clockOf({ now }: Context, log: AuditLog): Promise<Diagnosis> {
  const about = 'clock'
  const time = now()
  if (time.getUTCFullYear() < FIRST_YEAR) {
    return {
      about,
      level: 'problem',
      message: `this machine's clock says ${time.toISOString()}`,
      advice: 'set the clock: it stamps what is recorded',
    }
  }
  const [newest] = await log.query({ order: 'desc', limit: 1 })
  if (!newest) return { about, level: 'ok', message: `${time.toISOString()}` }
  const aheadMs = Date.parse(newest.timestamp) - time.getTime()
  if (aheadMs <= TOLERANCE_MS)
    return {
      about,
      level: 'ok',
      message: `${time.toISOString()}; the newest entry is of ${newest.timestamp}`,
    }
  return {
    about,
    level: 'warning',
    message: `the newest entry, ${newest.index}, is ${formatDuration(aheadMs)} ahead of this machine's clock, ${time.toISOString()}`,
    advice:
      'compare the clocks of the machines that record with the right time; entries keep the times that they have',
  }
}

async function damageOf({ backend }: OpenLog): Promise<readonly Diagnosis[]> {
  const about = 'damage'
  const faults = (await backend.inspect?.()) ?? []
  if (faults.length === 0) {
    return [
      { about, level: 'ok', message: 'none in the store itself; audit verify checks every entry and hash' },
    ]
  }
  const shown = faults.slice(0, SHOWN_FAULTS).map(
    ({ kind, message }): Diagnosis => ({
      about,
      level: 'problem',
      message: `${kind}: ${plainMessage(message)}`,
    }),
  )
  const further = faults.length - shown.length
  const advice =
    'keep a copy of the file as it is, then run audit verify with a checkpoint to see whether an entry is gone'
  if (further === 0) return shown.map((fault, i) => (i === shown.length - 1 ? { ...fault, advice } : fault))
  return [...shown, { about, level: 'problem', message: counted(further, 'further fault'), advice }]
}
