// Tries to make the backends lose, tear, reorder or invent entries, at full length, and prints what came of it: [backend …]
import { once } from 'node:events'
import { hasStrace, shareServer } from '@audit/harness'
import {
  BACKEND_IDS,
  BACKENDS,
  type BackendId,
  backendNamed,
  DURABLE_BACKEND_IDS,
  type DurableBackendId,
  FILE_BACKEND_IDS,
  type FileBackendId,
} from './backends.ts'
import { crowd } from './crowd.ts'
import { damage } from './damage.ts'
import { faults } from './faults.ts'
import { kill } from './kill.ts'
import { model } from './model.ts'
import { FULL } from './scale.ts'
import { type Row, tableOf } from './table.ts'

const named = process.argv.slice(2).map(backendNamed)
const integer = (value: number) => value.toLocaleString('en')
const milliseconds = (value: number) => value.toFixed(1)
const tell = (text: string) => console.error(text)

const interrupted = once(process, 'SIGINT').then(() => undefined) // Ctrl-C must not leave the server behind
const stopServer = await shareServer()
const rows = await Promise.race([tryAll(), interrupted]).finally(stopServer)
if (!rows) process.exit(130)
console.log(tableOf(rows))

async function tryAll(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const backend of wanted(DURABLE_BACKEND_IDS)) {
    rows.push(await killed(backend), await crowded(backend))
    const inFile = FILE_BACKEND_IDS.find(id => id === backend)
    if (!inFile) continue
    if (hasStrace) rows.push(await faulty(inFile))
    else tell(`${BACKENDS[backend].title}: system calls that fail are left out, since there is no strace`)
    rows.push(await damaged(inFile))
  }
  for (const backend of wanted(BACKEND_IDS)) rows.push(await modelled(backend))
  return rows
}

/** Those that were named on the command line; all, where none was. */
function wanted<Id extends BackendId>(ids: readonly Id[]): readonly Id[] {
  return named.length === 0 ? ids : ids.filter(id => named.includes(id))
}

async function killed(backend: DurableBackendId): Promise<Row> {
  tell(`${BACKENDS[backend].title}: ${FULL.kills} kills`)
  const figures = await kill(backend, FULL.kills, done => {
    if (done % 25 === 0) tell(`  ${done}`)
  })
  return {
    what: 'killed while recording',
    backend,
    tries: `${integer(figures.kills)} kills`,
    survived: `${integer(figures.acknowledged)} entries acknowledged; ${integer(figures.unacknowledgedKept)} kills also left an unacknowledged batch, ${integer(figures.tornTails)} a torn line`,
    lost: integer(figures.lost),
  }
}

async function crowded(backend: DurableBackendId): Promise<Row> {
  const { processes, threads } = FULL.crowd
  tell(`${BACKENDS[backend].title}: a crowd`)
  const { writers, recorded, queries, loopDelayMs, lost } = await crowd(backend, FULL.crowd)
  return {
    what: 'a crowd on one log',
    backend,
    tries: `${integer(writers)} callers in ${processes * threads} threads of ${processes} processes`,
    survived: `${integer(recorded)} entries, ${integer(queries)} queries meanwhile, no call failed; 99 % of event loop delays below ${milliseconds(loopDelayMs.median)} ms, ${milliseconds(loopDelayMs.worst)} ms in the worst thread`,
    lost: integer(lost),
  }
}

async function faulty(backend: FileBackendId): Promise<Row> {
  tell(`${BACKENDS[backend].title}: system calls that fail`)
  const figures = await faults(backend, FULL.faultsOfAKind, fault => tell(`  ${fault}`))
  return {
    what: 'a system call fails',
    backend,
    tries: `${integer(figures.faults)} faults`,
    survived: `${integer(figures.failedCalls)} calls rejected and made again, ${integer(figures.acknowledged)} entries acknowledged`,
    lost: integer(figures.lost),
  }
}

async function damaged(backend: FileBackendId): Promise<Row> {
  tell(`${BACKENDS[backend].title}: ${FULL.damagedFiles} damaged files`)
  const { files, answered, refused, given } = await damage(backend, FULL.damagedFiles)
  return {
    what: 'a file damaged at random',
    backend,
    tries: `${integer(files)} files`,
    survived: `${integer(answered)} calls answered, ${integer(refused)} refused; ${integer(given)} entries given out, all as recorded`,
    lost: '–',
  }
}

async function modelled(backend: BackendId): Promise<Row> {
  tell(`${BACKENDS[backend].title}: ${FULL.sequences} random sequences of calls`)
  const { sequences, commands } = await model(backend, FULL.sequences)
  return {
    what: 'random calls, compared with an array',
    backend,
    tries: `${integer(sequences)} sequences`,
    survived: `${integer(commands)} calls`,
    lost: '–',
  }
}
