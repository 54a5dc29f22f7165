import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLog, createSigner, createVerifier, generateKey } from '@audit/core'
import { temporaryFolder } from '@audit/harness/vitest'
import { SqliteBackend } from '@audit/sqlite'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { judgeReceipt } from '../src/receipt/receipt.ts'
import type {
  EntryDetail,
  EntryPage,
  Lookup,
  Overview,
  SessionPage,
  TopUsers,
  Trust,
} from '../src/view/contract.ts'
import { recordWithIntents } from './recorded-intents.ts'
import { SAMPLE_SIZE, sampleId, sampleLeaves, writeSampleLogs } from './sample-log.ts'
import { type ViewScene, viewScene } from './view-scene.ts'

async function allPages({ json }: ViewScene, filters = ''): Promise<readonly EntryPage[]> {
  const pages: EntryPage[] = []
  let after: string | null = null
  do {
    const page: EntryPage = await json(
      `/api/entries?${filters}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`,
    )
    pages.push(page)
    after = page.next
  } while (after !== null)
  return pages
}

async function logOf(count: number, change: (i: number) => object = () => ({})): Promise<string> {
  const path = join(temporaryFolder(), 'audit.db')
  await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      log.record({
        model: 'm',
        user: i % 3 === 0 ? 'alice' : 'bob',
        inputText: `question ${i}`,
        outputText: '',
        ...change(i),
      }),
    ),
  )
  return path
}

test('a list comes in pages of 50, newest first, each entry once', async () => {
  const scene = await viewScene({ path: await logOf(120) })
  const pages = await allPages(scene)
  expect(pages.map(({ entries }) => entries.length)).toEqual([50, 50, 20])
  expect(pages.flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual(
    Array.from({ length: 120 }, (_, i) => 119 - i),
  )
  const alice = await allPages(scene, 'user=alice')
  expect(alice.flatMap(({ entries }) => entries.map(({ user }) => user))).toEqual(
    Array.from({ length: 40 }, () => 'alice'),
  )
})

test('filters are those of the command line', async () => {
  const scene = await viewScene()
  const { json } = scene
  const found = async (filters: string) => {
    const pages = await allPages(scene, filters) // a busy machine may need several
    return pages.flatMap(({ entries }) => entries.map(({ index }) => index))
  }
  expect(await found('session=s-3')).toEqual([15, 14, 13, 12])
  expect(await found('status=error')).toEqual([38, 25, 12])
  expect(await found('metadata=gen_ai.usage.input_tokens:%3D13')).toEqual([1])
  expect(await found('since=2026-11-25T08:00Z&until=2026-11-25T10:00Z')).toEqual([45])
  expect(await found('text=HAIKU&model=gpt-5')).toEqual(
    (await json<EntryPage>('/api/entries?model=gpt-5')).entries
      .filter(({ input }) => input.includes('haiku'))
      .map(({ index }) => index),
  )
  expect(await json('/api/count?status=error')).toEqual({ count: 3 })
  expect(await json('/api/count?text=haiku')).toEqual({ count: null })
})

test.each(['since=soon', 'metadata=x', 'metadata=a:%3D{', 'after=nothing', 'after=x_1'])(
  'the filter %j is an error that says what to do',
  async filter => {
    const { get } = await viewScene()
    const answer = await get(`/api/entries?${filter}`)
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'AUDIT_INVALID_QUERY' }])
  },
)

test('a list shows the beginning of long texts alone, and the entry all of it', async () => {
  const text = 'x'.repeat(1_000_000)
  const { json } = await viewScene({
    path: await logOf(1, () => ({ inputText: text, outputText: `${text}\u{1f600}` })),
  })
  const { entries } = await json<EntryPage>('/api/entries')
  expect(entries[0]?.input.length).toBeLessThan(300)
  const { entry } = await json<EntryDetail>('/api/entries/0')
  expect(entry.inputText).toBe(text)
})

test('an entry has its line, its hash and its place, and its neighbours follow the filters', async () => {
  const { json, get } = await viewScene()
  const detail = await json<EntryDetail>(`/api/entries/${sampleId(14)}`)
  expect(detail.isAsStored).toBe(true)
  expect(detail.leafHash).toBe(createHash('sha256').update(`\0${detail.line}`).digest('hex'))
  expect(detail.place).toEqual({ index: 14, size: SAMPLE_SIZE, tile: 0, offset: 14, pathLength: 6 })
  const neighbours = (query: string) => json(`/api/entries/${query}`)
  expect(await neighbours('14/neighbours?session=s-3')).toEqual({ newer: sampleId(15), older: sampleId(13) })
  expect(await neighbours('12/neighbours?session=s-3')).toEqual({ newer: sampleId(13), older: null })
  expect(await neighbours('12/neighbours')).toEqual({ newer: sampleId(13), older: sampleId(11) })
  expect(await neighbours('20/neighbours?status=error')).toEqual({ newer: sampleId(25), older: sampleId(12) })
  expect(await neighbours('47/neighbours?text=haiku')).toMatchObject({ newer: null })
  for (const id of ['48', 'nothing', '019aaaf2-0000-7000-8000-000000000000']) {
    const answer = await get(`/api/entries/${id}`)
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'AUDIT_NOT_FOUND' }])
  }
})

test('an entry is found by its id, a beginning of it and its index, and a session by its name', async () => {
  const { json } = await viewScene()
  const found = async (text: string) => {
    const { entries, isCut, isSession } = await json<Lookup>(`/api/lookup?${new URLSearchParams({ text })}`)
    return [entries.map(({ index }) => index), isCut, isSession]
  }
  const id = sampleId(17)
  for (const text of [id, id.slice(0, 10), id.toUpperCase().slice(0, 12), '17', '#17', ` ${id} `])
    expect([text, await found(text)]).toEqual([text, [[17], false, false]])
  expect(await found('s-3')).toEqual([[], false, true])
  expect(await found('01a202')).toMatchObject([{ length: 3 }, false, false]) // those that begin so
  expect(await found('haiku about audits')).toEqual([[], false, false])
  expect(await found('')).toEqual([[], false, false])
})

test('what is about an entry is found from it', async () => {
  const { json } = await viewScene()
  const { aboutIt } = await json<{ aboutIt: readonly { index: number }[] }>('/api/entries/17/related')
  expect(aboutIt.map(({ index }) => index)).toEqual([20])
})

test('a session is its entries, oldest first', async () => {
  const { json } = await viewScene()
  const { entries, isCut } = await json<SessionPage>('/api/session?session=s-3')
  expect([entries.map(({ index }) => index), isCut]).toEqual([[12, 13, 14, 15], false])
  expect(await json('/api/session?session=none')).toEqual({ entries: [], isCut: false })
})

test('the overview adds up to what the log sums up', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  await writeSampleLogs(join(path, '..'))
  const scene = await viewScene({ path })
  await using log = new AuditLog({ backend: new SqliteBackend({ path, readOnly: true }) })
  const [total] = await log.summarize()
  const days = await log.summarize({ by: ['day'] })
  const models = await log.summarize({ by: ['model'] })
  const overview = await scene.json<Overview>('/api/overview')
  const { status: statuses, ...figures } = total ?? { status: {} }
  expect(overview.total).toMatchObject(figures)
  expect(overview.total.status).toEqual(
    Object.fromEntries(Object.entries(statuses).map(([k, v]) => [k, v.count])),
  )
  expect(
    overview.periods.map(({ period, count, costUsd, latencyMs }) => [period, count, costUsd, latencyMs]),
  ).toEqual(days.map(({ day, count, costUsd, latencyMs }) => [day, count, costUsd, latencyMs]))
  expect(new Map(overview.models.map(({ model, count }) => [model, count]))).toEqual(
    new Map(models.map(({ model, count }) => [model, count])),
  )
  expect(overview.cells.reduce((sum, { count }) => sum + count, 0)).toBe(SAMPLE_SIZE)
  const top = await scene.json<TopUsers>('/api/users')
  expect([top.users[0]?.user, top.total]).toEqual([(await log.distinct('user'))[0]?.value, 3])
  const spent = await log.summarize({ by: ['month', 'user'] })
  expect(top.cells).toEqual(
    spent.map(({ month, user, count, costUsd, costUnknown }) => ({
      period: month,
      name: user,
      count,
      costUsd,
      costUnknown,
    })),
  )
  const byCost = spent.toSorted((a, b) => b.costUsd - a.costUsd) // all of it is of one month
  expect(top.spenders).toEqual(byCost.map(({ user }) => user))
  const errors = await scene.json<Overview>('/api/overview?status=error')
  expect(errors.total.count).toBe(3)
})

test('the overview counts calls, and says how many entries of intents there are', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
  await recordWithIntents(log)
  const { json } = await viewScene({ path })
  const overview = (filters: string) => json<Overview>(`/api/overview?${filters}`)
  const calls = { total: { count: 2, costUnknown: 0, status: { ok: 2 } }, intents: 4, models: [{ count: 2 }] }
  expect(await overview('')).toMatchObject(calls)
  expect(await json('/api/users')).toMatchObject({ users: [{ count: 1 }, { count: 1 }], total: 2 })
  await recordWithIntents(log) // what is added is counted in the same way
  expect(await overview('')).toMatchObject({ total: { count: 4 }, intents: 8 })
  expect(await overview('metadata=audit.intent:%3Dtrue')).toMatchObject({ total: { count: 8 }, intents: 0 })
  expect(await json('/api/values?key=status')).toContainEqual({ value: 'unfinished', count: 6 })
})

test('users who cost little are one in the sums by user', async () => {
  const path = await logOf(30, i => ({ user: `user ${i % 9}`, costUsd: i % 9 }))
  const { spenders, cells, total } = await (await viewScene({ path })).json<TopUsers>('/api/users')
  expect([spenders, total]).toEqual([['user 8', 'user 7', 'user 6', 'user 5', 'user 4', 'user 3'], 9])
  expect(cells.find(({ name }) => name === null)).toMatchObject({ count: 12, costUsd: 12 })
})

test('sums that are kept grow with the log, and count each entry once', async () => {
  const path = await logOf(30)
  const { json } = await viewScene({ path })
  const counts = async () => {
    const overview = await json<Overview>('/api/overview?user=alice')
    return [overview.size, overview.total.count]
  }
  expect(await counts()).toEqual([30, 10])
  await using log = new AuditLog({ backend: new SqliteBackend({ path }) })
  await log.record({ model: 'm', user: 'alice', inputText: 'new', outputText: '' })
  await log.record({ model: 'm', user: 'bob', inputText: 'new', outputText: '' })
  expect(await counts()).toEqual([32, 11])
  expect(await Promise.all([counts(), counts()])).toEqual([
    [32, 11],
    [32, 11],
  ])
})

test('what is filtered can be downloaded, as export writes it', async () => {
  const { get, json } = await viewScene()
  const answer = await get('/api/download?format=jsonl&session=s-3')
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="audit-48.jsonl"')
  const { entries } = await json<SessionPage>('/api/session?session=s-3')
  const lines = await Promise.all(
    entries.map(async ({ index }) => (await json<EntryDetail>(`/api/entries/${index}`)).line),
  )
  expect(await answer.text()).toBe(lines.map(line => `${line}\n`).join(''))
  expect((await get('/api/download?format=nothing')).status).toBe(400)
})

test('without a filter a download is the log again, also where its times go back', async () => {
  const path = join(temporaryFolder(), 'audit.db')
  const leaves = sampleLeaves().slice(0, 3).toReversed()
  const backend = new SqliteBackend({ path })
  await backend.open()
  await backend.append(leaves)
  await backend.close()
  const { get } = await viewScene({ path })
  const lines = (await (await get('/api/download')).text()).trimEnd().split('\n')
  expect(lines.map(line => JSON.parse(line).entry_id)).toEqual(leaves.map(({ entry }) => entry.entryId))
})

/** A log with a checkpoint over its first entries. */
async function signedLog() {
  const { privateKey, publicKey } = generateKey('audit.example.com/log')
  const path = join(temporaryFolder(), 'audit.db')
  await using log = new AuditLog({ backend: new SqliteBackend({ path }), signer: createSigner(privateKey) })
  for (let i = 0; i < 5; i++) await log.record({ model: 'm', inputText: `${i}`, outputText: '' })
  const text = await log.checkpoint()
  await log.record({ model: 'm', inputText: 'later', outputText: '' })
  const checkpoint = join(path, '..', 'checkpoint.txt')
  writeFileSync(checkpoint, text)
  return { path, checkpoint, trust: { logs: [createVerifier(publicKey)], policy: undefined } }
}

async function verified({ get, json }: ViewScene): Promise<Trust> {
  const events = await (await get('/api/verify')).text()
  const last = events.trimEnd().split('\n\n').at(-1) ?? ''
  const told: Trust = JSON.parse(last.replace(/^data: /, ''))
  expect(await json('/api/trust')).toEqual(told)
  return told
}

test('without a checkpoint a log is unanchored, and no receipt is made', async () => {
  const scene = await viewScene()
  expect(await scene.json('/api/trust')).toMatchObject({ state: 'unverified', checkpoint: null })
  expect(await verified(scene)).toMatchObject({ state: 'unanchored', verified: SAMPLE_SIZE, findings: [] })
  const answer = await scene.get('/api/entries/3/receipt')
  expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'AUDIT_INVALID_OPTIONS' }])
  expect(await scene.json('/api/log')).toMatchObject({ receipts: { isPossible: false } })
})

test('with a checkpoint it is whole, and receipts are right', async () => {
  const signed = await signedLog()
  const scene = await viewScene(signed)
  expect(await verified(scene)).toMatchObject({
    state: 'anchored',
    verified: 6,
    checkpoint: { origin: 'audit.example.com/log', size: 5, uncovered: 1, witnesses: [] },
  })
  const { entry } = await scene.json<EntryDetail>('/api/entries/3')
  const receipt = await (await scene.get('/api/entries/3/receipt')).text()
  expect(judgeReceipt(receipt, signed.trust)).toMatchObject({ verdict: 'good', entry })
  const later = await scene.get('/api/entries/5/receipt')
  expect([later.status, await later.json()]).toMatchObject([400, { code: 'AUDIT_NOT_INCLUDED' }])
})

test('a changed entry is found, also by its own page', async () => {
  const signed = await signedLog()
  const database = new Database(signed.path)
  database.exec(
    `DROP TRIGGER audit_log_no_update; UPDATE audit_log SET leaf_hash = zeroblob(32) WHERE "index" = 2`,
  )
  database.close()
  const scene = await viewScene(signed)
  const trust = await verified(scene)
  expect(trust.state).toBe('findings')
  expect(trust.findings.map(({ kind, index }) => [kind, index])).toContainEqual(['entry-changed', 2])
  expect(await scene.json('/api/entries/2')).toMatchObject({ isAsStored: false })
  expect((await scene.get('/api/entries/2/receipt')).status).toBe(500)
})

test('a checkpoint by another key is never an anchor', async () => {
  const signed = await signedLog()
  const verifier = createVerifier(generateKey('audit.example.com/log').publicKey)
  const scene = await viewScene({ ...signed, trust: { logs: [verifier], policy: undefined } })
  expect(await scene.json<Trust>('/api/trust')).toMatchObject({ state: 'findings', checkpoint: null })
  expect(await verified(scene)).toMatchObject({ state: 'findings', findings: [{ kind: 'signature-bad' }] })
})

test('an entry never leaks into an error', async () => {
  const path = await logOf(1, () => ({ inputText: 'a secret' }))
  const database = new Database(path)
  database.exec(
    'DROP TRIGGER audit_log_no_update; UPDATE audit_log SET metadata = \'{"a secret":\' WHERE "index" = 0',
  )
  database.close()
  const { get } = await viewScene({ path })
  const answer = await get('/api/entries')
  expect(answer.status).toBe(500)
  expect(JSON.stringify(await answer.json())).not.toContain('secret')
  const download = await get('/api/download')
  await expect(download.text()).rejects.toThrow() // and half a file is not taken for the whole
})

test('what is damaged is told in the words of the command line', async () => {
  const path = await logOf(3)
  const database = new Database(path)
  database.exec('DROP TRIGGER audit_log_no_update; UPDATE audit_log SET crc = crc + 1')
  database.close()
  const { get } = await viewScene({ path })
  for (const address of ['/api/entries', '/api/download', '/api/download?user=alice']) {
    const answer = await get(address)
    const text = await answer.text().catch((error: unknown) => String(error)) // a download is broken off
    expect(text).toContain('audit verify')
    expect(text).not.toMatch(/log\.verify|PRAGMA/)
  }
})
