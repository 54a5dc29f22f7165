import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'

/** An entry as SynapseKit 1.6 records it. Costs and latencies may be NaN. */
export interface SynapseKitEntry {
  readonly entry_id: string
  readonly timestamp: string
  readonly user: string
  readonly model: string
  readonly input_text: string
  readonly output_text: string
  readonly cost_usd: number
  readonly latency_ms: number
  readonly metadata: Readonly<Record<string, unknown>> | null
}

/** So many entries, always the same, two minutes apart; every seventh has a NaN cost, every eleventh no metadata. */
export function synapseKitEntries(count: number): readonly SynapseKitEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const digits = createHash('sha256').update(`${i}`).digest('hex').slice(0, 32)
    const ms = Date.parse('2025-03-01T00:00:00Z') + i * 120_000
    const micros = i % 5 === 0 ? '' : `.${String((i * 7919) % 1_000_000).padStart(6, '0')}`
    return {
      entry_id: `${digits.slice(0, 12)}4${digits.slice(13, 16)}8${digits.slice(17)}`,
      timestamp: `${new Date(ms).toISOString().slice(0, 19)}${micros}+00:00`,
      user: `user-${i % 9}`,
      model: `model-${i % 4}`,
      input_text: `Café ${i}? "NaN" 日本 \\"NaN\\"`,
      output_text: `Yes,\nNaN and Infinity ${i}.`,
      cost_usd: i % 7 === 3 ? Number.NaN : i / 1000,
      latency_ms: 100 + ((i * 37) % 900) + 0.5,
      metadata: i % 11 === 5 ? null : { session: `s-${i % 50}`, score: 0.1 },
    }
  })
}

/** A line as Python's `json.dumps` writes it: blanks, ASCII escapes, NaN. */
export function synapseKitLine(entry: SynapseKitEntry): string {
  return pythonJson(entry)
}

/** Writes a JSONL file as SynapseKit does. */
export function writeSynapseKitJsonl(path: string, entries: readonly SynapseKitEntry[]): void {
  writeFileSync(path, entries.map(entry => `${synapseKitLine(entry)}\n`).join(''))
}

/** Writes an SQLite file as SynapseKit does. SQLite stores NaN as NULL. */
export function writeSynapseKitDatabase(path: string, entries: readonly SynapseKitEntry[]): void {
  const database = new Database(path)
  database.exec(`CREATE TABLE audit_log (entry_id TEXT PRIMARY KEY, timestamp TEXT NOT NULL, user TEXT NOT NULL,
    model TEXT NOT NULL, input_text TEXT NOT NULL, output_text TEXT NOT NULL, cost_usd REAL, latency_ms REAL, metadata TEXT);
    CREATE INDEX idx_audit_user ON audit_log (user); CREATE INDEX idx_audit_model ON audit_log (model);
    CREATE INDEX idx_audit_ts ON audit_log (timestamp)`)
  const insert = database.prepare('INSERT INTO audit_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  database.transaction(() => {
    for (const { metadata, ...entry } of entries) {
      insert.run(...Object.values(entry), metadata === null ? null : pythonJson(metadata))
    }
  })()
  database.close()
}

function pythonJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value === 'string') return asciiJson(value)
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, each]) => `${asciiJson(key)}: ${pythonJson(each)}`)
    .join(', ')}}`
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
