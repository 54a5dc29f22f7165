import { useEffect, useState } from 'preact/hooks'

/** Copies a text, and says that it did. */
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
      () => setOutcome('Not allowed'),
    )
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      {label}
      <span class="outcome" role="status">
        {outcome}
      </span>
    </button>
  )
}
