import type { Finding } from '@audit/core'
import { useState } from 'preact/hooks'
import type { CheckpointInfo, Trust } from '../contract.ts'
import { pathTo } from './address.ts'
import { formatAge, formatCount, formatShare, formatTime, plural, sentence } from './format.ts'
import { Link } from './router.tsx'
import { Word } from './text.tsx'

const NO_FILTERS = new URLSearchParams()

/** Says how far the log can be trusted, and verifies it when it is asked to. */
export function TrustBanner({
  trust,
  size,
  onVerify,
}: {
  readonly trust: Trust
  /** How many entries the log has by now. */
  readonly size: number
  readonly onVerify: () => void
}) {
  const { kind, title, text } = verdictOf(trust, size)
  return (
    <section class={`trust ${kind}`} aria-label="Trust">
      <div class="trust-line">
        <span class="trust-mark" aria-hidden="true" />
        <p role="status">
          <strong>{title}</strong> {text}
        </p>
        {trust.state === 'running' ? (
          <progress aria-label="Verification" max={Math.max(trust.size, 1)} value={trust.verified} />
        ) : (
          <button type="button" class="button" onClick={onVerify}>
            {trust.verifiedAt === null ? 'Verify now' : 'Verify again'}
          </button>
        )}
      </div>
      {trust.findings.length > 0 && <Findings trust={trust} />}
      <TrustDetails trust={trust} />
    </section>
  )
}

interface Verdict {
  readonly kind: 'good' | 'warn' | 'bad' | 'neutral'
  readonly title: string
  readonly text: string
}

const UNANCHORED =
  'Nothing was found, as far as the log alone can tell. Whoever may write to it could have rewritten all of it: compare it with a checkpoint that was kept elsewhere (--checkpoint).'

function verdictOf(trust: Trust, size: number): Verdict {
  const { state, verified, checkpoint, problem } = trust
  const all = `${plural(verified, 'entry', 'entries')} verified${newerText(trust, size)}.`
  switch (state) {
    case 'unverified':
      return {
        kind: 'neutral',
        title: 'Not verified yet.',
        text: checkpoint ? checkpointText(checkpoint) : NO_CHECKPOINT,
      }
    case 'running': {
      const share = formatShare(verified / Math.max(trust.size, 1))
      return {
        kind: 'neutral',
        title: 'Verifying …',
        text: `${formatCount(verified)} of ${formatCount(trust.size)} (${share})`,
      }
    }
    case 'anchored':
      return { kind: 'good', title: 'Whole.', text: `${all} ${checkpoint ? checkpointText(checkpoint) : ''}` }
    case 'unanchored':
      return { kind: 'warn', title: 'Unanchored.', text: `${all} ${UNANCHORED}` }
    case 'findings':
      return {
        kind: 'bad',
        title: findingTitle(trust),
        text: problem ? sentence(problem) : 'The log is not what was recorded, or not what was signed.',
      }
    case 'failed':
      return { kind: 'bad', title: 'Not verified.', text: sentence(problem ?? 'the log could not be read') }
  }
}

const NO_CHECKPOINT = 'No checkpoint was given to compare the log with.'

function findingTitle({ findingCount }: Trust): string {
  return findingCount === 0 ? 'Damaged.' : `${plural(findingCount, 'finding', 'findings')}.`
}

function newerText({ verified }: Trust, size: number): string {
  return size > verified ? `, ${formatCount(size - verified)} newer` : ''
}

function checkpointText({ size, coversUntil, uncovered, witnesses }: CheckpointInfo): string {
  const age = coversUntil === null ? '' : `, the newest of them from ${formatAge(coversUntil)}`
  const rest = uncovered > 0 ? `; ${plural(uncovered, 'entry is', 'entries are')} newer` : ''
  return `The checkpoint covers ${plural(size, 'entry', 'entries')}${age}${rest}.${witnessText(witnesses)}`
}

function witnessText(witnesses: CheckpointInfo['witnesses']): string {
  return witnesses.length === 0 ? '' : ` ${plural(witnesses.length, 'witness', 'witnesses')} cosigned it.`
}

/** More findings are folded. */
const FOLDED_FINDINGS = 5

function Findings({ trust: { findings, findingCount } }: { readonly trust: Trust }) {
  const [isOpen, setOpen] = useState(false)
  const shown = isOpen ? findings : findings.slice(0, FOLDED_FINDINGS)
  return (
    <>
      <ul class="findings">
        {shown.map((finding, i) => (
          <li key={i}>
            <FindingLine finding={finding} />
          </li>
        ))}
        {isOpen && findingCount > findings.length && (
          <li>
            and {formatCount(findingCount - findings.length)} more: <code>audit verify</code> lists them
          </li>
        )}
      </ul>
      {findingCount > FOLDED_FINDINGS && (
        <button type="button" class="unfold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Fold the findings' : `Show all ${formatCount(findingCount)} findings`}
        </button>
      )}
    </>
  )
}

function FindingLine({ finding: { kind, index, entryId, message } }: { readonly finding: Finding }) {
  const id = entryId ?? (index === undefined ? undefined : `${index}`)
  return (
    <>
      <code>{kind}</code>{' '}
      {id !== undefined && (
        <>
          <Link to={pathTo.entry(id, NO_FILTERS)}>
            {index === undefined ? 'its entry' : `entry ${formatCount(index)}`}
          </Link>
          :{' '}
        </>
      )}
      <Word text={message} />
    </>
  )
}

function TrustDetails({ trust: { checkpoint, root, verifiedAt, unchecked } }: { readonly trust: Trust }) {
  if (!checkpoint && root === null) return null
  return (
    <details>
      <summary>Details</summary>
      <dl class="facts wide">
        {verifiedAt !== null && <Fact name="Verified at" value={`${formatTime(verifiedAt)} UTC`} />}
        {root !== null && <Fact name="Root" value={root} />}
        {checkpoint && (
          <Fact
            name="Checkpoint of"
            value={`${checkpoint.origin}, ${formatCount(checkpoint.size)} entries`}
          />
        )}
        {checkpoint?.coversUntil && (
          <Fact name="Newest entry in it" value={`${formatTime(checkpoint.coversUntil)} UTC`} />
        )}
        {checkpoint?.witnesses.map(({ name, time }) => (
          <Fact key={name} name="Witness" value={`${name}, ${formatTime(time)} UTC`} />
        ))}
        {unchecked.length > 0 && (
          <>
            <dt>Not looked at</dt>
            <dd>
              <ul class="unchecked">
                {unchecked.map(text => (
                  <li key={text}>{text}</li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
    </details>
  )
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Word text={value} />
      </dd>
    </>
  )
}
