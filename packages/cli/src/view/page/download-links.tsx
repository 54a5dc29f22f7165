import { useEffect, useRef, useState } from 'preact/hooks'
import type { LogInfo } from '../contract.ts'

/** Offers what is filtered as a file. */
export function DownloadLinks({
  log,
  filters,
}: {
  readonly log: LogInfo
  readonly filters: URLSearchParams
}) {
  const menu = useRef<HTMLDetailsElement>(null)
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    if (!isOpen) return
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      setOpen(false)
      menu.current?.querySelector('summary')?.focus()
    }
    // A click beside the menu closes it, and does nothing else: it would open the entry beneath.
    const onClick = (event: MouseEvent) => {
      if (event.target instanceof Node && menu.current?.contains(event.target)) return
      event.preventDefault()
      event.stopPropagation()
      setOpen(false)
    }
    window.addEventListener('keydown', onKeyDown)
    window.addEventListener('click', onClick, { capture: true })
    return () => {
      window.removeEventListener('keydown', onKeyDown)
      window.removeEventListener('click', onClick, { capture: true })
    }
  }, [isOpen])
  return (
    <details ref={menu} class="menu" open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary class="button">Download</summary>
      <ul>
        {log.formats.map(({ name, summary }) => (
          <li key={name}>
            <a href={`/api/download?${withFormat(filters, name)}`} download onClick={() => setOpen(false)}>
              <strong>{name}</strong> <span class="muted">{summary}</span>
            </a>
          </li>
        ))}
      </ul>
    </details>
  )
}

function withFormat(filters: URLSearchParams, format: string): URLSearchParams {
  const params = new URLSearchParams(filters)
  params.set('format', format)
  return params
}
