import assert from 'node:assert/strict'
import { type AuditEntry, AuditLog } from '@audit/core'
import fc from 'fast-check'
import { BACKENDS, type BackendId } from './backends.ts'
import type { Place } from './place.ts'

const USERS = ['alice', 'bob', 'Alice', '']
const MODELS = ['gpt-4o', 'claude']
const TEXTS = ['', 'Straße\n', '\0\u2028', '{"a":1}']

export interface ModelFigures {
  readonly sequences: number
  readonly commands: number
}

/** What the log should hold. */
interface Model {
  readonly entries: AuditEntry[]
}

/** The log that is driven, and how to get another instance on the same store. */
interface Real {
  readonly store: Store
  log: AuditLog
}

type Command = fc.AsyncCommand<Model, Real>
interface Input {
  readonly user: string
  readonly model: string
  readonly inputText: string
}
interface Question {
  readonly user?: string
  readonly model?: string
  readonly order?: 'asc' | 'desc'
  readonly limit?: number
}

/**
 * Drives a log with random sequences of calls, and compares each answer with an array that had the same done to it.
 *
 * @throws the shortest sequence that fast-check finds whose answers differ, with the seed that repeats it.
 */
export async function model(id: BackendId, sequences: number, seed?: number): Promise<ModelFigures> {
  let commands = 0
  const property = fc.asyncProperty(
    fc.commands(kinds(id !== 'memory'), { maxCommands: 25, size: 'max' }),
    async calls => {
      await using place = await BACKENDS[id].makePlace()
      const store = new Store(id, place)
      const real: Real = { store, log: store.open() }
      try {
        await fc.asyncModelRun(() => ({ model: { entries: [] }, real }), calls)
        commands += [...calls].length
      } finally {
        await real.log.close()
      }
    },
  )
  await fc.assert(property, { numRuns: sequences, ...(seed !== undefined && { seed }) })
  return { sequences, commands }
}

/** The instances on a place. Memory has one alone. */
class Store {
  readonly #id: BackendId
  readonly #address: string
  /** Set, the next append fails before anything is stored. */
  failsNext = false

  constructor(id: BackendId, { address }: Place) {
    this.#id = id
    this.#address = address
  }

  open(): AuditLog {
    const backend = BACKENDS[this.#id].open(this.#address)
    const append = backend.append.bind(backend)
    backend.append = async leaves => {
      if (!this.failsNext) return append(leaves)
      this.failsNext = false
      throw new Error('a failure on purpose')
    }
    return new AuditLog({ backend })
  }
}

const input: fc.Arbitrary<Input> = fc.record({
  user: fc.constantFrom(...USERS),
  model: fc.constantFrom(...MODELS),
  inputText: fc.constantFrom(...TEXTS),
})
const question: fc.Arbitrary<Question> = fc.record(
  {
    user: fc.constantFrom(...USERS),
    model: fc.constantFrom(...MODELS),
    order: fc.constantFrom('asc', 'desc'),
    limit: fc.nat(5),
  },
  { requiredKeys: [] },
)

function kinds(isPersistent: boolean): fc.Arbitrary<Command>[] {
  const everywhere = [
    fc.array(input, { minLength: 1, maxLength: 5 }).map(record),
    question.map(query),
    question.map(stream),
    question.map(({ user, model }) =>
      count({ ...(user !== undefined && { user }), ...(model && { model }) }),
    ),
    fc.nat(30).map(readFrom),
    input.map(failToRecord),
    fc.constant(refuse()),
  ]
  return isPersistent ? [...everywhere, fc.constant(reopen()), input.map(recordElsewhere)] : everywhere
}

function record(inputs: readonly Input[]): Command {
  return command(`record ${JSON.stringify(inputs)}`, async ({ entries }, { log }) => {
    const recorded = await Promise.all(inputs.map(given => log.record({ ...given, outputText: '' })))
    for (const [i, entry] of recorded.entries()) {
      assert.equal(entry.index, entries.length)
      assert.deepEqual({ ...entry, ...inputs[i] }, entry)
      entries.push(entry)
    }
  })
}

function recordElsewhere(given: Input): Command {
  return command(`record in another instance ${JSON.stringify(given)}`, async ({ entries }, { store }) => {
    await using other = store.open()
    const entry = await other.record({ ...given, outputText: '' })
    assert.equal(entry.index, entries.length)
    entries.push(entry)
  })
}

function failToRecord(given: Input): Command {
  return command('an append that fails', async ({ entries }, { log, store }) => {
    store.failsNext = true
    await assert.rejects(log.record({ ...given, outputText: '' }), { code: 'AUDIT_WRITE_FAILED' })
    assert.equal(await log.count(), entries.length)
  })
}

function refuse(): Command {
  return command('an entry that is none', async ({ entries }, { log }) => {
    const nothing = { model: '', inputText: '', outputText: '' }
    await assert.rejects(log.record(nothing), { code: 'AUDIT_INVALID_ENTRY' })
    assert.equal(await log.count(), entries.length)
  })
}

function query(asked: Question): Command {
  return command(`query ${JSON.stringify(asked)}`, async ({ entries }, { log }) => {
    assert.deepEqual(await log.query(asked), answer(entries, asked))
  })
}

function stream(asked: Question): Command {
  return command(`stream ${JSON.stringify(asked)}`, async ({ entries }, { log }) => {
    assert.deepEqual(await Array.fromAsync(log.stream(asked)), answer(entries, asked))
  })
}

function count(asked: Question): Command {
  return command(`count ${JSON.stringify(asked)}`, async ({ entries }, { log }) => {
    assert.equal(await log.count(asked), answer(entries, asked).length)
  })
}

function readFrom(start: number): Command {
  return command(`entries from ${start}`, async ({ entries }, { log }) => {
    assert.deepEqual(await Array.fromAsync(log.entries({ start })), entries.slice(start))
  })
}

function reopen(): Command {
  return command('close and open again', async (_, real) => {
    await real.log.close()
    await assert.rejects(real.log.count(), { code: 'AUDIT_CLOSED' })
    real.log = real.store.open()
  })
}

/** The same question, answered by the array. The machine's clock may stand still, and so may the timestamps. */
function answer(entries: readonly AuditEntry[], { user, model, order, limit }: Question): AuditEntry[] {
  const found = entries
    .filter(entry => (user ?? entry.user) === entry.user && (model ?? entry.model) === entry.model)
    .toSorted((a, b) => a.timestamp.localeCompare(b.timestamp) || a.index - b.index)
  if (order === 'desc') found.reverse()
  return found.slice(0, limit)
}

function command(title: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return { check: () => true, run, toString: () => title }
}
