/** What the environment decides. */
export interface Settings {
  /** Where to listen; 0 is any free port. */
  readonly port: number
  /** The file of the log. */
  readonly logPath: string
  /** The provider of the model. */
  readonly baseURL: string
  readonly apiKey: string
  readonly model: string
  /** Who may read the log. */
  readonly auditors: readonly string[]
  /** How many milliseconds the answers under way may take when the process is told to end. */
  readonly graceMs: number
}

const MAX_PORT = 65_535

/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Reads the settings. Throws an Error if one is missing, or is no number where it must be one. */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  return {
    port: numberFrom(env, 'PORT', 8080, MAX_PORT),
    logPath: env.AUDIT_LOG ?? 'chat.db',
    baseURL: env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1',
    apiKey: required(env, 'OPENAI_API_KEY'),
    model: env.MODEL ?? 'gpt-4o-mini',
    auditors: (env.AUDITORS ?? '').split(',').filter(name => name !== ''),
    graceMs: numberFrom(env, 'GRACE_MS', 10_000, MAX_TIMER_MS),
  }
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined) throw new Error(`set ${name}`)
  return value
}

function numberFrom(env: NodeJS.ProcessEnv, name: string, fallback: number, most: number): number {
  const given = env[name]
  if (given === undefined) return fallback
  const value = Number(given)
  if (/^\d+$/.test(given) && value <= most) return value
  throw new Error(`${name} must be a whole number from 0 to ${most}, not ${JSON.stringify(given)}`)
}
