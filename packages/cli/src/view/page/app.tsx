import { useEffect } from 'preact/hooks'
import type { LogInfo } from '../contract.ts'
import { EmptyState, ErrorState } from './empty-state.tsx'
import { EntriesView } from './entries-view.tsx'
import { EntryView } from './entry-view.tsx'
import { Header } from './header.tsx'
import { OverviewView } from './overview-view.tsx'
import { Link, Router, useAddress } from './router.tsx'
import { SessionView } from './session-view.tsx'
import { word } from './text.tsx'
import { type Theme, useTheme } from './theme.ts'
import { TrustBanner } from './trust-banner.tsx'
import { useLogInfo } from './use-log-info.ts'
import { useTrust } from './use-trust.ts'

/** The page. */
export function App() {
  const [theme, setTheme] = useTheme()
  const { data: log, error } = useLogInfo()
  const trust = useTrust()
  const isReady = trust.data !== undefined || trust.error !== undefined // what is above a view does not move it
  return (
    <Router>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header log={log} theme={theme} onTheme={setTheme} />
      {log && trust.data && <TrustBanner trust={trust.data} size={log.size} onVerify={trust.verify} />}
      <main id="main" tabIndex={-1}>
        {error && !log && <ErrorState error={error} />}
        {log && isReady ? <View log={log} theme={theme} /> : <div class="page-ghost" />}
      </main>
      <footer>
        <p>
          <kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open · <kbd>/</kbd> search · times are UTC
        </p>
        <p>Served on this machine alone, and read-only.</p>
      </footer>
    </Router>
  )
}

function View({ log, theme }: { readonly log: LogInfo; readonly theme: Theme }) {
  const address = useAddress()
  const title = titleOf(address.view, 'id' in address ? address.id : '')
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

function titleOf(view: string, id: string): string {
  if (view === 'entries') return 'Entries'
  if (view === 'entry') return `Entry ${word(id)}`
  if (view === 'session') return `Session ${word(id)}`
  return view === 'overview' ? 'Overview' : 'Not found'
}
