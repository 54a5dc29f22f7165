import { type AuditEntry, AuditError, verifyProof } from '@audit/core'
import { ambiguityOf } from '@audit/core/backend'
import { isDistrust, type Trust, type TrustedCheckpoint, trustedCheckpoint } from '../trust/trust.ts'

/** What a receipt turns out to be. */
export type ReceiptVerdict =
  | { readonly verdict: 'good'; readonly entry: AuditEntry; readonly checkpoint: TrustedCheckpoint }
  /** Something was changed or forged. */
  | { readonly verdict: 'bad'; readonly reason: string }
  /** It is not whole, or no receipt. */
  | { readonly verdict: 'unknown'; readonly reason: string }

const KEYS: readonly string[] = ['entry', 'proof']
/** Of a key that is too long to be shown whole. */
const SHOWN_CHARACTERS = 60

/** Judges the text of a receipt: `{"entry": …, "proof": …}`. */
export function judgeReceipt(text: string, trust: Trust): ReceiptVerdict {
  const json = text.replace(/^\uFEFF/, '') // the proof in it is exact to the byte, and the JSON around it is not
  const receipt = parse(json)
  if (typeof receipt !== 'object' || receipt === null) return unknown('it is not JSON; ask for it again')
  const { entry, proof }: { readonly entry?: unknown; readonly proof?: unknown } = receipt
  if (typeof entry !== 'object' || entry === null || typeof proof !== 'string') {
    return unknown('it is not a receipt, which has an entry and a proof; ask for it again')
  }
  // Otherwise two different texts would be one entry, and another program could show the one that was not proved.
  const ambiguity = ambiguityIn(json, receipt)
  if (ambiguity !== undefined) return { verdict: 'bad', reason: `it was not written by a log: ${ambiguity}` }
  const further = Object.keys(receipt).find(key => !KEYS.includes(key))
  if (further !== undefined) {
    const reason = `it has the key ${JSON.stringify(further.slice(0, SHOWN_CHARACTERS))}, which nothing covers; a receipt has an entry and a proof alone`
    return { verdict: 'bad', reason }
  }
  return judge(entry as AuditEntry, proof, trust) // `verifyProof` checks it field by field
}

function judge(entry: AuditEntry, proof: string, trust: Trust): ReceiptVerdict {
  try {
    const checkpoint = trustedCheckpoint(checkpointOf(proof), trust)
    verifyProof({ entry, proof, verifier: checkpoint.verifier })
    return { verdict: 'good', entry, checkpoint }
  } catch (error) {
    if (!(error instanceof AuditError)) throw error
    const isFalse = ['AUDIT_NOT_INCLUDED', 'AUDIT_INVALID_ENTRY'].includes(error.code)
    return { verdict: isFalse || isDistrust(error) ? 'bad' : 'unknown', reason: error.message }
  }
}

/** The signed note in a proof: what follows its first empty line (C2SP tlog-proof). */
function checkpointOf(proof: string): string {
  const end = proof.indexOf('\n\n')
  if (end >= 0) return proof.slice(end + 2)
  const hint = proof.includes('\r\n')
    ? ': its lines end with CRLF; ask for it again, as it was written'
    : '; ask for it again'
  throw new AuditError('AUDIT_INVALID_PROOF', `its proof holds no checkpoint${hint}`)
}

function ambiguityIn(json: string, receipt: object): string | undefined {
  try {
    return ambiguityOf(json, receipt)
  } catch {
    return 'it is nested too deeply'
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // its message would quote the text
  }
}

function unknown(reason: string): ReceiptVerdict {
  return { verdict: 'unknown', reason }
}
