import { type AuditEntry, AuditError, AuditLog } from '@audit/core'
import type { BackendPlace } from '@audit/testkit'
import { BACKEND_IDS } from '@audit/torture/backends'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { newPlace } from './backends.ts'
import { CALLS, type Call, CLOSING_CALLS, ENTRIES, LONG_CALLS } from './calls.ts'

interface Answer {
  readonly result?: unknown
  readonly code?: string
}

interface Outcome {
  readonly answer: Answer
  readonly count: Answer
}

/** The same log on each backend: same entries, same times; only the ids differ. */
class Logs implements AsyncDisposable {
  readonly #places: readonly BackendPlace[]
  readonly #logs: readonly { readonly log: AuditLog; readonly entries: AuditEntry[] }[]

  private constructor(places: readonly BackendPlace[]) {
    this.#places = places
    this.#logs = places.map(place => ({ log: new AuditLog({ backend: place.open() }), entries: [] }))
  }

  static async filled(): Promise<Logs> {
    const logs = new Logs(await Promise.all(BACKEND_IDS.map(newPlace)))
    for (const [time, input] of ENTRIES) {
      vi.setSystemTime(time)
      for (const { log, entries } of logs.#logs) entries.push(await log.record(input))
    }
    return logs
  }

  /** What a call comes to on each backend: its result or its error's code, and how many entries there are then. */
  outcomes({ run }: Call): Promise<readonly Outcome[]> {
    return Promise.all(
      this.#logs.map(async ({ log, entries }) => ({
        answer: await answerOf(async () => run(log, entries)),
        count: await answerOf(() => log.count()),
      })),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#logs.map(({ log }) => log.close()))
    await Promise.all(this.#places.map(place => place.teardown()))
  }
}

async function answerOf(ask: () => unknown): Promise<Answer> {
  try {
    return { result: withoutIds(await ask()) }
  } catch (error) {
    if (error instanceof AuditError) return { code: error.code }
    throw error
  }
}

function withoutIds(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withoutIds)
  const fields = Object.entries(value).filter(([key]) => key !== 'entryId')
  return Object.fromEntries(fields.map(([key, inner]) => [key, withoutIds(inner)]))
}

function expectAgreement([memory, ...others]: readonly Outcome[], { code }: Call): void {
  for (const [i, other] of others.entries()) expect(other, BACKEND_IDS[i + 1]).toEqual(memory)
  expect(memory?.answer.code).toBe(code)
}

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterAll(() => {
  vi.useRealTimers()
})

describe('on one log, in turn', () => {
  let logs: Logs
  beforeAll(async () => {
    logs = await Logs.filled()
  })
  afterAll(() => logs[Symbol.asyncDispose]())

  test.each(CALLS)('$title', async call => {
    expectAgreement(await logs.outcomes(call), call)
  })

  test('the fields of an entry come in the same order', async () => {
    const call: Call = { title: '', run: async log => Object.keys((await log.query({ limit: 1 }))[0] ?? {}) }
    expectAgreement(await logs.outcomes(call), call)
  })

  test('and all of it, in the end', async () => {
    const call: Call = { title: '', run: log => Array.fromAsync(log.entries()) }
    expectAgreement(await logs.outcomes(call), call)
  })
})

describe('on a log of its own', () => {
  test.each([...LONG_CALLS, ...CLOSING_CALLS])('$title', async call => {
    await using logs = await Logs.filled()
    expectAgreement(await logs.outcomes(call), call)
  })
})
