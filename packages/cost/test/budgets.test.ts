import { AuditError } from '@audit/core'
import { BudgetExceededError, CostTracker } from '@audit/cost'
import { expect, test } from 'vitest'
import { callTo } from './calls.ts'

/** Records calls of 0.1 dollars each. */
function spend(tracker: CostTracker, times: number): void {
  for (let i = 0; i < times; i += 1) tracker.record('gpt-4o', 40_000, 0)
}

function exceeded(scope: string, budgetUsd: number, costUsd: number) {
  return expect.objectContaining({ code: 'AUDIT_BUDGET_EXCEEDED', scope, budgetUsd, costUsd })
}

test('a budget may be spent to the last cent, and the call that exceeds it throws, with its name', () => {
  const tracker = new CostTracker({ budgets: { qa: 0.3, other: 5 } })
  tracker.scope('qa', () => {
    spend(tracker, 3) // 0.1 + 0.1 + 0.1 is more than 0.3 in doubles
    expect(() => tracker.record('gpt-4o', 1, 0)).toThrow(exceeded('qa', 0.3, 0.3000025))
    expect(() => tracker.record('gpt-4o', 1, 0)).toThrow(BudgetExceededError)
    expect(() => tracker.record('gpt-4o', 1, 0)).toThrow(AuditError)
  })
  expect(tracker.total('qa')).toMatchObject({ count: 6, costUsd: 0.3000075 }) // what was spent is counted
  tracker.scope('other', () => spend(tracker, 1))
  spend(tracker, 1)
})

test('ten thousand dimes make a thousand dollars', () => {
  const tracker = new CostTracker({ budgets: { qa: 1000 } })
  tracker.scope('qa', () => spend(tracker, 10_000))
  expect(tracker.total('qa').costUsd).toBe(1000)
  expect(() => tracker.scope('qa', () => spend(tracker, 1))).toThrow(exceeded('qa', 1000, 1000.1))
})

test('a budget holds for the scopes inside, and for all scopes of its name', () => {
  const tracker = new CostTracker({ budgets: { user: 0.2, search: 0.5 } })
  tracker.scope('user', () => {
    tracker.scope('search', () => spend(tracker, 2))
    expect(() => tracker.scope('search', () => spend(tracker, 1))).toThrow(exceeded('user', 0.2, 0.3))
  })
  tracker.scope('search', () => spend(tracker, 2))
  tracker.scope('other', () => {
    expect(() => tracker.scope('search', () => spend(tracker, 1))).toThrow(exceeded('search', 0.5, 0.6))
  })
})

test('of several budgets that are exceeded, the innermost throws', () => {
  const tracker = new CostTracker({ budgets: { a: 0.1, b: 0 } })
  expect(() => tracker.scope('a', () => tracker.scope('b', () => spend(tracker, 2)))).toThrow(
    exceeded('b', 0, 0.1),
  )
})

test('a scope whose budget is exceeded does not start again, nor does one inside it', () => {
  const tracker = new CostTracker({ budgets: { qa: 0.1 } })
  tracker.scope('qa', () => {
    tracker.price(callTo('openai', 'gpt-4o', { inputTokens: 80_000, outputTokens: 0 })) // never throws
    expect(() => tracker.scope('inside', () => expect.unreachable())).toThrow(exceeded('qa', 0.1, 0.2))
  })
  expect(() => tracker.scope('qa', () => expect.unreachable())).toThrow(exceeded('qa', 0.1, 0.2))
  expect(tracker.scope('other', () => 'runs')).toBe('runs')
})

test('in parallel, each call is judged by what was spent before it', async () => {
  const tracker = new CostTracker({ budgets: { qa: 0.5 } })
  const calls = Array.from({ length: 10 }, () =>
    tracker.scope('qa', async () => {
      await Promise.resolve()
      spend(tracker, 1)
    }),
  )
  const outcomes = await Promise.allSettled(calls)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
  expect(tracker.total('qa').count).toBe(10)
})

test('a call whose cost is unknown does not use up a budget, and is counted as unknown', () => {
  const tracker = new CostTracker({ budgets: { qa: 0 } })
  tracker.scope('qa', () => tracker.record('unheard-of', 1000, 1000))
  expect(tracker.total('qa')).toMatchObject({ costUsd: 0, costUnknown: 1 })
})

test('the names of budgets are taken as they are', () => {
  const tracker = new CostTracker({ budgets: JSON.parse('{ "__proto__": 0 }') })
  expect(() => tracker.scope('__proto__', () => spend(tracker, 1))).toThrow(exceeded('__proto__', 0, 0.1))
  tracker.scope('constructor', () => spend(tracker, 1))
})

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '5', null, 1e300])(
  'a budget of %s is refused',
  budget => {
    expect(() => new CostTracker({ budgets: { qa: budget as number } })).toThrow(
      expect.objectContaining({ code: 'AUDIT_INVALID_OPTIONS' }),
    )
  },
)

test('before a call, a budget refuses where it is exceeded, and only there', () => {
  const tracker = new CostTracker({ budgets: { qa: 0.1 } })
  const { admit } = tracker.price
  const dime = callTo('openai', 'gpt-4o', { inputTokens: 40_000, outputTokens: 0 })
  tracker.scope('qa', () => {
    admit()
    tracker.price(dime)
    admit() // the budget is spent, and not exceeded
    tracker.price(dime)
    expect(admit).toThrow(exceeded('qa', 0.1, 0.2))
    expect(tracker.total('qa').count).toBe(2) // asking counts nothing
  })
  admit()
  tracker.scope('other', admit)
})

test('a price is told how long its call took', () => {
  const tracker = new CostTracker()
  tracker.price({ ...callTo('openai', 'gpt-4o'), latencyMs: 250 })
  tracker.price({ ...callTo('openai', 'gpt-4o'), latencyMs: Number.NaN })
  tracker.price(callTo('openai', 'gpt-4o'))
  expect(tracker.total()).toMatchObject({ count: 3, latencyMs: 250 })
})
