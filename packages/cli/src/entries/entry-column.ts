import type { AuditEntry, JsonValue } from '@audit/core'
import { CommandError } from '../command-error.ts'
import { SESSION_KEY, STATUS_KEY } from '../filters/filter-options.ts'
import { formatCount, formatMs, formatUsd } from '../output/numbers.ts'
import type { Column } from '../output/table.ts'
import type { Clock } from '../output/times.ts'
import { lastQuestion } from './last-question.ts'

/** What can be shown of an entry, by a name. */
export interface EntryColumn {
  /** As `--columns` names it. */
  readonly name: string
  readonly column: Column
  /** For people. */
  readonly textOf: (entry: AuditEntry) => string
  /** For programs. */
  readonly jsonOf: (entry: AuditEntry) => JsonValue
}

/** How the values of columns are shown. */
export interface EntryColumnOptions {
  readonly clock: Clock
  readonly sessionKey?: string | undefined
}

/** What `--columns` is without a value: those that a narrow terminal has no room for are left out. */
export const DEFAULT_COLUMNS = 'index,time,user,model,cost,latency,status,input,output'

const TOKENS = { input: 'gen_ai.usage.input_tokens', output: 'gen_ai.usage.output_tokens' }
const METADATA = 'metadata.'

/** The columns that have names of their own. */
export const COLUMN_NAMES = [
  ...['index', 'time', 'id', 'user', 'model', 'session', 'status', 'cost', 'latency', 'tokens'],
  ...['input', 'output', 'metadata'],
]

/**
 * The columns of a list of names. Any other name is a key of the metadata; `metadata.KEY` names one that is called like a
 * column.
 *
 * @throws CommandError for an empty name.
 */
export function entryColumns(names: string, options: EntryColumnOptions): readonly EntryColumn[] {
  return names.split(',').map(part => {
    const name = part.trim()
    if (name === '') throw new CommandError(`--columns takes names, such as ${DEFAULT_COLUMNS}, not ${names}`)
    return {
      name,
      ...definitionOf(Object.hasOwn(LIBRARY_NAMES, name) ? (LIBRARY_NAMES[name] ?? name) : name, options),
    }
  })
}

/** The names that JSON and the library have for the same. */
const LIBRARY_NAMES: Readonly<Record<string, string>> = {
  timestamp: 'time',
  entryId: 'id',
  costUsd: 'cost',
  latencyMs: 'latency',
  inputText: 'input',
  outputText: 'output',
}

/** Whether a name is a key of the metadata, and not of a column that each entry has. */
export function isMetadataKey(name: string): boolean {
  return !COLUMN_NAMES.includes(name) && !Object.hasOwn(LIBRARY_NAMES, name)
}

type Definition = Omit<EntryColumn, 'name'>

function definitionOf(name: string, { clock, sessionKey = SESSION_KEY }: EntryColumnOptions): Definition {
  switch (name) {
    case 'index':
      return number(
        '#',
        0,
        6,
        entry => entry.index,
        index => `${index}`,
      )
    case 'time':
      return {
        column: { title: `time (${clock.zone})`, typical: 19 },
        textOf: ({ timestamp }) => clock.format(timestamp).replace(/\.\d{3}/, ''),
        jsonOf: ({ timestamp }) => timestamp,
      }
    case 'id':
      return text('id', { typical: 36 }, ({ entryId }) => entryId)
    case 'user':
      return text('user', { rank: 1, typical: 12, isName: true }, ({ user }) => user)
    case 'model':
      return text('model', { rank: 2, typical: 18, isName: true }, ({ model }) => model)
    case 'cost':
      return number('cost', 3, 8, ({ costUsd }) => costUsd, formatUsd)
    case 'latency':
      return number('latency', 4, 8, ({ latencyMs }) => latencyMs, formatMs)
    case 'input':
      return {
        ...text('input', { fills: true, isProse: true, typical: 40 }, ({ inputText }) => inputText),
        textOf: ({ inputText }) => lastQuestion(inputText),
      }
    case 'output':
      return text(
        'output',
        { fills: true, isProse: true, rank: 6, typical: 40 },
        ({ outputText }) => outputText,
      )
    default:
      return metadataDefinition(name, sessionKey)
  }
}

function metadataDefinition(name: string, sessionKey: string): Definition {
  switch (name) {
    case 'session':
      return ofMetadata('session', sessionKey, {})
    case 'status':
      return ofMetadata('status', STATUS_KEY, { rank: 5, typical: 9, isName: true })
    case 'tokens':
      return number('tokens', 3, 7, tokensOf, tokens => (tokens === null ? '–' : formatCount(tokens)))
    case 'metadata':
      return {
        column: { title: 'metadata', fills: true, typical: 40 },
        textOf: ({ metadata }) => JSON.stringify(metadata),
        jsonOf: ({ metadata }) => metadata,
      }
    default:
      return ofMetadata(name, name.startsWith(METADATA) ? name.slice(METADATA.length) : name, {})
  }
}

function text(
  title: string,
  column: Omit<Column, 'title'>,
  jsonOf: (entry: AuditEntry) => string,
): Definition {
  return { column: { title, ...column }, textOf: jsonOf, jsonOf }
}

function number<T extends number | null>(
  title: string,
  rank: number,
  typical: number,
  jsonOf: (entry: AuditEntry) => T,
  format: (value: T) => string,
): Definition {
  return {
    column: { title, align: 'right', rank, typical },
    textOf: entry => format(jsonOf(entry)),
    jsonOf,
  }
}

function ofMetadata(title: string, key: string, column: Omit<Column, 'title'>): Definition {
  const jsonOf = ({ metadata }: AuditEntry) => (Object.hasOwn(metadata, key) ? (metadata[key] ?? null) : null)
  return {
    column: { title, ...column },
    textOf: entry => {
      const value = jsonOf(entry)
      return value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
    },
    jsonOf,
  }
}

function tokensOf({ metadata }: AuditEntry): number | null {
  const counts = [metadata[TOKENS.input], metadata[TOKENS.output]].filter(count => typeof count === 'number')
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0)
}
