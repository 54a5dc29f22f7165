import type { LogInfo } from '../contract.ts'
import { pathTo } from './address.ts'
import { plural } from './format.ts'
import { Link, useAddress } from './router.tsx'
import { Word, word } from './text.tsx'
import type { Theme } from './theme.ts'

/** Which log this is, and where one can go. */
export function Header({
  log,
  theme,
  onTheme,
}: {
  readonly log: LogInfo | undefined
  readonly theme: Theme
  readonly onTheme: (theme: Theme) => void
}) {
  const { view, filters } = useAddress()
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <header class="top">
      <div class="brand">
        <img src="/assets/icon.svg" alt="" width="28" height="28" />
        <div class="brand-text">
          <strong title={log && word(log.location)}>{log ? <Word text={log.name} /> : '\u00a0'}</strong>
          <span class="muted">{log ? plural(log.size, 'entry', 'entries') : '\u00a0'}</span>
        </div>
      </div>
      <nav aria-label="Views">
        <Link to={pathTo.overview(filters)} aria-current={view === 'overview' ? 'page' : undefined}>
          Overview
        </Link>
        <Link to={pathTo.entries(filters)} aria-current={view === 'entries' ? 'page' : undefined}>
          Entries
        </Link>
      </nav>
      <button
        type="button"
        class="button theme"
        onClick={() => onTheme(other)}
        aria-label={`Use ${other} colours`}
      >
        <span aria-hidden="true">{theme === 'dark' ? '☀' : '☾'}</span>
      </button>
    </header>
  )
}
