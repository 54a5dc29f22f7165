import { useEffect, useState } from 'preact/hooks'
import { formatLength } from './format.ts'
import { Lines } from './text.tsx'

/** Longer texts are folded: so many characters are shown, on so many lines. */
const FOLDED_LENGTH = 2048
const FOLDED_LINES = 24

/** A foreign text, folded where it is long. On paper it is whole. */
export function Foldable({ text, what }: { readonly text: string; readonly what: string }) {
  const [isOpen, setOpen] = useState(false)
  const isPrinted = useIsPrinted()
  const folded = foldedText(text)
  if (folded === text) return <Lines text={text} />
  const isWhole = isOpen || isPrinted
  return (
    <div class={isWhole ? 'foldable' : 'foldable folded'}>
      <Lines text={isWhole ? text : folded} />
      <button type="button" class="unfold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? `Fold ${what}` : `Show all of ${what}: ${formatLength(text.length)}`}
      </button>
    </div>
  )
}

function foldedText(text: string): string {
  const start = text.slice(0, FOLDED_LENGTH)
  const lines = start.split('\n', FOLDED_LINES).join('\n')
  return lines === text ? text : lines.toWellFormed()
}

function useIsPrinted(): boolean {
  const [isPrinted, setPrinted] = useState(false)
  useEffect(() => {
    const before = () => setPrinted(true)
    const after = () => setPrinted(false)
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
    return () => {
      window.removeEventListener('beforeprint', before)
      window.removeEventListener('afterprint', after)
    }
  }, [])
  return isPrinted
}
