import assert from 'node:assert/strict'
import { createSigner, createVerifier, generateKey, verifyCheckpoint } from '@audit/core'
import type { Area, Case } from '../case.ts'
import { expectCode } from '../expect-code.ts'
import { expectFound, expectLog } from '../expect-entries.ts'
import type { Place } from '../place.ts'
import { leavesOf, mixedEntries, placed, plainEntries } from '../sample-entries.ts'
import { METHODS } from './life-cycle.ts'

const INPUT = { model: 'gpt-4o', inputText: 'in', outputText: 'out' }
const { privateKey, publicKey } = generateKey('testkit')

/** For backends that offer `openReadOnly`. */
export const readOnly: Area = {
  name: 'reading only',
  cases: [
    readOnlyCase(
      'is-read-only',
      'an instance that may only read says so, open or not, and others do not',
      async place => {
        await filled(place, 1)
        const backend = place.unopenedReadOnly()
        assert.equal(backend.isReadOnly, true, 'isReadOnly before open()')
        await backend.open()
        assert.equal(backend.isReadOnly, true, 'isReadOnly after open()')
        assert.ok(!place.unopened().isReadOnly, 'isReadOnly of an instance that may write')
      },
    ),
    readOnlyCase(
      'nothing-there',
      'opening a place where nothing was ever written rejects with AUDIT_OPEN_FAILED, and creates nothing',
      async place => {
        const backend = place.unopenedReadOnly()
        await expectCode(() => backend.open(), 'AUDIT_OPEN_FAILED', 'open()')
        await expectCode(() => backend.open(), 'AUDIT_OPEN_FAILED', 'open() once more')
        await backend.close()
        await expectCode(() => place.openReadOnly(), 'AUDIT_OPEN_FAILED', 'open() of another instance')
        const writer = await place.open()
        await expectLog(writer, [])
        assert.equal(await writer.append(leavesOf(plainEntries(1))), 0, 'append()')
      },
    ),
    readOnlyCase('reads-everything', 'it reads everything that was written', async place => {
      const log = await filled(place, 60)
      const backend = await place.openReadOnly()
      await expectLog(backend, log)
      for (const filter of [{ user: 'alice' }, { model: 'gpt-4o' }, { metadata: { session: 'a' } }]) {
        await expectFound(backend, log, { ...filter, order: 'desc', limit: 7 })
      }
    }),
    readOnlyCase('append', 'append rejects with AUDIT_READ_ONLY and stores nothing', async place => {
      const log = await filled(place, 3)
      const backend = await place.openReadOnly()
      for (let round = 0; round < 2; round++) {
        await expectCode(() => backend.append(leavesOf(plainEntries(2))), 'AUDIT_READ_ONLY', 'append')
        await expectLog(backend, log)
      }
      await backend.close()
      await expectLog(await place.open(), log)
    }),
    readOnlyCase(
      'subtrees',
      'writing roots of subtrees rejects with AUDIT_READ_ONLY and stores none',
      async place => {
        await filled(place, 300)
        const backend = await place.openReadOnly()
        const { subtrees } = backend
        if (!subtrees) return // core then holds them in memory
        const before = Buffer.from(await subtrees.read(1, 0, 2))
        await expectCode(() => subtrees.write(1, 0, new Uint8Array(32)), 'AUDIT_READ_ONLY', 'subtrees.write')
        assert.ok(before.equals(await subtrees.read(1, 0, 2)), 'subtrees.read() gives what it gave before')
      },
      'subtrees',
    ),
    readOnlyCase('log', 'a log over it is verified and signed, and refuses to record', async place => {
      await filled(place, 300)
      const log = place.readOnlyLog(createSigner(privateKey))
      const report = await log.verify()
      assert.ok(report.ok, `verify(): ${report.findings[0]?.message}`)
      assert.equal(report.size, 300, 'the size that verify() reports')
      const { size } = verifyCheckpoint({
        checkpoint: await log.checkpoint(),
        verifier: createVerifier(publicKey),
      })
      assert.equal(size, 300, 'the size of checkpoint()')
      await expectCode(() => log.record(INPUT), 'AUDIT_READ_ONLY', 'record')
      assert.equal(await log.count(), 300, 'count() of the log')
    }),
    readOnlyCase(
      'sees-writers',
      'it sees what a writer adds, as soon as append has resolved',
      async place => {
        const writer = await place.open()
        const log = placed(plainEntries(12))
        await writer.append(leavesOf(log.slice(0, 4)))
        const backend = await place.openReadOnly()
        await expectLog(backend, log.slice(0, 4))
        for (const size of [5, 12]) {
          await writer.append(leavesOf(log.slice(await writer.size(), size)))
          await expectLog(backend, log.slice(0, size))
        }
      },
      'sharing',
    ),
    readOnlyCase('writers-go-on', 'when it is closed, the log goes on', async place => {
      const log = await filled(place, 5)
      const backend = await place.openReadOnly()
      await expectLog(backend, log)
      await backend.close()
      await backend.close()
      const writer = await place.open()
      const more = plainEntries(2)
      assert.equal(await writer.append(leavesOf(more)), 5, 'append()')
      await expectLog(writer, [...log, ...placed(more, 5)])
    }),
    readOnlyCase(
      'closed',
      'before open, while closing and after close each method rejects with AUDIT_CLOSED',
      async place => {
        await filled(place, 2)
        const backend = place.unopenedReadOnly()
        const methods = METHODS.filter(({ needs = [] }) =>
          needs.every(member => backend[member] !== undefined),
        )
        const expectClosed = async (when: string): Promise<void> => {
          for (const { name, call } of methods) {
            await expectCode(() => call(backend), 'AUDIT_CLOSED', `${name} ${when}`)
          }
        }
        await expectClosed('before open()')
        await backend.open()
        const [size, closing] = [backend.size(), backend.close()]
        await expectClosed('behind close()')
        assert.equal(await size, 2, 'size() before close()')
        await closing
        await expectClosed('after close()')
      },
    ),
  ],
}

/** Without `persistence`, one instance cannot read what another has written. */
function readOnlyCase(id: string, title: string, run: Case['run'], also?: 'subtrees' | 'sharing'): Case {
  return { id: `read-only.${id}`, title, needs: ['readOnly', 'persistence', ...(also ? [also] : [])], run }
}

/** Writes a log and closes it. */
async function filled(place: Place, count: number) {
  const writer = await place.open()
  const log = placed(mixedEntries(count, 81))
  await writer.append(leavesOf(log))
  await writer.close()
  return log
}
