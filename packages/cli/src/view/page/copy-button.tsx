import { useEffect, useState } from 'preact/hooks'

/** Copies a text, and says that it did, in the room of its label. */
export function CopyButton({ label, text }: { readonly label: string; readonly text: () => string }) {
  const [outcome, setOutcome] = useState<string>()
  useEffect(() => {
    if (outcome === undefined) return
    const timer = setTimeout(() => setOutcome(undefined), 2000)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setOutcome('Copied'),
      () => setOutcome('Failed'),
    )
  return (
    <button type="button" class="button copy" onClick={() => void copy()}>
      <span class={outcome === undefined ? '' : 'told'}>{label}</span>
      <span class="outcome" role="status">
        {outcome}
      </span>
    </button>
  )
}
