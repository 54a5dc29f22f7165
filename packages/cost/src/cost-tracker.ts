import { AsyncLocalStorage } from 'node:async_hooks'
import { invalidOptions, optionsOf } from '@audit/core/backend'
import { BudgetExceededError } from './budget-exceeded-error.ts'
import { type CostFigures, RunningFigures } from './cost-figures.ts'
import { CostScope, type CostSummary, entryOf } from './cost-scope.ts'
import type { Price, PricedCall, PricedUsage, PriceFunction } from './priced-call.ts'
import { prices } from './prices.ts'
import { usualProvider } from './provider.ts'
import { isCount } from './usage.ts'
import { exactUsd } from './usd.ts'

/** What a `CostTracker` takes. */
export interface CostTrackerOptions {
  /**
   * How many US dollars each scope of a name may cost, wherever it stands, with the scopes inside it. The call that goes over it
   * is made and counted; what is refused is what comes after.
   */
  readonly budgets?: Readonly<Record<string, number>>
  /** What prices the calls. Default: `prices()`. */
  readonly price?: PriceFunction
}

/** Prices calls and counts them, and refuses further ones where a budget is used up. */
export interface TrackedPriceFunction extends PriceFunction {
  /**
   * What a capture calls before each call. It does not depend on its `this`.
   *
   * @throws BudgetExceededError if the scope it is called in, or one around it, has already cost more than its budget.
   */
  readonly admit: () => void
}

/** What a price may depend on besides the arguments of `record`. */
export interface RecordDetails
  extends Omit<PricedUsage, 'inputTokens' | 'outputTokens'>,
    Partial<Pick<PricedCall, 'provider' | 'serviceTier' | 'isBatch' | 'startedAt'>> {}

/**
 * Adds up what calls cost, by scope. A scope holds across `await`, in parallel and in timers; scopes nest.
 *
 * @example
 * const tracker = new CostTracker({ budgets: { qa: 5 } })
 * await tracker.scope('qa', async () => {
 *   const { costUsd } = tracker.record('gpt-4o', 1000, 500, 200) // 0.0075
 * })
 * tracker.total('qa').costUsd // 0.0075
 */
export class CostTracker {
  readonly #current = new AsyncLocalStorage<CostScope>()
  readonly #root = new CostScope('')
  readonly #byName = new Map<string, RunningFigures>()
  readonly #budgets: ReadonlyMap<string, number>
  readonly #price: PriceFunction

  /** @throws AuditError `AUDIT_INVALID_OPTIONS` */
  constructor(options: CostTrackerOptions = {}) {
    const { budgets = {}, price = prices() } = optionsOf(options, ['budgets', 'price'], 'CostTracker')
    if (typeof price !== 'function') throw invalidOptions('CostTracker', 'price must be a function')
    this.#budgets = budgetsOf(budgets)
    this.#price = price as PriceFunction // that it is a function was checked; what it returns is checked where it is used
  }

  /**
   * Runs a function in a scope, and returns what it returns. Calls that are recorded in it, however deep and however
   * late, count for the scope and for those around it.
   *
   * @throws BudgetExceededError if this scope, or one around it, has already cost more than its budget; the function is
   * not called.
   */
  scope<Result>(name: string, run: () => Result): Result {
    if (typeof name !== 'string' || name === '') throw invalidOptions('scope', 'the name must be a text')
    if (typeof run !== 'function') throw invalidOptions('scope', 'the second argument must be a function')
    const scope = this.#scope().child(name)
    this.#checkBudgets(scope)
    return this.#current.run(scope, run)
  }

  /**
   * Counts a call in the scope where it is recorded.
   *
   * @param latencyMs milliseconds.
   * @param details `provider`, cached tokens and whatever else the price depends on. Without a provider, the one that
   * the model is usually called at counts, and without `startedAt`, the present.
   * @returns the cost in US dollars, `null` when it is unknown.
   * @throws BudgetExceededError if this scope, or one around it, has now cost more than its budget; the call is counted.
   */
  record(
    model: string,
    inputTokens: number,
    outputTokens: number,
    latencyMs?: number,
    details: RecordDetails = {},
  ): { readonly costUsd: number | null } {
    const {
      provider = usualProvider(String(model)) ?? '',
      serviceTier,
      isBatch,
      startedAt,
      ...others
    } = details
    const call: PricedCall = {
      provider,
      responseModel: model,
      usage: { ...others, inputTokens, outputTokens },
      serviceTier,
      isBatch,
      startedAt: startedAt ?? new Date(),
    }
    const price = this.#count(call, latencyMs)
    this.#checkBudgets(this.#scope())
    return { costUsd: price?.costUsd ?? null }
  }

  /**
   * Prices a call and counts it, for `createCapture({ price: tracker.price })`. It does not throw over a budget, since the call was
   * made, and must be recorded. But it has an `admit`, by which the capture refuses the next call before it is sent, as the next
   * `scope()` is refused.
   */
  readonly price: TrackedPriceFunction = Object.assign(
    (call: PricedCall) => this.#count(call, call.latencyMs),
    {
      admit: () => this.#checkBudgets(this.#scope()),
    },
  )

  /** The figures of all scopes of a name, with the scopes inside them; without a name, of everything. */
  total(name?: string): CostFigures {
    return name === undefined
      ? this.#root.figures()
      : (this.#byName.get(name) ?? new RunningFigures()).snapshot()
  }

  /** The figures of everything, by model and by scope, as they are now. */
  summary(): CostSummary {
    return this.#root.summary()
  }

  #scope(): CostScope {
    return this.#current.getStore() ?? this.#root
  }

  #count(call: PricedCall, latencyMs?: number): Price | null {
    const price = this.#priceOf(call)
    const scope = this.#scope()
    const recorded = {
      model: String(call.responseModel || call.requestModel || ''),
      exactCost: price && exactUsd(price.costUsd),
      inputTokens: countOf(call.usage?.inputTokens),
      outputTokens: countOf(call.usage?.outputTokens),
      latencyMs: isAmount(latencyMs) ? latencyMs : null,
    }
    scope.add(recorded)
    for (const name of scope.names()) entryOf(this.#byName, name, () => new RunningFigures()).add(recorded)
    return price
  }

  /** The price, `null` where the function fails or returns what is no price: the call counts all the same. */
  #priceOf(call: PricedCall): Price | null {
    try {
      const price = this.#price(call)
      return price && isAmount(price.costUsd) ? price : null
    } catch {
      return null
    }
  }

  #checkBudgets(scope: CostScope): void {
    for (const name of scope.names()) {
      const budget = this.#budgets.get(name)
      const figures = this.#byName.get(name)
      if (budget === undefined || !figures || figures.exactCost <= exactUsd(budget)) continue
      throw new BudgetExceededError(name, budget, figures.snapshot().costUsd)
    }
  }
}

/** What is more than all money is a mistake, and `exactUsd` takes no more. */
const MAX_USD = 1e18

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_USD
}

function countOf(value: unknown): number | null {
  return isCount(value) ? value : null
}

function budgetsOf(given: unknown): ReadonlyMap<string, number> {
  const names = Object.keys(Object(given))
  const budgets = optionsOf(given, names, 'budgets')
  return new Map(
    names.map((name): [string, number] => {
      const budget = budgets[name]
      if (isAmount(budget)) return [name, budget]
      throw invalidOptions('budgets', `${JSON.stringify(name)} must be a number of dollars, not negative`)
    }),
  )
}
