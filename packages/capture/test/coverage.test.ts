import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { AuditLog } from '@audit/core'
import { outcomeOf } from '@audit/harness'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { auditFetch, type Capture, createCapture, providerAt } from '../src/index.ts'

const server = createServer((_, reply) => {
  requests++
  reply.end('{}')
})
server.on('upgrade', ({ headers }, socket) => {
  requests++
  const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.end(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
})
let requests = 0
let host = ''
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port, so the address is one
})
beforeEach(() => {
  requests = 0
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

function newCapture(options: Partial<Parameters<typeof createCapture>[0]> = {}): Capture {
  const capture = createCapture({ log: new AuditLog(), hosts: [host], ...options })
  onTestFinished(() => capture.close())
  return capture
}

/** Sends a request with node:http, as older SDKs do. */
async function sendByHttp(): Promise<string> {
  return new Promise((resolve, reject) => {
    request(`http://${host}/v1/chat/completions`, { method: 'POST' }, reply => resolve(text(reply)))
      .on('error', reject)
      .end('{}')
  })
}

const WAYS: readonly (readonly [name: string, send: () => Promise<string>])[] = [
  [
    'fetch',
    async () => (await fetch(`http://${host}/v1/chat/completions`, { method: 'POST', body: '{}' })).text(),
  ],
  ['node:http', sendByHttp],
]

test('a request that names one host and goes to another is counted at either', async () => {
  const [address] = host.split(':')
  const named = createServer((_, reply) => void reply.end('{}'))
  onTestFinished(() => void named.close())
  await new Promise<void>(resolve => named.listen(0, '127.0.0.1', resolve))
  const { port } = named.address() as AddressInfo // as above
  const capture = newCapture({ hosts: [address ?? ''] })
  for (const header of ['llm.example', 'api.openai.com']) {
    await new Promise((resolve, reject) => {
      request({ host: address, port, headers: { Host: header } }, reply => resolve(text(reply)))
        .on('error', reject)
        .end()
    })
  }
  const unclaimed = { '127.0.0.1': 1, 'api.openai.com': 1 }
  expect(capture.coverage()).toMatchObject({ requests: 2, unclaimed })
})

describe.each(WAYS)('a request by %s', (_, send) => {
  test('that no integration sees is counted by its host', async () => {
    const capture = newCapture()
    await send()
    await send()
    expect(capture.coverage()).toMatchObject({ requests: 2, claimed: 0, unclaimed: { [host]: 2 } })
  })

  test('that an integration answers for is claimed, also for other captures', async () => {
    const [one, other] = [newCapture(), newCapture()]
    await one.claim(send)
    for (const capture of [one, other]) {
      expect(capture.coverage()).toMatchObject({ requests: 1, claimed: 1, unclaimed: {} })
    }
  })

  test('is refused by strict before it leaves, if no integration sees it', async () => {
    const capture = newCapture({ strict: true })
    const error: Error = await send().then(
      () => expect.fail('it left'),
      reason => reason,
    )
    expect([error, error.cause]).toContainEqual(expect.objectContaining({ code: 'AUDIT_UNRECORDED_CALL' }))
    expect(requests).toBe(0)
    expect(capture.coverage()).toMatchObject({ requests: 1, claimed: 0, unclaimed: { [host]: 1 } })
    await capture.claim(send)
    expect(requests).toBe(1)
  })

  test('to another host is not counted, and not refused', async () => {
    const capture = newCapture({ strict: true, hosts: ['llm.example.com', '127.0.0.1:1'] })
    await send()
    expect(capture.coverage()).toMatchObject({ requests: 0, claimed: 0, unclaimed: {} })
  })

  test('is neither counted nor refused once the capture is closed', async () => {
    const capture = newCapture({ strict: true })
    await capture.close()
    await send()
    expect(capture.coverage().requests).toBe(0)
  })
})

test('what coverage tells of cannot be taken out for the captures of others', () => {
  const { cannotSee } = newCapture().coverage()
  expect(() => (cannotSee as string[]).splice(0)).toThrow(TypeError) // what a JavaScript caller can do
  expect(newCapture().coverage().cannotSee.length).toBeGreaterThan(0)
})

test('auditFetch claims what it sends, calls and others', async () => {
  const capture = newCapture({ strict: true })
  const send = auditFetch(capture)
  await (await send(`http://${host}/v1/models`)).text()
  await (await send(`http://${host}/v1/chat/completions`, { method: 'POST', body: '{}' })).text()
  expect(capture.coverage()).toMatchObject({ requests: 2, claimed: 2 })
})

test('of a WebSocket the opening is counted, and refused by strict', async () => {
  const capture = newCapture()
  await once(new WebSocket(`ws://${host}/v1/realtime`), 'open')
  expect(capture.coverage()).toMatchObject({ requests: 1, claimed: 0, unclaimed: { [host]: 1 } })
  newCapture({ strict: true })
  await once(new WebSocket(`ws://${host}/v1/realtime`), 'error')
  expect(requests).toBe(1)
})

test('a request of another process is not seen', async () => {
  const capture = newCapture({ strict: true })
  const agent = spawn(process.execPath, [
    '--eval',
    `fetch('http://${host}/v1/chat/completions', { method: 'POST' })`,
  ])
  expect((await outcomeOf(agent)).exitCode).toBe(0)
  expect(requests).toBe(1)
  expect(capture.coverage().requests).toBe(0)
})

test.each([
  ['api.openai.com', 'openai'],
  ['eu.api.openai.com:443', 'openai'],
  ['API.OpenAI.com', 'openai'],
  ['api.openai.com.', 'openai'],
  ['api.openai.com.:443', 'openai'],
  ['ai-gateway.vercel.sh', 'vercel'],
  ['models.github.ai', 'github'],
  ['bedrock-runtime-fips.us-east-1.amazonaws.com', 'aws.bedrock'],
  ['bedrock-runtime.cn-north-1.amazonaws.com.cn', 'aws.bedrock'],
  ['aiplatform.eu.rep.googleapis.com', 'gcp.vertex_ai'],
  ['api.us.mistral.ai', 'mistral_ai'],
  ['dashscope-intl.aliyuncs.com', 'alibaba_cloud'],
  ['mine.openai.azure.com', 'azure.ai.openai'],
  ['bedrock-runtime.eu-west-1.amazonaws.com', 'aws.bedrock'],
  ['europe-west4-aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['api.openai.com.example.com', undefined],
  ['notapi.openai.com', undefined],
  ['apixopenai.com', undefined],
  ['openai.azure.com', undefined],
])('the provider at %s is %s', (at, provider) => {
  expect(providerAt(at)).toBe(provider)
})
