import { useEffect } from 'preact/hooks'
import type { LogInfo } from '../contract.ts'
import { pathTo } from './address.ts'
import { EmptyState, ErrorState } from './empty-state.tsx'
import { EntriesView } from './entries-view.tsx'
import { EntryView } from './entry-view.tsx'
import { Header } from './header.tsx'
import { OverviewView } from './overview-view.tsx'
import { Link, navigate, Router, useAddress } from './router.tsx'
import { SessionView } from './session-view.tsx'
import { useShortcuts } from './shortcuts.ts'
import { word } from './text.tsx'
import { type Theme, useTheme } from './theme.ts'
import { TrustBanner } from './trust-banner.tsx'
import { useLogInfo } from './use-log-info.ts'
import { useTrust } from './use-trust.ts'

/** The page. */
export function App() {
  const [theme, setTheme] = useTheme()
  const log = useLogInfo()
  const trust = useTrust()
  const error = log.error ?? trust.error
  return (
    <Router>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header log={log.data} theme={theme} onTheme={setTheme} />
      {log.data && log.error && (
        <p class="alert" role="alert">
          {log.error.message}
        </p>
      )}
      {log.data && trust.data ? ( // together, so that neither moves the other
        <>
          <TrustBanner trust={trust.data} size={log.data.size} onVerify={trust.verify} />
          <main id="main" tabIndex={-1}>
            <View log={log.data} theme={theme} />
          </main>
          <Footer />
        </>
      ) : (
        <main id="main">{error && <ErrorState error={error} heading="h1" />}</main>
      )}
    </Router>
  )
}

function Footer() {
  return (
    <footer>
      <p>
        <kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open · <kbd>Esc</kbd> back · <kbd>/</kbd> search ·
        times are UTC
      </p>
      <p>Served on this machine alone, and read-only.</p>
    </footer>
  )
}

function View({ log, theme }: { readonly log: LogInfo; readonly theme: Theme }) {
  const address = useAddress()
  const title = titleOf(address.view, 'id' in address ? address.id : '')
  useShortcuts({ '/': () => goToSearch(address.filters) })
  useEffect(() => {
    document.title = `${title} · ${word(log.name)}`
  }, [title, log.name])
  if (address.view === 'overview') return <OverviewView log={log} theme={theme} filters={address.filters} />
  if (address.view === 'entries') return <EntriesView log={log} filters={address.filters} />
  if (address.view === 'entry') return <EntryView log={log} id={address.id} filters={address.filters} />
  if (address.view === 'session') return <SessionView log={log} id={address.id} />
  return (
    <EmptyState title="There is no such view">
      <p>
        Go to the <Link to="/">overview</Link> or to the <Link to="/entries">entries</Link>.
      </p>
    </EmptyState>
  )
}

/** Only the overview and the entries have a search. */
function goToSearch(filters: URLSearchParams): void {
  const search = () => document.querySelector<HTMLInputElement>('input[type=search]')
  if (!search()) navigate(pathTo.entries(filters))
  requestAnimationFrame(() => search()?.focus()) // once it is there
}

function titleOf(view: string, id: string): string {
  if (view === 'entries') return 'Entries'
  if (view === 'entry') return `Entry ${word(id)}`
  if (view === 'session') return `Session ${word(id)}`
  return view === 'overview' ? 'Overview' : 'Not found'
}
