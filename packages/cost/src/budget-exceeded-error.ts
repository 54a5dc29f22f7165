import { AuditError } from '@audit/core'

/** A scope has cost more than its budget. Its `code` is `AUDIT_BUDGET_EXCEEDED`. */
export class BudgetExceededError extends AuditError {
  /** The scope whose budget it is. */
  readonly scope: string
  /** The budget, in US dollars. */
  readonly budgetUsd: number
  /** What the scope has cost so far, in US dollars. */
  readonly costUsd: number

  /** Costs in US dollars. */
  constructor(scope: string, budgetUsd: number, costUsd: number) {
    super(
      'AUDIT_BUDGET_EXCEEDED',
      `the scope ${JSON.stringify(scope)} has cost ${costUsd} of ${budgetUsd} dollars: stop calling models in it, or raise budgets[${JSON.stringify(scope)}]`,
    )
    this.scope = scope
    this.budgetUsd = budgetUsd
    this.costUsd = costUsd
  }
}
