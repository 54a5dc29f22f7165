import { type AuditLog, AuditError, type VerificationReport } from '@audit/core'
import { type TrustedCheckpoint, trustedCheckpoint } from '../trust/trust.ts'
import type { CheckpointInfo, Trust } from './contract.ts'
import type { Anchor, ViewSource } from './source.ts'

/** How many findings are sent to the page. */
const SHOWN_FINDINGS = 100

const NO_CHECKPOINT =
  'No checkpoint was given, so whoever may write to the log could have rewritten all of it. Start audit view with --checkpoint and --key.'

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
    return this.#trust
  }

  /** Verifies the log, or joins the verification that is running, and tells how far it is until it ends or the signal comes. */
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
    const { log, context } = this.#source
    this.#tell({ ...start, state: 'running', verified: 0, reason: null, findings: [], findingCount: 0 })
    try {
      const anchor = openedAnchor(this.#source.anchor)
      const report = await log.verify({
        ...(anchor && { checkpoint: anchor.text, verifiers: [anchor.trust.verifier] }),
        onProgress: ({ verified, size }) => this.#tell({ ...(this.#trust ?? start), verified, size }),
        signal: context.signal,
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
      verifiedAt: this.#source.context.now().toISOString(),
      root: Buffer.from(report.root).toString('hex'),
      checkpoint: await this.#checkpoint(report.size),
      findings: report.findings.slice(0, SHOWN_FINDINGS),
      findingCount: report.findings.length,
      reason: isAnchored ? null : NO_CHECKPOINT,
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
      reason: this.#source.anchor ? null : NO_CHECKPOINT,
    }
  }

  /** The checkpoint, if its signatures are good. If they are not, it says nothing; a verification tells why. */
  async #checkpoint(size: number): Promise<CheckpointInfo | null> {
    const opened = goodAnchor(this.#source.anchor)
    if (!opened) return null
    const { origin, size: covered, cosignatures } = opened.checkpoint
    const isInside = covered > 0 && covered <= size
    return {
      origin,
      size: covered,
      coversUntil: (isInside && (await timeAt(this.#source.log, covered - 1))) || null,
      uncovered: Math.max(0, size - covered),
      witnesses: cosignatures.map(({ name, time }) => ({ name, time: time.toISOString() })),
    }
  }
}

/** Checks the signatures of the checkpoint. Throws what `trustedCheckpoint` throws. */
function openedAnchor(anchor: Anchor | undefined): (Anchor & { readonly checkpoint: TrustedCheckpoint }) | undefined {
  return anchor && { ...anchor, checkpoint: trustedCheckpoint(anchor.text, anchor.trust) }
}

function goodAnchor(anchor: Anchor | undefined) {
  try {
    return openedAnchor(anchor)
  } catch (error) {
    if (error instanceof AuditError) return undefined
    throw error
  }
}

async function timeAt(log: AuditLog, index: number): Promise<string | undefined> {
  for await (const { timestamp } of log.entries({ start: index, end: index + 1 })) return timestamp
  return undefined
}
