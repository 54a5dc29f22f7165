// Tries to make the backends lose, tear, reorder or invent entries, at full length, and prints what came of it.
import { FILE_BACKEND_IDS, FILE_BACKENDS } from './backends.ts'
import { crowd } from './crowd.ts'
import { damage } from './damage.ts'
import { canInject, faults } from './faults.ts'
import { kill } from './kill.ts'
import { model } from './model.ts'
import { FULL } from './scale.ts'
import { type Row, tableOf } from './table.ts'

const rows: Row[] = []
const integer = (value: number) => value.toLocaleString('en')
const milliseconds = (value: number) => value.toFixed(1)
const tell = (text: string) => console.error(text)

for (const backend of FILE_BACKEND_IDS) {
  const { title } = FILE_BACKENDS[backend]

  tell(`${title}: ${FULL.kills} kills`)
  const killed = await kill(backend, FULL.kills, done => {
    if (done % 25 === 0) tell(`  ${done}`)
  })
  rows.push({
    what: 'killed while recording',
    backend,
    tries: `${integer(killed.kills)} kills`,
    survived: `${integer(killed.acknowledged)} entries acknowledged; ${integer(killed.unacknowledgedKept)} times more was there, ${integer(killed.tornTails)} times a torn line`,
    lost: integer(killed.lost),
  })

  tell(`${title}: a crowd`)
  const crowded = await crowd(backend, FULL.crowd)
  rows.push({
    what: 'a crowd on one file',
    backend,
    tries: `${integer(crowded.writers)} callers in ${FULL.crowd.processes * FULL.crowd.threads} threads of ${FULL.crowd.processes} processes`,
    survived: `${integer(crowded.recorded)} entries, ${integer(crowded.queries)} queries meanwhile, no call failed; event loop 99 %: ${milliseconds(crowded.loopDelayMs.median)} ms, of the worst thread ${milliseconds(crowded.loopDelayMs.worst)} ms`,
    lost: integer(crowded.lost),
  })

  if (canInject) {
    tell(`${title}: system calls that fail`)
    const faulty = await faults(backend, FULL.faultsOfAKind, fault => tell(`  ${fault}`))
    rows.push({
      what: 'a system call fails',
      backend,
      tries: `${integer(faulty.faults)} faults`,
      survived: `${integer(faulty.failedCalls)} calls rejected and made again, ${integer(faulty.acknowledged)} entries acknowledged`,
      lost: integer(faulty.lost),
    })
  } else tell(`${title}: system calls that fail are left out, since there is no strace`)

  tell(`${title}: ${FULL.damagedFiles} damaged files`)
  const damaged = await damage(backend, FULL.damagedFiles)
  rows.push({
    what: 'a file damaged at random',
    backend,
    tries: `${integer(damaged.files)} files`,
    survived: `${integer(damaged.answered)} calls answered, ${integer(damaged.refused)} refused; ${integer(damaged.given)} entries given out, all as recorded`,
    lost: '–',
  })
}

for (const backend of ['memory', ...FILE_BACKEND_IDS] as const) {
  tell(`${backend}: ${FULL.sequences} random sequences of calls`)
  const modelled = await model(backend, FULL.sequences)
  rows.push({
    what: 'random calls, compared with an array',
    backend,
    tries: `${integer(modelled.sequences)} sequences`,
    survived: `${integer(modelled.commands)} calls`,
    lost: '–',
  })
}

console.log(tableOf(rows))
