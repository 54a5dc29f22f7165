import type { EntryDetail, LogInfo } from '../contract.ts'
import { CopyButton } from './copy-button.tsx'
import { Foldable } from './foldable.tsx'
import { formatCount, plural } from './format.ts'
import { Word } from './text.tsx'

/** What proves that the entry is in the log as it was recorded. */
export function EntryProof({ log, detail }: { readonly log: LogInfo; readonly detail: EntryDetail }) {
  const { entry, line, leafHash, isAsStored, place } = detail
  return (
    <section class="card proof" aria-label="Proof">
      <h2>Proof</h2>
      <dl class="facts wide">
        <dt>Entry id</dt>
        <dd class="mono">
          <Word text={entry.entryId} />
        </dd>
        <dt>Leaf hash</dt>
        <dd>
          <span class="mono">{leafHash}</span>
          {!isAsStored && (
            <p class="badge bad">The log has stored another hash: the entry or its hash was changed.</p>
          )}
        </dd>
        <dt>Place in the tree</dt>
        <dd>
          Leaf {formatCount(place.index)} of {formatCount(place.size)}: tile {formatCount(place.tile)},
          position {place.offset}.{' '}
          {place.pathLength === 0
            ? 'It is the root itself.'
            : `${plural(place.pathLength, 'hash leads', 'hashes lead')} from it to the root.`}
        </dd>
        <dt>Receipt</dt>
        <dd>
          <Receipt log={log} id={entry.entryId} />
        </dd>
      </dl>
      <details>
        <summary>Canonical line, which is what the leaf hash is of</summary>
        <div class="raw">
          <Foldable text={line} what="the line" />
        </div>
        <CopyButton label="Copy the line" text={() => line} />
      </details>
    </section>
  )
}

function Receipt({ log: { receipts }, id }: { readonly log: LogInfo; readonly id: string }) {
  if (!receipts.isPossible) return <p class="muted">{receipts.reason}</p>
  return (
    <a class="button" href={`/api/entries/${encodeURIComponent(id)}/receipt`} download>
      Download the receipt
    </a>
  )
}
