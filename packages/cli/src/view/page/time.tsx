import { formatTime } from './format.ts'
import { Word } from './text.tsx'

/** When an entry was recorded, in UTC. */
export function Time({ timestamp }: { readonly timestamp: string }) {
  return (
    <time dateTime={timestamp} class="time">
      <Word text={formatTime(timestamp)} />
    </time>
  )
}
