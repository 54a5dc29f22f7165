import type { AuditEntry, AuditLog, Filter } from '@audit/core'
import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { isLocal } from '../output/times.ts'
import { type FilterOptions, SESSION_KEY, STATUS_KEY } from './filter-options.ts'
import { timeOf } from './time.ts'

/** Which entries a command is about. */
export interface Filters {
  /** What the log itself looks up. */
  readonly filter: Filter
  /** What is looked for in each entry that the log finds; `undefined` where nothing more is asked for. */
  readonly matches: ((entry: AuditEntry) => boolean) | undefined
}

/**
 * Reads the options that choose entries.
 *
 * @throws CommandError for a value that cannot be read, and for a key of the metadata that is given two values.
 */
export function filtersOf(context: Context, options: FilterOptions): Filters {
  const { user, model, since, until, grep } = options
  const clock = { now: context.now(), local: isLocal(context, options) }
  const metadata = metadataOf(options)
  const first = since === undefined ? undefined : timeOf('--since', since, clock).first
  const last = until === undefined ? undefined : timeOf('--until', until, clock).last
  if (first && last && first > last) {
    throw new CommandError(
      `--since ${since} is later than --until ${until}, so nothing can match; change one`,
    )
  }
  const filter: Filter = {
    ...(user !== undefined && { user }),
    ...(model !== undefined && { model }),
    ...(first && { since: first }),
    ...(last && { until: last }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
  return { filter, matches: grep === undefined ? undefined : textMatcher(grep) }
}

/** How entries are read. */
export interface ReadOptions {
  /** Default: `'asc'`, oldest first. */
  readonly order?: 'asc' | 'desc'
  /** At most this many. Default: all. */
  readonly limit?: number | undefined
  /** Is told how many entries were read, matching or not. */
  readonly onRead?: (read: number) => void
}

/** The entries that match, one at a time and in bounded memory. Throws what `AuditLog.stream` throws. */
export async function* matchingEntries(
  context: Context,
  log: AuditLog,
  { filter, matches }: Filters,
  { order = 'asc', limit, onRead }: ReadOptions = {},
): AsyncGenerator<AuditEntry, void, undefined> {
  if (limit === 0) return
  const ownLimit = matches ? undefined : limit // the log cannot count what it does not look for
  let read = 0
  let found = 0
  for await (const entry of log.stream({ ...filter, order, limit: ownLimit, signal: context.signal })) {
    onRead?.(++read)
    if (matches && !matches(entry)) continue
    yield entry
    if (++found === limit) return
  }
}

function metadataOf(options: FilterOptions): Readonly<Record<string, unknown>> {
  const { metadata = [], session, sessionKey = SESSION_KEY, status } = options
  const pairs = metadata.map(pairOf)
  if (session !== undefined) pairs.push([sessionKey, session])
  if (status !== undefined) pairs.push([STATUS_KEY, status])
  const keys = pairs.map(([key]) => key)
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice !== undefined) {
    throw new CommandError(
      `the metadata's ${twice} is given twice, and no entry has two values for it; leave one out`,
    )
  }
  return Object.fromEntries(pairs)
}

/** `key=value` is a text; `key:=value` is JSON. */
function pairOf(pair: string): readonly [string, unknown] {
  const at = pair.indexOf('=')
  if (at < 1) throw new CommandError(`--metadata takes key=value, or key:=value for JSON, not ${pair}`)
  const [key, value] = [pair.slice(0, at), pair.slice(at + 1)]
  if (!key.endsWith(':')) return [key, value]
  try {
    return [key.slice(0, -1), JSON.parse(value)]
  } catch {
    throw new CommandError(`--metadata ${key}= takes JSON, such as 3, true or "text", not ${value}`)
  }
}

function textMatcher(text: string): (entry: AuditEntry) => boolean {
  const wanted = text.toLowerCase()
  return ({ inputText, outputText }) =>
    inputText.toLowerCase().includes(wanted) || outputText.toLowerCase().includes(wanted)
}
