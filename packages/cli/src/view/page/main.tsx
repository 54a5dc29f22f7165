import { render } from 'preact'
import { parseAddress } from './address.ts'
import { askEarly } from './api.ts'
import { firstPathsOf } from './api-path.ts'
import { App } from './app.tsx'

for (const path of firstPathsOf(parseAddress(location.pathname, location.search))) askEarly(path)

const root = document.getElementById('page')
if (root) render(<App />, root)
