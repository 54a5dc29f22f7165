import assert from 'node:assert/strict'
import type { AuditBackend, AuditEntry } from '@audit/core'
import type { Area, Case } from '../case.ts'
import { expectEntries, expectFound, expectLog } from '../expect-entries.ts'
import { entryOf, leavesOf, placed } from '../sample-entries.ts'

const METADATA = { session: 'a', nested: { list: [1, { deep: true }] } }

export const immutability: Area = {
  name: 'immutability',
  cases: [
    tamperCase('read', 'read', backend => backend.read(0, 10)),
    tamperCase('find', 'find', backend => backend.find({ order: 'asc' })),
    tamperCase('find-by-id', 'find with an entry id', (backend, [first]) =>
      backend.find({ entryId: first?.entryId ?? '', order: 'asc', limit: 1 }),
    ),
    {
      id: 'immutability.leaf-hash-results',
      title: 'overwriting what leafHashes returned changes nothing stored',
      async run(place) {
        const backend = await place.open()
        await backend.append(leavesOf([entryOf(), entryOf()]))
        const before = Buffer.from(await backend.leafHashes(0, 2)).toString('hex')
        for (const hashes of [await backend.leafHashes(0, 2), await backend.leafHashes(1, 2)]) hashes.fill(0)
        assert.equal(Buffer.from(await backend.leafHashes(0, 2)).toString('hex'), before)
      },
    },
    {
      id: 'immutability.appended-batch',
      title: 'emptying or filling the array that was appended changes nothing stored',
      async run(place) {
        const backend = await place.open()
        const entries = [entryOf(), entryOf()]
        const leaves = leavesOf(entries)
        await backend.append(leaves)
        leaves.push(...leavesOf([entryOf()]))
        await expectLog(backend, placed(entries))
        leaves.length = 0
        await expectLog(backend, placed(entries))
      },
    },
    {
      id: 'immutability.appended-hashes',
      title: 'overwriting the bytes of a hash that was appended changes nothing stored',
      async run(place) {
        const backend = await place.open()
        const leaves = leavesOf([entryOf(), entryOf()])
        const expected = Buffer.concat(leaves.map(({ hash }) => hash)).toString('hex')
        await backend.append(leaves)
        for (const { hash } of leaves) hash.fill(0)
        assert.equal(Buffer.from(await backend.leafHashes(0, 2)).toString('hex'), expected)
      },
    },
    {
      id: 'immutability.selection',
      title: 'find and count leave the selection as it is, and work with a frozen one',
      async run(place) {
        const backend = await place.open()
        const log = placed([entryOf({ user: 'alice', metadata: METADATA }), entryOf()])
        await backend.append(leavesOf(log))
        const { metadata } = entryOf({ metadata: METADATA })
        const selection = Object.freeze({ user: 'alice', metadata, order: 'asc' } as const)
        await expectFound(backend, log, selection)
        assert.equal(await backend.count(selection), 1)
        const loose = { user: 'alice', metadata: structuredClone(METADATA), order: 'desc' } as const
        const before = JSON.stringify(loose)
        await backend.find(loose)
        await backend.count(loose)
        assert.equal(JSON.stringify(loose), before, 'the selection afterwards')
      },
    },
    {
      id: 'immutability.reading-changes-nothing',
      title: 'reading in every way leaves the log as it was',
      async run(place) {
        const backend = await place.open()
        const log = placed([entryOf(), entryOf({ metadata: METADATA }), entryOf()])
        await backend.append(leavesOf(log))
        for (let round = 0; round < 3; round++) await expectLog(backend, log)
      },
    },
    {
      id: 'immutability.recorded-input',
      title: 'changing what was passed to record changes nothing, even before it has resolved',
      async run(place) {
        const log = place.log()
        const input = {
          model: 'gpt-4o',
          inputText: 'in',
          outputText: 'out',
          metadata: structuredClone(METADATA),
        }
        const recording = log.record(input)
        input.inputText = 'changed'
        input.metadata.nested.list.push(2)
        const { entryId } = await recording
        input.metadata.session = 'changed'
        const stored = await log.get(entryId)
        assert.equal(stored?.inputText, 'in')
        assert.deepEqual(stored?.metadata, METADATA)
      },
    },
    {
      id: 'immutability.frozen',
      title: 'every entry that a log returns is deeply frozen',
      async run(place) {
        const log = place.log()
        const input = { model: 'gpt-4o', inputText: 'in', outputText: 'out', metadata: METADATA }
        const recorded = await log.record(input)
        assertFrozen(recorded, 'record')
        assertFrozen(await log.get(recorded.entryId), 'get')
        assertFrozen(await log.query(), 'query', 1)
        for await (const entry of log.stream()) assertFrozen(entry, 'stream')
        for await (const entry of log.entries()) assertFrozen(entry, 'entries')
      },
    },
  ],
}

function tamperCase(
  id: string,
  method: string,
  get: (backend: AuditBackend, log: readonly AuditEntry[]) => Promise<AuditEntry[]>,
): Case {
  return {
    id: `immutability.${id}-results`,
    title: `changing what ${method} returned changes nothing stored`,
    async run(place) {
      const backend = await place.open()
      const log = placed([entryOf({ metadata: METADATA }), entryOf({ metadata: METADATA })])
      await backend.append(leavesOf(log))
      const given = await get(backend, log)
      for (const entry of given) tamper(entry)
      expectEntries(await get(backend, log), log.slice(0, given.length), `${method} afterwards`)
      given.length = 0
      given.push(...placed([entryOf()]))
      await expectLog(backend, log)
    },
  }
}

/** Tries to change everything; on a frozen object, nothing happens. */
function tamper(value: object): void {
  for (const [key, child] of Object.entries(value)) {
    if (typeof child === 'object' && child !== null) tamper(child)
    Reflect.set(value, key, 'changed')
  }
  Reflect.set(value, 'added', true)
  Reflect.deleteProperty(value, 'user')
}

/** @param skipLevels how many levels from the top need not be frozen: the array of a query's result is the caller's own. */
function assertFrozen(value: unknown, where: string, skipLevels = 0): void {
  if (typeof value !== 'object' || value === null) return
  assert.ok(skipLevels > 0 || Object.isFrozen(value), `${where} gave out something that is not frozen`)
  for (const child of Object.values(value)) assertFrozen(child, where, skipLevels - 1)
}
