import type { CountryCode } from 'libphonenumber-js/max'
import { findApiKeys } from './api-key.ts'
import { findCards } from './card.ts'
import { findEmails } from './email.ts'
import { findIbans } from './iban.ts'
import { findIpv4, findIpv6 } from './ip.ts'
import { findJwts } from './jwt.ts'
import { findPems } from './pem.ts'
import { phoneFinder } from './phone.ts'
import type { Finder } from './span.ts'
import { findSsns } from './ssn.ts'

/** The kinds of values that the built-in rules find. */
export const KINDS = [
  'email',
  'card',
  'iban',
  'ssn',
  'phone',
  'ipv4',
  'ipv6',
  'apiKey',
  'jwt',
  'pem',
] as const

/** A kind of values that a built-in rule finds. */
export type Kind = (typeof KINDS)[number]

/** The kinds that are redacted by default: all but `ipv4` and `ipv6`, which version numbers and code look like. */
export const DEFAULT_KINDS: readonly Kind[] = KINDS.filter(kind => kind !== 'ipv4' && kind !== 'ipv6')

/** Kinds that are made of digits, or almost: a part of a random id may look like one of them by chance. */
const ALIKE_BY_CHANCE: readonly Kind[] = ['card', 'iban', 'ssn', 'phone']

/** Whether UUIDs and the like are searched for a kind. */
export function isSoughtInIds(kind: Kind): boolean {
  return !ALIKE_BY_CHANCE.includes(kind)
}

/** How each kind is found. */
export function finderOf(kind: Kind, country: CountryCode | undefined): Finder {
  return kind === 'phone' ? phoneFinder(country) : FINDERS[kind]
}

const FINDERS: Readonly<Record<Exclude<Kind, 'phone'>, Finder>> = {
  email: findEmails,
  card: findCards,
  iban: findIbans,
  ssn: findSsns,
  ipv4: findIpv4,
  ipv6: findIpv6,
  apiKey: findApiKeys,
  jwt: findJwts,
  pem: findPems,
}
