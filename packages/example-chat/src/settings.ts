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

/** Reads the settings. Throws an Error if one is missing. */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  return {
    port: Number(env.PORT ?? 8080),
    logPath: env.AUDIT_LOG ?? 'chat.db',
    baseURL: env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1',
    apiKey: required(env, 'OPENAI_API_KEY'),
    model: env.MODEL ?? 'gpt-4o-mini',
    auditors: (env.AUDITORS ?? '').split(',').filter(name => name !== ''),
    graceMs: Number(env.GRACE_MS ?? 10_000),
  }
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value === undefined) throw new Error(`set ${name}`)
  return value
}
