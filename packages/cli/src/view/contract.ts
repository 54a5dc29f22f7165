import type {
  AuditEntry,
  DistinctValue,
  Finding,
  SummaryFigures,
  SummaryLatency,
  SummaryTokens,
} from '@audit/core'

/** What the page and its server say to each other, as JSON. The page imports nothing of the server but this. */

/** `GET /api/log`: what the page is about. */
export interface LogInfo {
  /** The file's name, or what the log is called in the database. */
  readonly name: string
  /** Where it is, as whoever started the page named it. */
  readonly location: string
  /** How many entries it has now. */
  readonly size: number
  /** The key of the metadata that groups entries into sessions. */
  readonly sessionKey: string
  readonly receipts: ReceiptOffer
  /** The file formats of a download. */
  readonly formats: readonly DownloadFormat[]
}

/** Whether the page can make receipts, and if not, what is missing. */
export type ReceiptOffer =
  | { readonly isPossible: true }
  | { readonly isPossible: false; readonly reason: string }

/** A format of a download. */
export interface DownloadFormat {
  readonly name: string
  /** What it is for, in a few words. */
  readonly summary: string
}

/** An entry in a list. */
export interface EntryRow {
  readonly entryId: string
  readonly index: number
  readonly timestamp: string
  readonly user: string
  readonly model: string
  /** The beginning of the text. */
  readonly input: string
  /** The beginning of the text. */
  readonly output: string
  readonly costUsd: number | null
  readonly latencyMs: number | null
  readonly status: string | null
  readonly session: string | null
}

/** `GET /api/entries`: a page of a list, newest first. */
export interface EntryPage {
  readonly entries: readonly EntryRow[]
  /** Where to go on: the `after` of the next call; `null` at the end. */
  readonly next: string | null
  /** The time of the oldest entry that was looked at, if the search stopped before the page was full. */
  readonly searchedBackTo: string | null
}

/** `GET /api/count`: how many entries match; `null` for a search in texts, which would read them all. */
export interface MatchCount {
  readonly count: number | null
}

/** `GET /api/values`: what occurs, for lists to choose from. */
export type Values = readonly DistinctValue[]

/** `GET /api/entries/:id`: all that there is to show of one entry. */
export interface EntryDetail {
  readonly entry: AuditEntry
  /** The canonical line: what is hashed. */
  readonly line: string
  /** Hexadecimal, computed from the line. */
  readonly leafHash: string
  /** Whether the log has stored the same hash. */
  readonly isAsStored: boolean
  readonly place: TreePlace
}

/** `GET /api/entries/:id/neighbours`: the ids of the next newer and the next older entry that match the filters. */
export interface Neighbours {
  readonly newer: string | null
  readonly older: string | null
}

/** `GET /api/entries/:id/related`. */
export interface Related {
  /** The entries that say that they are about this one. */
  readonly aboutIt: readonly EntryRow[]
  /** Whether there may be more: looking for them took too long. */
  readonly isCut: boolean
}

/** `GET /api/lookup`: what an id, the beginning of one, an index or the name of a session may have meant. */
export interface Lookup {
  readonly entries: readonly EntryRow[]
  /** Whether more ids may begin so. */
  readonly isCut: boolean
  /** Whether a session is called so. */
  readonly isSession: boolean
}

/** Where a leaf is in the Merkle tree. */
export interface TreePlace {
  readonly index: number
  /** Leaves of the tree. */
  readonly size: number
  /** The tile of 256 leaves that it is in, and its position there. */
  readonly tile: number
  readonly offset: number
  /** How many hashes lead from it to the root. */
  readonly pathLength: number
}

/** `GET /api/session`: the entries of a session, oldest first. */
export interface SessionPage {
  readonly entries: readonly AuditEntry[]
  /** Whether there are more than are shown. */
  readonly isCut: boolean
}

/** `GET /api/overview`. */
export interface Overview {
  /** How many entries the log had. */
  readonly size: number
  /** How the time is divided: months where there are many days. */
  readonly step: 'day' | 'month'
  readonly total: Figures
  /** How many entries of intents match, and are not counted. */
  readonly intents: number
  readonly periods: readonly (Figures & { readonly period: string })[]
  readonly models: readonly (Figures & { readonly model: string })[]
  /** One for each model in each period. */
  readonly cells: readonly Cell[]
}

/** `GET /api/users`. */
export interface TopUsers {
  /** Those with the most calls. */
  readonly users: readonly (Figures & { readonly user: string })[]
  /** How many there are in all. */
  readonly total: number
  /** Those who cost most, in this order. */
  readonly spenders: readonly string[]
  /** One for each spender in each month; those without a name are all other users. */
  readonly cells: readonly Cell[]
}

/** The figures of a group. */
export interface Figures
  extends Pick<SummaryFigures, 'count' | 'costUsd' | 'costUnknown' | 'first' | 'last'> {
  readonly tokens: SummaryTokens
  readonly latencyMs: SummaryLatency | null
  /** How many calls ended how. */
  readonly status: Readonly<Record<string, number>>
}

/** The calls and the cost of a model or a user in a period. */
export interface Cell {
  readonly period: string
  readonly name: string | null
  readonly count: number
  readonly costUsd: number
  /** How many of them have no cost. */
  readonly costUnknown: number
}

/** `GET /api/trust`, and each event of `GET /api/verify`. */
export interface Trust {
  /** `anchored`: whole, and compared with a checkpoint; `unanchored`: whole as far as the log alone can tell. */
  readonly state: 'unverified' | 'running' | 'anchored' | 'unanchored' | 'findings' | 'failed'
  /** How many entries a verification has read so far, or had read when it ended. */
  readonly verified: number
  /** How many it reads in all. */
  readonly size: number
  /** When the last one ended. */
  readonly verifiedAt: string | null
  /** The root over them, in base64, as checkpoints have it. */
  readonly root: string | null
  /** The newest checkpoint that is to be trusted. */
  readonly checkpoint: CheckpointInfo | null
  /** The first of them. */
  readonly findings: readonly Finding[]
  readonly findingCount: number
  /** What was not looked at, in sentences. */
  readonly unchecked: readonly string[]
  /** Why the verification could not be finished, in a sentence. */
  readonly problem: string | null
}

/** The checkpoint that the log is compared with. */
export interface CheckpointInfo {
  readonly origin: string
  readonly size: number
  /** When the newest entry that it covers was recorded. */
  readonly coversUntil: string | null
  /** How many entries came after it. */
  readonly uncovered: number
  readonly witnesses: readonly { readonly name: string; readonly time: string }[]
}

/** The body of every answer that is an error. */
export interface Failure {
  readonly code: string
  readonly message: string
}

/** The names of the filters in the address, of the page and of its server alike. */
export const FILTER_NAMES = [
  'user',
  'model',
  'session',
  'status',
  'since',
  'until',
  'metadata',
  'text',
] as const
export type FilterName = (typeof FILTER_NAMES)[number]
