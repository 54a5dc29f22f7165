import { Word } from './text.tsx'

const KINDS: Readonly<Record<string, string>> = {
  ok: 'good',
  error: 'bad',
  timeout: 'bad',
  aborted: 'warn',
  cancelled: 'warn',
  truncated: 'warn',
  unfinished: 'warn',
}

/** How a call ended. The word says it; the colour only repeats it. */
export function StatusBadge({ status }: { readonly status: string | null }) {
  if (status === null) return null
  const kind = Object.hasOwn(KINDS, status) ? KINDS[status] : 'neutral'
  return (
    <span class={`badge ${kind}`}>
      <Word text={status} />
    </span>
  )
}
