import { readFile } from 'node:fs/promises'
import { AuditError, createEntry, type EntryInput } from '@audit/core/backend'
import { DemoError } from './demo-error.ts'

/** The names in the file, and what the log calls them. */
const KEYS: Readonly<Record<string, keyof EntryInput>> = {
  model: 'model',
  input_text: 'inputText',
  output_text: 'outputText',
  user: 'user',
  cost_usd: 'costUsd',
  latency_ms: 'latencyMs',
  metadata: 'metadata',
}

/**
 * Reads a file of exchanges, a JSON object a line, and checks all of it before anything is recorded.
 *
 * @throws DemoError naming the file, and the line where one is wrong.
 */
export async function readExchanges(path: string): Promise<readonly EntryInput[]> {
  // Not node:readline: it also breaks lines at U+2028, which may stand in a JSON text.
  const exchanges = (await readText(path)).split('\n').flatMap((line, i) => {
    try {
      return line.trim() === '' ? [] : [exchangeOf(line)]
    } catch (error) {
      throw new DemoError(`${path}, line ${i + 1}: ${messageOf(error)}`)
    }
  })
  if (exchanges.length === 0) throw new DemoError(`${path} has no exchange in it.`)
  return exchanges
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    throw new DemoError(`${path} cannot be read: ${messageOf(error)}`)
  }
}

function exchangeOf(line: string): EntryInput {
  const record: unknown = JSON.parse(line)
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new DemoError('not a JSON object')
  }
  const fields = Object.entries(record).map(([key, value]) => {
    const name = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined
    if (!name) throw new DemoError(`unknown key "${key}"; the keys are ${Object.keys(KEYS).join(', ')}`)
    return [name, value] as const
  })
  const exchange = Object.fromEntries(fields) as unknown as EntryInput // createEntry checks that it is one
  createEntry(exchange)
  return exchange
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (!(error instanceof AuditError)) return error.message
  const [key] = Object.entries(KEYS).find(([, name]) => error.message.startsWith(name)) ?? []
  return key === undefined ? error.message : error.message.replace(KEYS[key] ?? '', key)
}
