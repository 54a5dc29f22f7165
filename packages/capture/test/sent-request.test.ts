import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { AuditLog } from '@audit/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditFetch, createCapture, type Fetch } from '../src/index.ts'

interface Arrived {
  readonly method: string | undefined
  readonly body: string
  readonly authorization: string | undefined
  readonly type: string | undefined
  readonly path: string | undefined
}

let arrived: Arrived[] = []
let begun = 0
const server = createServer(async (request, reply) => {
  begun++
  reply.on('error', () => undefined)
  try {
    const { method, headers, url } = request
    const { authorization, 'content-type': type } = headers
    arrived.push({ method, body: await text(request), authorization, type, path: url })
  } catch {
    return // it was aborted
  }
  reply.end('{}')
})
let url = ''
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions` // it listens on a port
})
beforeEach(() => {
  arrived = []
  begun = 0
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

const json = JSON.stringify({ model: 'mistral-small', messages: [{ role: 'user', content: 'Hi' }] })
const bytes = () => new TextEncoder().encode(json)
const stream = () => new Blob([json]).stream()
const post = (extra: RequestInit = {}) => ({
  method: 'POST',
  headers: { authorization: 'Bearer key' },
  body: json,
  ...extra,
})
const elsewhere = (extra?: RequestInit) => new Request('http://other.example/v1/messages', post(extra))

function audited() {
  const log = new AuditLog()
  return { log, send: auditFetch(createCapture({ log })) }
}

/** What was sent, or what it failed with. */
async function sentBy(send: Fetch, request: Parameters<Fetch>): Promise<unknown> {
  arrived = []
  try {
    await (await send(...request)).text()
  } catch (error) {
    return String(error)
  }
  return arrived
}

const asBody = (body: unknown) => post({ body: body as string }) // what JavaScript can give

const REQUESTS: readonly (readonly [name: string, make: () => Parameters<Fetch>, input?: string])[] = [
  ['a text', () => [url, post()]],
  ['a URL', () => [new URL(url), post()]],
  ['a Request', () => [new Request(url, post())]],
  ['a Request of bytes', () => [new Request(url, asBody(bytes()))]],
  ['a Request with another body', () => [new Request(url, post({ body: 'not sent' })), { body: json }]],
  ['a Request with other headers', () => [new Request(url, post()), { headers: { authorization: 'other' } }]],
  ['a Request that is made a POST', () => [new Request(url), post()]],
  ['a Request as init', () => [url, elsewhere()]],
  ['a Request as init of a Request', () => [new Request(url), elsewhere()]],
  ['a Request with a body that is null', () => [new Request(url, post()), { body: null }]],
  ['an init of a class', () => [url, Object.create(post()) as RequestInit], 'Hi'],
  ['lower case', () => [url, post({ method: 'post' })]],
  ['headers as a list', () => [url, post({ headers: [['authorization', 'Bearer key']] })]],
  ['Headers', () => [url, post({ headers: new Headers({ authorization: 'Bearer key' }) })]],
  ['a Buffer', () => [url, asBody(Buffer.from(json))]],
  ['an ArrayBuffer', () => [url, asBody(bytes().buffer)]],
  ['a DataView', () => [url, asBody(new DataView(bytes().buffer))]],
  ['a part of a buffer', () => [url, asBody(new TextEncoder().encode(`--${json}--`).subarray(2, -2))]],
  ['a Blob', () => [url, asBody(new Blob([json], { type: 'application/json' }))]],
  ['a String', () => [url, asBody(Object(json))]],
  ['an object with a text', () => [url, asBody({ toString: () => json })]],
  ['fields', () => [url, asBody(new URLSearchParams({ a: '1' }))], ''],
  ['a stream', () => [url, { ...asBody(stream()), duplex: 'half' } as RequestInit], ''],
  ['a Request that was used', () => [used(new Request(url, post()))], ''],
  ['nothing', () => [url, { method: 'POST' }], ''],
]

function used(request: Request): Request {
  void request.text()
  return request
}

const CASES = REQUESTS.map(([name, make, input = 'Hi']) => ({ name, make, input }))

describe.each(CASES)('$name', ({ make, input }) => {
  test('is sent as fetch sends it, and read', async () => {
    const { log, send } = audited()
    expect(await sentBy(send, make())).toEqual(await sentBy(fetch, make()))
    expect(await log.query()).toMatchObject([{ inputText: input }])
  })
})

const changed = (value: RequestInit, change: () => unknown): readonly [RequestInit, () => unknown] => [
  value,
  change,
]
const CHANGES: readonly (readonly [name: string, make: () => readonly [RequestInit, () => unknown]])[] = [
  ['bytes', () => ((body: Uint8Array<ArrayBuffer>) => changed(post({ body }), () => body.fill(32)))(bytes())],
  [
    'a buffer',
    () =>
      ((body: Uint8Array<ArrayBuffer>) => changed(post({ body: body.buffer }), () => body.fill(32)))(bytes()),
  ],
  [
    'fields',
    () =>
      ((body: URLSearchParams) => changed(post({ body }), () => body.set('a', '2')))(
        new URLSearchParams('a=1'),
      ),
  ],
  [
    'Headers',
    () =>
      ((headers: Headers) => changed(post({ headers }), () => headers.set('authorization', 'x')))(
        new Headers(post().headers),
      ),
  ],
  [
    'an object of headers',
    () =>
      ((headers: { authorization: string }) =>
        changed(post({ headers }), () => Object.assign(headers, { authorization: 'x' })))({
        authorization: 'key',
      }),
  ],
  [
    'the init',
    () =>
      ((init: RequestInit) => changed(init, () => Object.assign(init, { method: 'PUT', body: '' })))(post()),
  ],
]

test.each(CHANGES)('%s that the application changes after the call is sent as it was', async (_, make) => {
  const sent: unknown[] = []
  for (const send of [fetch, audited().send]) {
    const [init, change] = make()
    arrived = []
    const response = send(url, init)
    change()
    await (await response).text()
    sent.push(arrived)
  }
  expect(sent[1]).toEqual(sent[0])
})

test('a URL that the application changes after the call is as it was', async () => {
  const input = new URL(url)
  const response = audited().send(input, post())
  input.pathname = '/elsewhere'
  await (await response).text()
  expect(arrived[0]?.path).toBe('/v1/chat/completions')
})

test('a Request is used from the call on', () => {
  const request = new Request(url, post())
  audited()
    .send(request)
    .catch(() => undefined)
  expect(request.bodyUsed).toBe(true)
})

test.each([
  ['a Request', (init: RequestInit): Parameters<Fetch> => [new Request(url, init)]],
  ['an init', (init: RequestInit): Parameters<Fetch> => [url, init]],
])('the stream of %s is sent as it comes, and not waited for', async (_, make) => {
  const { send } = audited()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start: given => {
      controller = given
    },
  })
  const response = send(...make({ method: 'POST', body, duplex: 'half' } as RequestInit)) // its type has no duplex
  controller?.enqueue(bytes().subarray(0, 10))
  while (begun === 0) await new Promise(resolve => setTimeout(resolve, 5))
  controller?.enqueue(bytes().subarray(10))
  controller?.close()
  await (await response).text()
  expect(arrived[0]?.body).toBe(json)
})

test('a signal that the init takes away does not end the call', async () => {
  const { log, send } = audited()
  const request = new Request(url, { ...post(), signal: AbortSignal.abort() })
  await (await send(request, { signal: null })).text()
  expect(await log.query()).toMatchObject([{ metadata: { 'audit.status': 'ok' } }])
})

test('who asks is settled before the body is read', async () => {
  const log = new AuditLog()
  let user = 'alice'
  const send = auditFetch(createCapture({ log, user: () => user }))
  const response = send(url, post())
  user = 'mallory'
  await (await response).text()
  expect(await log.query()).toMatchObject([{ user: 'alice' }])
})
