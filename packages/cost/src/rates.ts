import { createHash } from 'node:crypto'
import { canonicalJson, invalidOptions, optionsOf } from '@audit/core/backend'
import { modelIds } from './model-id.ts'
import type { Price, PricedCall } from './priced-call.ts'
import { providerId } from './provider.ts'
import { BATCH, ranInBatch, specialTier } from './service-tier.ts'
import { costAt, RATE_NAMES, type TokenRates, tokenRatesOf } from './token-rates.ts'
import type { Counts } from './usage.ts'

/**
 * What an application pays for a model. Without `inputPerMTok`, the published prices count for calls of the standard
 * tier.
 */
export interface ModelRates extends Partial<TokenRates> {
  /** By service tier, such as `flex` and `priority`. */
  readonly tiers?: Readonly<Record<string, TokenRates>>
  /** In a batch, whatever the tier. */
  readonly batch?: TokenRates
}

interface CheckedRates {
  readonly key: string
  readonly standard: TokenRates | undefined
  readonly tiers: ReadonlyMap<string, TokenRates>
  readonly batch: TokenRates | undefined
}

/** The rates of an application, looked up for each call. */
export class RateCard {
  readonly #rates: ReadonlyMap<string, CheckedRates>
  readonly #version: string

  /** @throws AuditError `AUDIT_INVALID_OPTIONS` for anything but `ModelRates` by model id. */
  constructor(given: unknown) {
    const models = Object.keys(Object(given))
    const rates = optionsOf(given, models, 'rates')
    this.#rates = new Map(models.map(key => [key.toLowerCase(), checkedRates(key, rates[key])]))
    if (this.#rates.size < models.length) throw invalidOptions('rates', 'two keys differ only in case')
    this.#version = digestOf(given)
  }

  /** The price of a call: `undefined` where there is no rate for it, `null` where the rate does not say. */
  price(call: PricedCall, counts: Counts): Price | null | undefined {
    for (const model of namesOf(call)) {
      const rates = this.#rates.get(model)
      const tokenRates = rates && applicable(rates, call)
      if (!tokenRates) continue
      const costUsd = costAt(tokenRates, counts)
      return costUsd === null ? null : { costUsd, source: 'rates', version: this.#version, model: rates.key }
    }
    return undefined
  }
}

/** Tells from an entry which rates it was priced with, whatever the order of their keys. */
function digestOf(rates: unknown): string {
  const text = canonicalJson(JSON.parse(JSON.stringify(rates)))
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

/** What the model of a call may be called: the one that answered, then the one that was asked for. */
function namesOf(call: PricedCall): readonly string[] {
  const provider = providerId(call.provider) ?? call.provider
  return [call.responseModel, call.requestModel].flatMap(model =>
    model ? [model.toLowerCase(), ...modelIds(provider, model)] : [],
  )
}

function applicable(rates: CheckedRates, call: PricedCall): TokenRates | undefined {
  if (ranInBatch(call)) return rates.batch
  const tier = specialTier(call.serviceTier)
  return tier === null ? rates.standard : rates.tiers.get(tier)
}

function checkedRates(key: string, given: unknown): CheckedRates {
  const owner = `rates[${JSON.stringify(key)}]`
  const { tiers = {}, batch, ...standard } = optionsOf(given, [...RATE_NAMES, 'tiers', 'batch'], owner)
  return {
    key,
    standard: Object.keys(standard).length > 0 ? tokenRatesOf({ ...standard }, owner) : undefined,
    tiers: tiersOf(tiers, owner),
    batch: batch === undefined ? undefined : tokenRatesOf(batch, `${owner}.batch`),
  }
}

function tiersOf(given: unknown, owner: string): ReadonlyMap<string, TokenRates> {
  const names = Object.keys(Object(given))
  const tiers = optionsOf(given, names, `${owner}.tiers`)
  return new Map(
    names.map((name): [string, TokenRates] => {
      const tier = specialTier(name)
      if (tier !== null && tier !== BATCH) return [tier, tokenRatesOf(tiers[name], `${owner}.tiers.${name}`)]
      throw invalidOptions(
        owner,
        `the rates of ${JSON.stringify(name)} do not belong into tiers, but beside it`,
      )
    }),
  )
}
