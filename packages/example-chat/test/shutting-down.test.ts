import { describe, expect, test } from 'vitest'
import { firstPart, newPlace, startProcess, WAYS } from './chat-process.ts'

const LONG = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ')

describe.each(WAYS)('with %s', way => {
  test.skipIf(process.platform === 'win32')(
    'at SIGTERM the answers under way come to their end and are recorded (Windows has no such signal)',
    async () => {
      const { provider, logPath } = await newPlace()
      const chat = await startProcess(provider.scene('slow'), logPath)
      const users = ['alice', 'bob', 'carol']
      const answers = await Promise.all(
        users.map(async user => firstPart(await chat.ask(way, user, LONG, `of-${user}`))),
      )
      chat.child.kill('SIGTERM')
      const wholes = await Promise.all(answers.map(async ({ text, rest }) => text + (await rest())))
      expect(wholes).toEqual(users.map(() => `You said: ${LONG}`))
      expect(await chat.ended).toMatchObject({ exitCode: 0, signal: null, errors: '' })

      const again = await startProcess(provider.scene(), logPath)
      for (const user of users) {
        expect(await again.audit(`/sessions/of-${user}`)).toMatchObject([
          { user, question: LONG, answer: `You said: ${LONG}`, status: 'ok' },
        ])
      }
    },
  )

  test.skipIf(process.platform === 'win32')(
    'an answer that does not end in time is broken off, and recorded as far as it came (likewise)',
    async () => {
      const { provider, logPath } = await newPlace()
      const chat = await startProcess(provider.scene('endless-stream'), logPath, { GRACE_MS: '100' })
      const answer = await firstPart(await chat.ask(way, 'alice', 'Hello'))
      chat.child.kill('SIGTERM')
      await expect(answer.rest()).rejects.toThrow()
      expect(await chat.ended).toMatchObject({ exitCode: 0, signal: null })

      const again = await startProcess(provider.scene(), logPath)
      const turns = await again.audit('/sessions/s1')
      expect(turns).toHaveLength(1)
      expect(turns[0]?.answer).toMatch(/^You said:/)
      expect(turns[0]?.status).toMatch(/^(aborted|cancelled|unfinished)$/)
    },
  )

  test('kill -9 in mid-stream leaves a question that says it has no answer', async () => {
    const { provider, logPath } = await newPlace()
    const chat = await startProcess(provider.scene('endless-stream'), logPath)
    const answer = await firstPart(await chat.ask(way, 'alice', 'Still there?'))
    chat.child.kill('SIGKILL')
    await expect(answer.rest()).rejects.toThrow()
    await chat.ended

    const again = await startProcess(provider.scene(), logPath)
    const unanswered = {
      user: 'alice',
      question: 'Still there?',
      answer: '',
      status: 'unfinished',
      costUsd: null,
    }
    expect(await again.audit('/unfinished')).toMatchObject([unanswered])
    expect(await again.audit('/users/alice/questions')).toMatchObject([unanswered])
    expect(await again.audit('/costs')).toEqual([]) // an intent is no call
  })

  test('a client that leaves stops the call, which is recorded as far as it came', async () => {
    const { provider, logPath } = await newPlace()
    const chat = await startProcess(provider.scene('endless-stream'), logPath)
    const answer = await firstPart(await chat.ask(way, 'alice', 'Hello'))
    await answer.leave()
    let turns = await chat.audit('/sessions/s1')
    while (turns[0]?.status === 'unfinished') turns = await chat.audit('/sessions/s1') // until the server has noticed
    expect(turns).toHaveLength(1)
    expect(turns[0]?.status).toMatch(/^(aborted|cancelled)$/)
  })
})
