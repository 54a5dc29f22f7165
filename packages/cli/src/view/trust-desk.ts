import { AuditError, type VerificationReport, verifyCheckpoint } from '@audit/core'
import type { CheckpointInfo, Trust } from './contract.ts'
import type { ViewSource } from './source.ts'

/** How many findings are sent to the page. */
const SHOWN_FINDINGS = 100

type Listener = (trust: Trust) => void

/** Knows how far the log can be trusted. It verifies on demand: one verification at a time, for everybody who watches. */
export class TrustDesk {
  readonly #source: ViewSource
  readonly #listeners = new Set<Listener>()
  #trust: Trust | undefined
  #running: Promise<void> | undefined

  constructor(source: ViewSource) {
    this.#source = source
  }

  /** What is known now. */
  async trust(): Promise<Trust> {
    this.#trust ??= await this.#unverified()
    return { ...this.#trust, size: this.#running ? this.#trust.size : await this.#source.log.count() }
  }

  /** Verifies the log, or joins the verification that is running, and tells how far it is until it ends. */
  async verify(listener: Listener, signal: AbortSignal): Promise<void> {
    const start = await this.trust()
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => this.#listeners.delete(listener))
    this.#running ??= this.#run(start).finally(() => {
      this.#running = undefined
    })
    await this.#running
    this.#listeners.delete(listener)
  }

  async #run(start: Trust): Promise<void> {
    const { log, checkpoint, verifiers } = this.#source
    this.#tell({ ...start, state: 'running', verified: 0, reason: null, findings: [], findingCount: 0 })
    try {
      const report = await log.verify({
        ...(checkpoint !== undefined && verifiers.length > 0 && { checkpoint, verifiers }),
        onProgress: ({ verified, size }) => this.#tell({ ...(this.#trust ?? start), verified, size }),
      })
      this.#tell(await this.#judged(report))
    } catch (error) {
      const reason = error instanceof AuditError ? error.message : 'The log could not be read to its end.'
      this.#tell({ ...(this.#trust ?? start), state: 'failed', reason })
    }
  }

  #tell(trust: Trust): void {
    this.#trust = trust
    for (const listener of this.#listeners) listener(trust)
  }

  async #judged(report: VerificationReport): Promise<Trust> {
    const isAnchored = report.checkpoints.some(({ isConsistent }) => isConsistent)
    return {
      state: !report.ok ? 'findings' : isAnchored ? 'whole' : 'unanchored',
      verified: report.size,
      size: report.size,
      verifiedAt: new Date().toISOString(),
      root: Buffer.from(report.root).toString('hex'),
      checkpoint: await this.#checkpoint(report.size),
      findings: report.findings.slice(0, SHOWN_FINDINGS),
      findingCount: report.findings.length,
      reason: isAnchored ? null : this.#whyUnanchored(),
    }
  }

  async #unverified(): Promise<Trust> {
    const size = await this.#source.log.count()
    return {
      state: 'unverified',
      verified: 0,
      size,
      verifiedAt: null,
      root: null,
      checkpoint: await this.#checkpoint(size),
      findings: [],
      findingCount: 0,
      reason: this.#source.checkpoint === undefined ? this.#whyUnanchored() : null,
    }
  }

  #whyUnanchored(): string {
    if (this.#source.checkpoint === undefined)
      return 'No checkpoint was given, so whoever owns the file could have rewritten all of it. Start `audit view` with --checkpoint FILE and --key VKEY.'
    return 'The log does not continue the checkpoint.'
  }

  async #checkpoint(size: number): Promise<CheckpointInfo | null> {
    const opened = openedCheckpoint(this.#source)
    if (!opened) return null
    const isCovered = opened.size > 0 && opened.size <= size
    const last = isCovered ? await entryAt(this.#source.log, opened.size - 1) : undefined
    return {
      origin: opened.origin,
      size: opened.size,
      coversUntil: last?.timestamp ?? null,
      uncovered: Math.max(0, size - opened.size),
      witnesses: opened.cosignatures.map(({ name, time }) => ({ name, time: time.toISOString() })),
    }
  }
}

/** The checkpoint, if its signatures are good. If they are not, it says nothing; a verification finds that. */
function openedCheckpoint({ checkpoint, verifiers: [verifier, ...witnesses] }: ViewSource) {
  if (checkpoint === undefined || !verifier) return undefined
  try {
    return verifyCheckpoint({ checkpoint, verifier, witnesses })
  } catch (error) {
    if (error instanceof AuditError) return undefined
    throw error
  }
}

async function entryAt(log: ViewSource['log'], index: number) {
  for await (const entry of log.entries({ start: index, end: index + 1 })) return entry
  return undefined
}
