export { BudgetExceededError } from './budget-exceeded-error.ts'
export type { CostFigures } from './cost-figures.ts'
export type { CostSummary } from './cost-scope.ts'
export {
  CostTracker,
  type CostTrackerOptions,
  type RecordDetails,
  type TrackedPriceFunction,
} from './cost-tracker.ts'
export type { Price, PricedCall, PricedUsage, PriceFunction, TokenCount } from './priced-call.ts'
export { type PricesOptions, prices } from './prices.ts'
export type { ModelRates } from './rates.ts'
export type { TokenRates } from './token-rates.ts'
