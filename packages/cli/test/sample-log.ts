import { join } from 'node:path'
import { type AuditBackend, createEntry, createLeaf, type EntryInput } from '@audit/core/backend'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'

const QUESTIONS = [
  ['What is the capital of France?', 'Paris.'],
  [
    'Summarise the contract in three sentences.',
    'The supplier delivers monthly. Payment is due in 30 days. Either side may end it with a quarter of notice.',
  ],
  ['Which clauses mention liability?', 'Clauses 7.2 and 9: liability is limited to the yearly fee.'],
  ['Translate “good morning” into Japanese.', 'おはようございます'],
  ['Write a haiku about audits.', 'Ink dries on the page\nNothing written is undone\nThe tree remembers'],
] as const
const USERS = ['alice', 'bob', 'carol'] as const
const MODELS = ['gpt-5-mini', 'claude-sonnet-4-5', 'gpt-5'] as const
const FIRST = Date.parse('2026-11-22T08:00:00.000Z')
const STEP_MS = 97 * 60_000

/** How many entries the sample log has. */
export const SAMPLE_SIZE = 48

/** The sample log's entries: always the same, with the same ids and times, from 2026-11-22 to 2026-11-25. */
export function sampleLeaves() {
  return Array.from({ length: SAMPLE_SIZE }, (_, i) => {
    const ms = FIRST + i * STEP_MS
    const identity = { entryId: idAt(ms, i), timestamp: new Date(ms).toISOString() }
    return createLeaf(createEntry(inputAt(i), identity))
  })
}

/** The id of the sample log's entry with an index. */
export function sampleId(index: number): string {
  return idAt(FIRST + index * STEP_MS, index)
}

/** Writes the sample log as `audit.db` and `audit.jsonl` into a folder. */
export async function writeSampleLogs(folder: string): Promise<void> {
  await writeLog(new SqliteBackend({ path: join(folder, 'audit.db') }))
  await writeLog(new JsonlBackend({ path: join(folder, 'audit.jsonl') }))
}

async function writeLog(backend: AuditBackend): Promise<void> {
  await backend.open()
  await backend.append(sampleLeaves())
  await backend.close()
}

function inputAt(i: number): EntryInput {
  const [inputText, outputText] = QUESTIONS[(i * 3) % QUESTIONS.length] ?? QUESTIONS[0]
  const failed = i % 13 === 12
  return {
    model: MODELS[(i * 7) % MODELS.length] ?? MODELS[0],
    user: USERS[((i * 5) % 7) % USERS.length] ?? USERS[0],
    inputText,
    outputText: failed ? '' : outputText,
    costUsd: failed ? null : Number((0.0004 * ((i % 9) + 1)).toFixed(4)),
    latencyMs: 240 + ((i * 211) % 1900),
    metadata: {
      'audit.status': failed ? 'error' : 'ok',
      'gen_ai.conversation.id': `s-${Math.floor(i / 4)}`,
      'gen_ai.usage.input_tokens': 12 + i,
      'gen_ai.usage.output_tokens': failed ? 0 : 5 + ((i * 17) % 60),
      ...(failed && { 'error.type': '503' }),
      ...(i === 20 && { 'audit.about': sampleId(17) }),
    },
  }
}

/** A UUID v7 whose random bits count up. */
function idAt(ms: number, i: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${(i * 0x9e3779b1).toString(16).padStart(12, '0').slice(-12)}`
}
