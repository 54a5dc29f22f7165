import type { JsonObject, JsonValue } from '@audit/core'
import { type BrokenBackend, storing, storingMetadata, storingTexts } from './broken-backend.ts'

export const fidelity: readonly BrokenBackend[] = [
  {
    fault: 'turns 0 into null',
    caughtBy: 'fidelity.zero-is-not-null',
    methods: storing(entry => ({ ...entry, costUsd: entry.costUsd || null })),
  },
  {
    fault: 'turns null into 0',
    caughtBy: 'fidelity.zero-is-not-null',
    methods: storing(entry => ({ ...entry, latencyMs: entry.latencyMs ?? 0 })),
  },
  {
    fault: 'rounds the cost to two digits',
    caughtBy: 'fidelity.cost',
    methods: storing(entry => ({
      ...entry,
      costUsd: entry.costUsd === null ? null : Number(entry.costUsd.toFixed(2)),
    })),
  },
  {
    fault: 'stores the latency in 32 bits',
    caughtBy: 'fidelity.latency',
    methods: storing(entry => ({
      ...entry,
      latencyMs: entry.latencyMs === null ? null : entry.latencyMs | 0,
    })),
  },
  {
    fault: 'stores numbers with 15 digits',
    caughtBy: 'fidelity.metadata-numbers',
    methods: storingValues(value =>
      typeof value === 'number' && Math.abs(value) < 1e300 ? Number(value.toPrecision(15)) : value,
    ),
  },
  {
    fault: 'mangles astral characters',
    caughtBy: 'fidelity.text-astral',
    methods: storingTexts(text => text.replace(/[\u{10000}-\u{10ffff}]/gu, '\ufffd')),
  },
  {
    fault: 'cuts texts at NUL',
    caughtBy: 'fidelity.text-nul',
    methods: storingTexts(text => text.split('\0')[0] ?? ''),
  },
  {
    fault: 'takes its own sign for NUL for NUL, also where it was recorded',
    caughtBy: 'fidelity.text-escapes',
    methods: storingTexts(text => text.replaceAll('\u2400', '\0')),
  },
  {
    fault: 'escapes NUL, and not what it escapes with',
    caughtBy: 'fidelity.text-escapes',
    methods: storingTexts(text => text.replaceAll('\x100', '\0')),
  },
  {
    fault: 'drops control characters',
    caughtBy: 'fidelity.text-controls',
    methods: storingTexts(text =>
      text.replace(/\p{Cc}/gu, control => ('\0\r\n'.includes(control) ? control : '')),
    ),
  },
  {
    fault: 'drops direction marks',
    caughtBy: 'fidelity.text-right-to-left',
    methods: storingTexts(text => text.replace(/[\u200e\u200f\u202a-\u202e\u061c]/g, '')),
  },
  {
    fault: 'turns CRLF into LF',
    caughtBy: 'fidelity.text-line-ends',
    methods: storingTexts(text => text.replaceAll('\r\n', '\n')),
  },
  {
    fault: 'splits at U+2028 and U+2029 as at newlines',
    caughtBy: 'fidelity.text-separators',
    methods: storingTexts(text => text.replace(/[\u2028\u2029]/g, '\n')),
  },
  {
    fault: 'normalises Unicode to NFC',
    caughtBy: 'fidelity.text-normalisation',
    methods: storingTexts(text => text.normalize('NFC')),
  },
  {
    fault: 'stores the empty user as anonymous',
    caughtBy: 'fidelity.text-empty',
    methods: storing(entry => ({ ...entry, user: entry.user || 'anonymous' })),
  },
  { fault: 'trims texts', caughtBy: 'fidelity.text-spaces', methods: storingTexts(text => text.trim()) },
  {
    fault: 'strips a byte order mark',
    caughtBy: 'fidelity.text-byte-order-mark',
    methods: storingTexts(text => text.replace(/^\ufeff/, '')),
  },
  {
    fault: 'drops U+FFFD',
    caughtBy: 'fidelity.text-replacement',
    methods: storingTexts(text => text.replaceAll('\ufffd', '')),
  },
  {
    fault: 'unescapes backslashes once too often',
    caughtBy: 'fidelity.text-quotes',
    methods: storingTexts(text => text.replaceAll('\\\\', '\\')),
  },
  {
    fault: 'strips tags',
    caughtBy: 'fidelity.text-code',
    methods: storingTexts(text => text.replace(/<[^>]*>/g, '')),
  },
  {
    fault: 'stores texts that look like numbers as numbers',
    caughtBy: 'fidelity.text-lookalikes',
    methods: storingTexts(text => (/^[\d.]+$/.test(text) ? `${Number(text)}` : text)),
  },
  {
    fault: 'cuts texts at 65,535 characters',
    caughtBy: 'fidelity.text-lengths',
    methods: storingTexts(text => text.slice(0, 65_535)),
  },
  {
    fault: 'cuts texts at 300,000 characters',
    caughtBy: 'fidelity.text-long',
    methods: storingTexts(text => text.slice(0, 300_000).toWellFormed()),
  },
  {
    fault: 'stores nested metadata as text',
    caughtBy: 'fidelity.metadata-nested',
    methods: storingValues(value =>
      isObject(value) && Object.values(value).some(isObject) ? JSON.stringify(value) : value,
    ),
  },
  {
    fault: 'drops metadata keys with null',
    caughtBy: 'fidelity.metadata-nulls',
    methods: storingMetadata(metadata =>
      Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null)),
    ),
  },
  {
    fault: 'stores booleans as 0 and 1',
    caughtBy: 'fidelity.metadata-booleans',
    methods: storingValues(value => (typeof value === 'boolean' ? Number(value) : value)),
  },
  {
    fault: 'stores empty objects as null',
    caughtBy: 'fidelity.metadata-empty',
    methods: storingValues(value => (isObject(value) && Object.keys(value).length === 0 ? null : value)),
  },
  {
    fault: 'sorts arrays',
    caughtBy: 'fidelity.metadata-arrays',
    methods: storingValues(value => (Array.isArray(value) ? value.toSorted() : value)),
  },
  {
    fault: 'loses the key __proto__',
    caughtBy: 'fidelity.metadata-prototype',
    methods: storingMetadata(metadata => {
      const copy: Record<string, JsonValue> = {}
      for (const [key, value] of Object.entries(metadata)) copy[key] = value
      return copy
    }),
  },
  {
    fault: 'cuts metadata at 100 levels',
    caughtBy: 'fidelity.metadata-deep',
    methods: storingMetadata(metadata => cut(metadata, 100)),
  },
  {
    fault: 'keeps 1,000 metadata keys at most',
    caughtBy: 'fidelity.metadata-many-keys',
    methods: storingMetadata(metadata => Object.fromEntries(Object.entries(metadata).slice(0, 1000))),
  },
  {
    fault: 'stores timestamps as seconds since 1970 in 32 bits',
    caughtBy: 'fidelity.ids-and-times',
    methods: storing(entry => {
      const ms = Math.min(Math.max(Date.parse(entry.timestamp), 0), 2 ** 32 * 1000)
      return { ...entry, timestamp: new Date(ms).toISOString() }
    }),
  },
]

/** Stores the values of metadata's own keys changed. */
function storingValues(change: (value: JsonValue) => JsonValue): BrokenBackend['methods'] {
  return storingMetadata(metadata =>
    Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, change(value)])),
  )
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function cut(metadata: JsonObject, levels: number): JsonObject {
  if (levels === 0) return {}
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, isObject(value) ? cut(value, levels - 1) : value]),
  )
}
