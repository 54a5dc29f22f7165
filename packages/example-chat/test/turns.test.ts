import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'
import { describe, expect, test } from 'vitest'
import { firstPart, newPlace, startProcess, WAYS } from './chat-process.ts'

describe.each(WAYS)('with %s', way => {
  test('every turn is recorded, with user, session, usage, cost and without what was redacted', async () => {
    const { provider, logPath } = await newPlace()
    const chat = await startProcess(provider.scene(), logPath)
    const first = await chat.ask(way, 'alice', 'Write to bob@example.com')
    expect(await first.text()).toBe('You said: Write to bob@example.com')
    expect(await (await chat.ask(way, 'alice', 'And again')).text()).toBe('You said: And again')
    expect(await (await chat.ask(way, 'bob', 'Hello')).text()).toBe('You said: Hello')
    chat.child.kill('SIGTERM')
    expect(await chat.ended).toMatchObject({ exitCode: 0, signal: null })

    await using log = new AuditLog({ backend: new SqliteBackend({ path: logPath, readOnly: true }) })
    const entries = await log.query()
    const calls = entries.filter(({ metadata }) => metadata['audit.intent'] === undefined)
    expect(entries).toHaveLength(6) // an intent each
    expect(calls).toMatchObject([
      { user: 'alice', inputText: 'Write to [EMAIL_1]', outputText: 'You said: Write to [EMAIL_1]' },
      { user: 'alice', outputText: 'You said: And again' },
      { user: 'bob', inputText: 'Hello' },
    ])
    expect(calls[1]?.inputText).toMatch(/Write to \[EMAIL_1\][\s\S]*And again/) // the conversation so far
    for (const { metadata, costUsd, latencyMs, model } of calls) {
      expect(model).toBe('gpt-4o-mini')
      expect(costUsd).toBeGreaterThan(0)
      expect(latencyMs).toBeGreaterThan(0)
      expect(metadata).toMatchObject({
        'gen_ai.conversation.id': 's1',
        'gen_ai.usage.input_tokens': expect.any(Number),
        'gen_ai.usage.output_tokens': expect.any(Number),
        'gen_ai.response.time_to_first_chunk': expect.any(Number),
        'audit.status': 'ok',
        'audit.redacted': expect.any(Object),
      })
    }
    expect(JSON.stringify(entries)).not.toContain('bob@example.com')
    expect((await log.verify()).findings).toEqual([])
  })

  test('auditors see what a user asked, what a session holds, and what it cost', async () => {
    const { provider, logPath } = await newPlace()
    const chat = await startProcess(provider.scene(), logPath)
    for (const [user, message, session] of [
      ['alice', 'one', 's1'],
      ['alice', 'two', 's2'],
      ['bob', 'three', 's3'],
    ] as const) {
      await (await chat.ask(way, user, message, session)).text()
    }
    expect(await chat.audit('/users/alice/questions')).toMatchObject([
      { user: 'alice', session: 's1', question: 'one', answer: 'You said: one', status: 'ok' },
      { user: 'alice', session: 's2', question: 'two' },
    ])
    expect(await chat.audit('/users/alice/questions?until=2020-01-01&since=2019')).toEqual([])
    expect(await chat.audit('/sessions/s3')).toMatchObject([{ user: 'bob', question: 'three' }])
    const month = new Date().toISOString().slice(0, 7)
    expect(await chat.audit('/costs')).toEqual([
      { user: 'alice', month, count: 2, costUsd: expect.any(Number), costUnknown: 0 },
      { user: 'bob', month, count: 1, costUsd: expect.any(Number), costUnknown: 0 },
    ])
    expect(await chat.audit('/unfinished')).toEqual([])
  })

  test('who is no user asks nothing, nor does a question that is none, and who is no auditor reads nothing', async () => {
    const { provider, logPath } = await newPlace()
    const scene = provider.scene()
    const chat = await startProcess(scene, logPath)
    expect((await chat.ask(way, '', 'Hello')).status).toBe(401)
    expect((await chat.ask(way, 'alice', 'Hello', '4111111111111111')).status).toBe(400)
    expect((await chat.ask(way, 'alice', 'x'.repeat(100_000))).status).toBe(413)
    for (const path of [
      '/audit/costs',
      '/audit/users/bob/questions',
      '/audit/sessions/s1',
      '/audit/unfinished',
    ]) {
      expect((await fetch(`${chat.url}${path}`, { headers: { 'x-user': 'alice' } })).status).toBe(403)
    }
    const since = await fetch(`${chat.url}/audit/users/bob/questions?since=never`, {
      headers: { 'x-user': 'carol' },
    })
    expect(since.status).toBe(400)
    expect(scene.requests).toBe(0)
  })

  test('half an answer, whose client has left, is no part of the conversation', async () => {
    const { provider, logPath } = await newPlace()
    const scene = provider.scene('endless-stream')
    const chat = await startProcess(scene, logPath)
    const { leave } = await firstPart(await chat.ask(way, 'alice', 'first'))
    await leave()
    while ((await chat.audit('/sessions/s1'))[0]?.status !== 'aborted') await new Promise(setImmediate)
    const second = await firstPart(await chat.ask(way, 'alice', 'second'))
    await second.leave()
    await using log = new AuditLog({ backend: new SqliteBackend({ path: logPath, readOnly: true }) })
    const inputs = (await log.query()).map(({ inputText }) => inputText)
    expect(new Set(inputs)).toEqual(new Set(['first', 'second']))
  })

  test('an answer that is cut breaks off at the client, and is no part of the conversation', async () => {
    const { provider, logPath } = await newPlace()
    const chat = await startProcess(provider.scene('ends-early'), logPath)
    for (const message of ['first', 'second']) {
      const answer = await chat.ask(way, 'alice', message)
      expect(answer.status).toBe(200)
      await expect(answer.text()).rejects.toThrow()
    }
    expect(await chat.audit('/sessions/s1')).toMatchObject([
      { question: 'first', status: 'truncated' },
      { question: 'second', status: 'truncated' },
    ])
    chat.child.kill('SIGTERM')
    await chat.ended
    await using log = new AuditLog({ backend: new SqliteBackend({ path: logPath, readOnly: true }) })
    const inputs = (await log.query()).map(({ inputText }) => inputText)
    expect(new Set(inputs)).toEqual(new Set(['first', 'second']))
  })

  test('a provider that is down is one turn', async () => {
    const { provider, logPath } = await newPlace()
    const chat = await startProcess(provider.scene('failing'), logPath)
    expect((await chat.ask(way, 'alice', 'Hello')).status).toBe(502)
    expect(await chat.audit('/sessions/s1')).toMatchObject([{ question: 'Hello', status: 'error' }])
  })

  test('a call that fails is answered with an error, and recorded', async () => {
    const { provider, logPath } = await newPlace()
    const chat = await startProcess(provider.scene('refused'), logPath)
    expect((await chat.ask(way, 'alice', 'Hello')).status).toBe(502)
    expect(await chat.audit('/users/alice/questions')).toMatchObject([
      { question: 'Hello', answer: '', status: 'error', costUsd: null },
    ])
  })
})
