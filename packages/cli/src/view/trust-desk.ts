import { AuditError, type AuditLog } from '@audit/core'
import { mayLackWal } from '../log/may-lack-wal.ts'
import { plainMessage } from '../output/plain-message.ts'
import { type Anchor, comparisonWith } from '../trust/anchor.ts'
import { type Verdict, verdictOf } from '../verify/verdict.ts'
import type { CheckpointInfo, Trust } from './contract.ts'
import { newestAnchor, type ViewSource } from './source.ts'

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
    this.#tell({ ...start, state: 'running', verified: 0, findings: [], findingCount: 0, problem: null })
    try {
      this.#tell(await this.#judged(await this.#verified(start)))
    } catch (error) {
      const problem =
        error instanceof AuditError ? plainMessage(error.message) : 'the log could not be read to its end'
      const isFinding = error instanceof AuditError && error.code === 'AUDIT_CORRUPT'
      this.#tell({ ...(this.#trust ?? start), state: isFinding ? 'findings' : 'failed', problem })
    }
  }

  async #verified(start: Trust): Promise<Verdict> {
    const { log, context, trust, anchors } = this.#source
    const report = await log.verify({
      ...comparisonWith(anchors),
      signal: context.signal,
      onProgress: ({ verified, size }) => this.#tell({ ...(this.#trust ?? start), verified, size }),
    })
    const recordedSince = Math.max((await log.count()) - report.size, 0)
    return verdictOf(report, { anchors, trust, recordedSince, mayLackWal: mayLackWal(this.#source) })
  }

  #tell(trust: Trust): void {
    this.#trust = trust
    for (const listener of this.#listeners) listener(trust)
  }

  async #judged({ verdict, size, root, findings, unchecked }: Verdict): Promise<Trust> {
    const verified = size ?? 0
    return {
      state: verdict,
      verified,
      size: verified,
      verifiedAt: this.#source.context.now().toISOString(),
      root: root && Buffer.from(root).toString('base64'),
      checkpoint: await this.#checkpoint(verified),
      findings: findings.slice(0, SHOWN_FINDINGS),
      findingCount: findings.length,
      unchecked,
      problem: null,
    }
  }

  async #unverified(): Promise<Trust> {
    const size = await this.#source.log.count()
    const { findings } = this.#source.anchors // those of the checkpoints themselves are known before anything is read
    return {
      state: findings.length > 0 ? 'findings' : 'unverified',
      verified: 0,
      size,
      verifiedAt: null,
      root: null,
      checkpoint: await this.#checkpoint(size),
      findings,
      findingCount: findings.length,
      unchecked: [],
      problem: null,
    }
  }

  async #checkpoint(size: number): Promise<CheckpointInfo | null> {
    const anchor = newestAnchor(this.#source.anchors)
    return anchor ? infoOf(anchor, this.#source.log, size) : null
  }
}

async function infoOf({ checkpoint }: Anchor, log: AuditLog, size: number): Promise<CheckpointInfo> {
  const { origin, size: covered, cosignatures } = checkpoint
  const isInside = covered > 0 && covered <= size
  return {
    origin,
    size: covered,
    coversUntil: (isInside && (await timeAt(log, covered - 1))) || null,
    uncovered: Math.max(0, size - covered),
    witnesses: cosignatures.map(({ name, time }) => ({ name, time: time.toISOString() })),
  }
}

async function timeAt(log: AuditLog, index: number): Promise<string | undefined> {
  for await (const { timestamp } of log.entries({ start: index, end: index + 1 })) return timestamp
  return undefined
}
