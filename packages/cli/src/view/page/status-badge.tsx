import { ABORTS, ERRORS } from './statuses.ts'
import { Word } from './text.tsx'

/** How a call ended. The word says it; the colour only repeats it. */
export function StatusBadge({ status }: { readonly status: string | null }) {
  if (status === null) return null
  return (
    <span class={`badge ${kindOf(status)}`}>
      <Word text={status} />
    </span>
  )
}

function kindOf(status: string): string {
  if (status === 'ok') return 'good'
  if (ERRORS.includes(status)) return 'bad'
  return ABORTS.includes(status) ? 'warn' : 'neutral'
}
