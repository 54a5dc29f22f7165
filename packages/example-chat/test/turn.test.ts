import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { expect, test } from 'vitest'
import { turnsIn } from '../src/turn.ts'

test('what is said about a turn, by its user too, neither hides it nor is one', async () => {
  const log = new AuditLog()
  const capture = createCapture({ log, intent: true, user: 'alice' })
  const start = { provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'Hi' }
  const call = capture.begin(start)
  await call.ready()
  await call.end({ status: 'ok', output: 'Hello' })
  await capture.begin(start).ready() // it has not ended
  const [intent, answer] = await log.query()
  for (const about of [intent, answer]) {
    const metadata = { 'audit.about': about?.entryId, 'audit.score': 0 }
    await log.record({ model: 'human', user: 'alice', inputText: 'Right?', outputText: 'No', metadata })
  }
  const turns = turnsIn(await log.query({ user: 'alice' }))
  expect(turns.map(({ status, answer: text }) => [status, text])).toEqual([
    ['ok', 'Hello'],
    ['unfinished', ''],
  ])
  await capture.drain()
})

test('a call that another integration records in other words is one turn', async () => {
  const log = new AuditLog()
  const capture = createCapture({ log, intent: true })
  const start = { provider: 'acme', operation: 'chat', requestModel: 'a-1', input: 'Hi' }
  const call = capture.begin(start)
  await call.ready()
  await call.run(async () => {
    const request = capture.begin({ ...start, input: 'user:\nHi' })
    await request.ready()
    await request.end({ status: 'ok', output: 'Hello' })
  })
  await call.end({ status: 'ok', output: 'Hello' })
  expect(turnsIn(await log.query())).toMatchObject([{ status: 'ok', answer: 'Hello' }])
})
