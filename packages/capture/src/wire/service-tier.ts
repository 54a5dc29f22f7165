import { stringOf } from './json.ts'

/** The tier that a request asks for, where it is not the provider's default one. */
export function tierAsked(tier: unknown): string | undefined {
  const asked = stringOf(tier)
  return asked === undefined || DEFAULT_TIERS.has(asked) ? undefined : asked
}

const DEFAULT_TIERS = new Set(['auto', 'default', 'standard', 'standard_only'])
