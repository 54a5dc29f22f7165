import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AuditEntry, AuditError, type AuditErrorCode } from '@audit/core'
import { TemporaryFolder } from '@audit/harness'
import fc from 'fast-check'
import { FILE_BACKENDS, type FileBackendId, openLog } from './backends.ts'
import { exchangeOf } from './exchange.ts'

const ENTRIES = 40
/** What takes longer hangs. */
const HANG_MS = 120_000
const REFUSALS: readonly AuditErrorCode[] = ['AUDIT_CORRUPT', 'AUDIT_UNSUPPORTED_FORMAT']

export interface DamageFigures {
  readonly files: number
  /** Calls that were answered although the file was damaged, rightly. */
  readonly answered: number
  /** Calls that were refused with an error that says so. */
  readonly refused: number
  /** Entries given out meanwhile, each of which was compared with what had been recorded. */
  readonly given: number
}

/** One thing that happens to the bytes of a file; places are fractions of its length. */
type Blow =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'blank'; readonly at: number; readonly length: number }
  | { readonly kind: 'overwrite' | 'insert'; readonly at: number; readonly bytes: Uint8Array }

const at = fc.nat(999_999).map(millionth => millionth / 1_000_000) // fc.double prefers what is close to 0
const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 })
const blow: fc.Arbitrary<Blow> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flip'), at, bit: fc.integer({ min: 0, max: 7 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut'), at }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('blank'), at, length: fc.integer({ min: 1, max: 9000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('overwrite', 'insert'), at, bytes }) },
)

/**
 * Damages the file of a log at random and uses it: no call crashes or hangs, none gives out an entry that was never
 * recorded, and what reads by place gives all of it from the front, or says that the file is damaged.
 *
 * @throws the smallest damage that fast-check finds for which that is not so, with the seed that repeats it.
 */
export async function damage(id: FileBackendId, files: number, seed?: number): Promise<DamageFigures> {
  using folder = new TemporaryFolder()
  const path = folder.file(FILE_BACKENDS[id].fileName)
  const entries = await fill(id, path)
  const whole = readFileSync(path)
  let [answered, refused, given] = [0, 0, 0]
  const property = fc.asyncProperty(fc.array(blow, { minLength: 1, maxLength: 4 }), async blows => {
    using place = new TemporaryFolder()
    const damaged = place.file(FILE_BACKENDS[id].fileName)
    const contents = blows.reduce(strike, whole)
    writeFileSync(damaged, contents)
    const recorded = id === 'sqlite' ? entries : entriesIn(contents)
    const outcomes = await use(id, damaged, entries)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        assertRefusal(outcome.reason)
        refused++
      } else {
        for (const entry of outcome.value) assertKnown(recorded, entry)
        answered++
        given += outcome.value.length
      }
    }
    const [byPlace] = outcomes
    if (id === 'sqlite' && byPlace?.status === 'fulfilled') {
      assert.deepEqual(byPlace.value, entries.slice(0, byPlace.value.length))
    }
    if (id === 'jsonl' && outcomes.every(({ status }) => status === 'fulfilled'))
      await assertGoesOn(id, damaged)
  })
  await fc.assert(property, { numRuns: files, timeout: HANG_MS, ...(seed !== undefined && { seed }) })
  return { files, answered, refused, given }
}

async function fill(id: FileBackendId, path: string): Promise<AuditEntry[]> {
  await using log = openLog(id, path)
  const short = Array.from({ length: 10 * ENTRIES }, (_, n) => exchangeOf(n))
    .filter(({ inputText }) => inputText.length < 4000)
    .slice(0, ENTRIES)
  return Promise.all(short.map(input => log.record(input)))
}

function strike(file: Buffer, blow: Blow): Buffer {
  const place = Math.floor(blow.at * file.length)
  if (blow.kind === 'cut') return file.subarray(0, place)
  if (blow.kind === 'insert')
    return Buffer.concat([file.subarray(0, place), blow.bytes, file.subarray(place)])
  const struck = Buffer.from(file)
  if (blow.kind === 'blank') return struck.fill(0, place, Math.min(place + blow.length, struck.length))
  if ('bytes' in blow) struck.set(blow.bytes.subarray(0, struck.length - place), place)
  else if (place < struck.length) struck.writeUInt8(struck.readUInt8(place) ^ (1 << blow.bit), place)
  return struck
}

/** Everything that can be asked of a log. The first answer is that of a reading by place. */
async function use(
  id: FileBackendId,
  path: string,
  entries: readonly AuditEntry[],
): Promise<PromiseSettledResult<readonly AuditEntry[]>[]> {
  await using log = openLog(id, path)
  const [{ entryId, timestamp, user, model } = assert.fail('no entry')] = entries
  return await Promise.allSettled([
    Array.fromAsync(log.entries()),
    log.query(),
    log.query({ order: 'desc', limit: 3 }),
    log.query({ user }),
    log.query({ model, metadata: { n: 3 } }),
    log.query({ user, model, since: timestamp }),
    log.get(entryId).then(entry => (entry ? [entry] : [])),
    log.count({ user }).then(() => []),
    log.verify().then(() => []),
  ])
}

/** Something recorded now stands behind all that was there before, damaged or not. */
async function assertGoesOn(id: FileBackendId, path: string): Promise<void> {
  const before = readFileSync(path)
  await using log = openLog(id, path)
  const entry = await log.record(exchangeOf(0))
  assert.equal(entry.index, (await log.count()) - 1)
  assert.deepEqual(await log.get(entry.entryId), entry)
  assert.ok(readFileSync(path).subarray(0, before.length).equals(before), 'what was there was changed')
}

/** The entries that the lines of a damaged file spell, as JSON.parse reads them. */
function entriesIn(file: Buffer): AuditEntry[] {
  return file
    .toString()
    .split('\n')
    .flatMap((line, index) => {
      const value = parse(line)
      if (typeof value !== 'object' || value === null) return []
      const { entry_id, input_text, output_text, cost_usd, latency_ms, ...rest } = value
      const fields = {
        entryId: entry_id,
        inputText: input_text,
        outputText: output_text,
        costUsd: cost_usd,
        latencyMs: latency_ms,
        index,
      }
      return [{ ...rest, ...fields } as AuditEntry] // only compared with
    })
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function assertRefusal(reason: unknown): void {
  if (!(reason instanceof AuditError) || !REFUSALS.includes(reason.code)) throw reason
}

function assertKnown(recorded: readonly AuditEntry[], entry: AuditEntry): void {
  const known = recorded.find(({ entryId }) => entryId === entry.entryId)
  const { index: _index, ...fields } = entry
  const { index: _place, ...expected } = known ?? assert.fail(`entry ${entry.entryId} was never recorded`)
  assert.deepEqual(fields, expected)
}
