// Redacts each hostile text, and prints how many there were. A rule that is not linear would take hours.
import { HOSTILE } from '../bench/hostile.ts'
import { redact } from '../src/index.ts'

const LENGTH = 500_000
const prepare = redact({
  kinds: ['email', 'card', 'iban', 'ssn', 'phone', 'ipv4', 'ipv6', 'apiKey', 'jwt', 'pem'],
  country: 'US',
})
const base = { model: 'm', user: 'u', costUsd: null, latencyMs: null, outputText: '', metadata: {} }
for (const make of Object.values(HOSTILE))
  await prepare({ ...base, inputText: make(LENGTH) }, { entryId: '' })
console.log(Object.keys(HOSTILE).length)
