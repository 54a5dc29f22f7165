import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Measurements } from './measurements.ts'
import { FilledLog } from './own/filled-log.ts'
import { fillWithLeaves } from './own/synthetic-log.ts'
import { integer, number, range } from './report/figures.ts'
import { table } from './report/tables.ts'
import { measureProofs, type Prover, proofsOf, withProver } from './workloads/proofs.ts'
import { measureVerification, verificationOf } from './workloads/verification.ts'
import { inFolders } from './workplace.ts'

// What the Merkle tree of an SQLite log costs: node packages/bench/src/integrity.ts [--entries n] [--leaves n] [--rounds n]

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    leaves: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '5' },
  },
})
const entries = Number(values.entries)
const leaves = Number(values.leaves)
const rounds = Number(values.rounds)
const TURN_MS = 3000

const measurements = new Measurements()
const start = performance.now()
const say = (what: string) =>
  console.error(`${((performance.now() - start) / 60_000).toFixed(1)} min: ${what}`)

/** Gives a fresh process on a log. */
function asked<T>(folder: string, ask: (prover: Prover) => Promise<T>): Promise<T> {
  return withProver('sqlite', folder, ask)
}

await inFolders(async newFolder => {
  say(`filling a log with ${integer(entries)} entries`)
  const folder = await newFolder()
  const filled = new FilledLog('sqlite', folder, entries, [])
  await filled.fill()
  await filled.log.close()
  say('checkpoints and proofs')
  await measureProofs(measurements, rounds, 'sqlite', folder)
  say('verification')
  for (let round = 0; round < Math.min(3, rounds); round++) {
    await measureVerification(measurements, 'sqlite', folder)
  }
})

await inFolders(async newFolder => {
  say('recording in batches of 100')
  for (let round = 0; round <= rounds; round++) {
    const modes = round % 2 === 0 ? ['with', 'without'] : ['without', 'with']
    for (const mode of modes) {
      const rate = await asked(await newFolder(), prover => prover.ask('record', mode === 'with', TURN_MS))
      if (round > 0) measurements.add(`record ${mode}`, rate) // the first round warms up
    }
  }
})

await inFolders(async newFolder => {
  const small = { size: leaves / 10, folder: await newFolder() }
  const large = { size: leaves, folder: await newFolder() }
  for (const { size, folder } of [small, large]) {
    say(`filling a log with ${integer(size)} leaves`)
    await fillWithLeaves(folder, size)
    await asked(folder, prover => prover.ask('prepare'))
  }
  say('checkpoints and proofs, large beside small')
  for (let round = 0; round < rounds; round++) {
    for (const { size, folder } of round % 2 === 0 ? [small, large] : [large, small]) {
      const { checkpoint, prove } = await asked(folder, prover => prover.ask('prove', (round + 0.5) / rounds))
      measurements.add(`checkpoint ${size}`, checkpoint)
      measurements.add(`prove ${size}`, prove)
    }
  }
})

const summary = (name: string, scale = 1, unit = '') => {
  const { median, low, high } = measurements.summary(name)
  return range({ median: median * scale, low: low * scale, high: high * scale }, unit)
}
const ratio = (name: string) => range(measurements.ratio(`${name} ${leaves}`, `${name} ${leaves / 10}`))

console.log(
  `Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, median of ${number(rounds)} rounds (lowest to highest)\n`,
)
console.log(
  table(
    ['what', 'target', 'measured'],
    [
      [
        `${integer(entries)} entries, freshly opened: checkpoint`,
        'at most 5 ms',
        summary(proofsOf('sqlite', 'checkpoint'), 1, 'ms'),
      ],
      ['… inclusion proof', 'at most 5 ms', summary(proofsOf('sqlite', 'prove'), 1, 'ms')],
      ['… consistency proof', 'at most 10 ms', summary(proofsOf('sqlite', 'consistency'), 1, 'ms')],
      [
        '… the first checkpoint of a process',
        'stated',
        summary(proofsOf('sqlite', 'first checkpoint'), 1, 'ms'),
      ],
      [
        '… the first inclusion proof of a process',
        'stated',
        summary(proofsOf('sqlite', 'first prove'), 1, 'ms'),
      ],
      ['… resident memory', 'at most 150 MB', summary(proofsOf('sqlite', 'resident'), 1e-6, 'MB')],
      [
        'recording in batches of 100, to that without a tree',
        'at least 0.9',
        range(measurements.ratio('record with', 'record without')),
      ],
      [
        'verification, entries a second of processor time',
        'at least 100,000',
        summary(verificationOf('sqlite', 'perCore')),
      ],
      ['… entries a second', 'stated', summary(verificationOf('sqlite', 'rate'))],
      ['… resident memory', 'at most 150 MB', summary(verificationOf('sqlite', 'resident'), 1e-6, 'MB')],
      [
        `checkpoint of ${integer(leaves)} leaves, to ${integer(leaves / 10)}`,
        'at most 2',
        ratio('checkpoint'),
      ],
      ['inclusion proof, likewise', 'at most 2', ratio('prove')],
    ],
  ),
)
