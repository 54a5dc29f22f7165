import type { LogInfo } from '../contract.ts'

/** Offers what is filtered as a file. */
export function DownloadLinks({
  log,
  filters,
}: {
  readonly log: LogInfo
  readonly filters: URLSearchParams
}) {
  return (
    <details class="menu">
      <summary class="button">Download</summary>
      <ul>
        {log.formats.map(({ name, summary }) => (
          <li key={name}>
            <a href={`/api/download?${withFormat(filters, name)}`} download>
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
