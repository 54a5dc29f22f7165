import { spawn } from 'node:child_process'
import { createCapture } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { outcomeOf } from '@audit/harness'
import { ANSWER, QUESTION } from '@audit/harness/situations'
import { providerServer } from '@audit/harness/vitest'
import OpenAI, { AzureOpenAI } from 'openai'
import { describe, expect, test } from 'vitest'
import { auditOpenAI } from '../src/index.ts'

import { SDKS } from './sdks.ts'

// The limits that the README and docs/integrations.md name.

const server = await providerServer()

const model = 'gpt-4o-mini'
const messages = [{ role: 'user' as const, content: QUESTION }]

function setUp(sdk: (typeof SDKS)[number]) {
  const log = new AuditLog()
  const capture = createCapture({ log, hosts: [server.host], price: () => null })
  const scene = server.scene()
  const client = auditOpenAI(sdk.create({ baseURL: scene.url, apiKey: 'none' }), capture)
  return { log, capture, scene, client }
}

describe.each(SDKS)('openai $major', sdk => {
  test('a fetch that replaces the client’s later does not record, and coverage shows it', async () => {
    const { client, log, capture } = setUp(sdk)
    Object.assign(client, { fetch: (...sent: Parameters<typeof fetch>) => fetch(...sent) })
    await client.chat.completions.create({ model, messages })
    expect(await log.count()).toBe(0)
    expect(capture.coverage()).toMatchObject({ requests: 1, claimed: 0, unclaimed: { [server.host]: 1 } })
    await capture.close()
  })

  test('images pass without an entry, and are counted as claimed', async () => {
    const { client, log, capture, scene } = setUp(sdk)
    await expect(client.images.generate({ model, prompt: QUESTION })).rejects.toMatchObject({ status: 404 })
    expect(await log.count()).toBe(0)
    expect(scene.requests).toBe(0) // the stand-in has none
    expect(capture.coverage()).toMatchObject({ requests: 1, claimed: 1 })
    await capture.close()
  })

  test('a background response is recorded when it is created, and its retrieval is not', async () => {
    const { client, log } = setUp(sdk)
    const { id } = await client.responses.create({ model, input: QUESTION, background: true })
    await client.responses.retrieve(id).catch(() => undefined) // the stand-in keeps nothing
    expect(await log.query()).toMatchObject([{ inputText: QUESTION, outputText: ANSWER }])
  })

  test('a stream that was not asked for its usage has neither tokens nor a cost', async () => {
    const { client, log } = setUp(sdk)
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
    const [entry] = await log.query()
    expect(entry).toMatchObject({ outputText: ANSWER, costUsd: null, metadata: { 'audit.status': 'ok' } })
    expect(Object.keys(entry?.metadata ?? {}).filter(key => key.startsWith('gen_ai.usage'))).toEqual([])
  })
})

test('a client of Azure records, with the deployment that was asked and the model that answered', async () => {
  const log = new AuditLog()
  let sent = ''
  const azure = new AzureOpenAI({
    apiKey: 'none',
    endpoint: 'https://x.openai.azure.com',
    apiVersion: '2024-10-21',
    deployment: 'mine',
    fetch: async input => {
      sent = String(input)
      return Response.json({ model: 'gpt-4o-2024-11-20', choices: [{ message: { content: 'Hello.' } }] })
    },
  })
  await auditOpenAI(azure, createCapture({ log })).chat.completions.create({ model: 'mine', messages })
  expect(sent).toMatch(/deployments\/mine\/chat\/completions\?api-version=/)
  expect(await log.query()).toMatchObject([
    {
      model: 'gpt-4o-2024-11-20',
      outputText: 'Hello.',
      metadata: { 'gen_ai.provider.name': 'azure.ai.openai', 'gen_ai.request.model': 'mine' },
    },
  ])
})

test('a workload identity whose token has expired has an entry for the refusal, and one for the call', async () => {
  const log = new AuditLog()
  let calls = 0
  const sent: typeof fetch = async input => {
    if (String(input).endsWith('/oauth/token')) {
      return Response.json({ access_token: `token-${calls}`, token_type: 'Bearer', expires_in: 3600 })
    }
    if (++calls === 1) return Response.json({ error: { message: 'expired' } }, { status: 401 })
    return Response.json({ model, choices: [{ message: { content: 'Hello.' } }] })
  }
  const provider = { tokenType: 'jwt' as const, getToken: async () => 'a subject' }
  const workloadIdentity = { identityProviderId: 'idp', serviceAccountId: 'account', provider }
  const openai = auditOpenAI(
    new OpenAI({ apiKey: null, workloadIdentity, fetch: sent }),
    createCapture({ log }),
  )
  await openai.chat.completions.create({ model, messages })
  const entries = await log.query()
  expect(entries.map(({ metadata }) => [metadata['audit.status'], metadata['error.type']])).toEqual([
    ['error', '401'],
    ['ok', undefined],
  ])
})

test.each([
  ['bare', 1],
  ['recorded', 0],
])('the rejection of a call that nobody awaits ends a process: %s, %i', async (how, exitCode) => {
  const program = `
    import OpenAI from 'openai'
    import { createCapture } from '@audit/capture'
    import { auditOpenAI } from '@audit/openai'
    const openai = new OpenAI({ baseURL: '${server.scene('refused').url}', apiKey: 'none' })
    if ('${how}' === 'recorded') auditOpenAI(openai, createCapture({ log: { record: async () => ({ entryId: '' }) } }))
    openai.chat.completions.create({ model: 'm', messages: [] })
    setTimeout(() => {}, 500)`
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', program], {
    cwd: new URL('.', import.meta.url),
  })
  expect((await outcomeOf(child)).exitCode).toBe(exitCode)
})
