import { useState } from 'preact/hooks'
import { formatLength } from './format.ts'
import { Lines } from './text.tsx'

/** Longer texts are folded: so many characters are shown. */
const FOLDED_LENGTH = 2048

/** A foreign text, folded where it is long. */
export function Foldable({ text, what }: { readonly text: string; readonly what: string }) {
  const [isOpen, setOpen] = useState(false)
  if (text.length <= FOLDED_LENGTH) return <Lines text={text} />
  const shown = isOpen ? text : text.slice(0, FOLDED_LENGTH).toWellFormed()
  return (
    <div class={isOpen ? 'foldable' : 'foldable folded'}>
      <Lines text={shown} />
      <button type="button" class="unfold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? `Fold ${what}` : `Show all of ${what}: ${formatLength(text.length)}`}
      </button>
    </div>
  )
}
