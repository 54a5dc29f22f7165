import { serverUrl } from '@audit/harness'
import pg from 'pg'
import { postgresIds } from '../contenders.ts'
import type { Measurements } from '../measurements.ts'
import { postgresTargetsOf } from '../postgres-targets.ts'
import type { Scale } from '../scale.ts'
import { CALLERS } from '../workloads/processes.ts'
import { conditions, verdict } from './results.ts'
import { diskTable, processesTable, recordingTable } from './tables.ts'

/** All results of PostgreSQL, in Markdown. */
export async function postgresResultsOf(
  measurements: Measurements,
  scale: Scale,
  minutes: number,
): Promise<string> {
  return [
    conditions(minutes, await serverVersion()),
    verdict(postgresTargetsOf(measurements, scale)),
    recordingTable(measurements, postgresIds),
    `Processes that record into one log, with ${CALLERS} callers each:`,
    processesTable(measurements, scale),
    diskTable(measurements, ['postgres']),
  ].join('\n\n')
}

async function serverVersion(): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl().href })
  await client.connect()
  try {
    const { rows } = await client.query<{ readonly server_version: string }>('SHOW server_version')
    return `PostgreSQL ${rows[0]?.server_version}`
  } finally {
    await client.end()
  }
}
