import type { JsonValue } from '@audit/core'
import { Foldable } from './foldable.tsx'
import { formatCount } from './format.ts'
import { isList } from './messages.ts'
import { Word } from './text.tsx'

/** A value of the metadata: flat ones as words, and everything deeper as the JSON that it is. */
export function Value({ value }: { readonly value: JsonValue | undefined }) {
  if (typeof value === 'number') return <>{Number.isInteger(value) ? formatCount(value) : String(value)}</>
  if (typeof value === 'string') return <Foldable text={value} what="this value" />
  if (isList(value) && value.every(isShort)) return <Word text={value.map(String).join(', ')} />
  if (isFlat(value)) return <Pairs pairs={Object.entries(value)} />
  return <Foldable text={JSON.stringify(value, undefined, 2) ?? ''} what="this value" />
}

function Pairs({ pairs }: { readonly pairs: readonly (readonly [string, JsonValue])[] }) {
  return (
    <ul class="pairs">
      {pairs.map(([key, value]) => (
        <li key={key}>
          <span class="muted">
            <Word text={key} />
          </span>{' '}
          <Word text={String(value)} />
        </li>
      ))}
    </ul>
  )
}

const SHORT = 200

function isShort(value: JsonValue): boolean {
  return typeof value === 'object' ? value === null : String(value).length <= SHORT
}

function isFlat(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  if (typeof value !== 'object' || value === null || isList(value)) return false
  const pairs = Object.entries(value)
  return pairs.length > 0 && pairs.length <= 12 && pairs.every(([key, each]) => isShort(key) && isShort(each))
}
