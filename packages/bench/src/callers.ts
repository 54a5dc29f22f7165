/** Who asks a provider: a client that nobody records, and one that is recorded in memory, or in SQLite. */
export const CALLERS = ['bare', 'memory', 'sqlite'] as const
export type Caller = (typeof CALLERS)[number]
