import { invalidOptions } from '@audit/core/backend'
import type { CallStart, CaptureLevel, Integration } from './call.ts'
import type { CallOutcome, CallStatus } from './outcome.ts'
import { signalOf } from './signal.ts'
import type { Usage } from './usage.ts'

/** What the value of each key must be. */
type Rules<Type> = { readonly [Key in keyof Required<Type>]: (value: unknown) => boolean }

const isText = (value: unknown) => typeof value === 'string'
const isList = Array.isArray
const anything = () => true

const LEVELS: readonly unknown[] = ['wire', 'middleware', 'callback'] satisfies CaptureLevel[]
const BY_RULES: Rules<Integration> = {
  integration: isText,
  version: isText,
  level: value => LEVELS.includes(value),
}

const START_RULES: Rules<CallStart> = {
  provider: isText,
  operation: isText,
  requestModel: isText,
  input: isText,
  inputMessages: anything, // an integration may make them only where they are wanted
  previous: isText,
  serviceTier: isText,
  signal: value => signalOf(value) !== undefined,
  by: isIntegration,
}
const NEEDED = ['provider', 'operation', 'requestModel', 'input'] as const satisfies (keyof CallStart)[]

const isNumber = (value: unknown) => typeof value === 'number'
const USAGE_RULES: Rules<Usage> = {
  inputTokens: isNumber,
  outputTokens: isNumber,
  cacheReadTokens: isNumber,
  cacheWriteTokens: isNumber,
  cacheWrite1hTokens: isNumber,
  reasoningTokens: isNumber,
  inputAudioTokens: isNumber,
  outputAudioTokens: isNumber,
}

const STATUSES: Readonly<Record<CallStatus, true>> = {
  ok: true,
  error: true,
  aborted: true,
  cancelled: true,
  truncated: true,
  timeout: true,
  unfinished: true,
}
const OUTCOME_RULES: Rules<CallOutcome> = {
  status: value => typeof value === 'string' && Object.hasOwn(STATUSES, value),
  output: isText,
  outputMessages: isList,
  usage: value => isOf(value, USAGE_RULES),
  responseModel: isText,
  responseId: isText,
  finishReasons: value => isList(value) && value.every(isText),
  serviceTier: isText,
  errorType: isText,
  errorText: isText,
}

/** Whether a value names an integration. */
export function isIntegration(value: unknown): value is Integration {
  return isOf(value, BY_RULES)
}

/** Checks how a call begins, before it is made and billed. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function checkStart(start: CallStart): void {
  check('begin', start, START_RULES, NEEDED)
}

/** Checks how a call ended. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function checkOutcome(outcome: CallOutcome): void {
  check('outcome', outcome, OUTCOME_RULES, ['status'])
}

function check<Type>(
  owner: string,
  given: unknown,
  rules: Rules<Type>,
  needed: readonly (keyof Type & string)[],
): void {
  if (typeof given !== 'object' || given === null) throw invalidOptions(owner, 'an object is expected')
  for (const key of needed) if (!Object.hasOwn(given, key)) throw invalidOptions(owner, `${key} is missing`)
  const wrong = wrongKey(given, rules, needed)
  if (wrong === undefined) return
  const known = Object.hasOwn(rules, wrong)
  throw invalidOptions(
    owner,
    known ? `the value of ${wrong} is of a wrong kind` : `the keys are ${Object.keys(rules).join(', ')}`,
  )
}

/** A key that is unknown, or whose value breaks its rule. */
function wrongKey<Type>(
  given: object,
  rules: Rules<Type>,
  needed: readonly string[] = [],
): string | undefined {
  const ruled: Readonly<Record<string, (value: unknown) => boolean>> = rules
  return Object.keys(given).find(key => {
    const rule = Object.hasOwn(ruled, key) ? ruled[key] : undefined
    if (!rule || rule === anything) return !rule // its value is not looked at
    const value: unknown = Reflect.get(given, key)
    return value === undefined ? needed.includes(key) : !rule(value)
  })
}

function isOf<Type>(value: unknown, rules: Rules<Type>): boolean {
  return typeof value === 'object' && value !== null && wrongKey(value, rules) === undefined
}
