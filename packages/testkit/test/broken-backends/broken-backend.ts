import {
  type AuditBackend,
  type AuditEntry,
  type EntryFields,
  encodeLine,
  type JsonObject,
  type Leaf,
  matches,
  type Selection,
  type SummaryRequest,
} from '@audit/core/backend'
import type { BackendPlace } from '../../src/place.ts'
import { ArrayBackend, type Stored, type StoredRoots } from '../array-backend.ts'

/** A backend with one fault. */
export interface BrokenBackend {
  /** What is wrong with it. */
  readonly fault: string
  /** The id of the case that is there to catch it. */
  readonly caughtBy: string
  /** The methods that are wrong. `correct` is the same instance without the fault; `store` is what all instances share. */
  readonly methods: (correct: ArrayBackend, store: Stored[]) => Partial<AuditBackend>
}

/** A fresh place on which a broken backend stands. */
export function brokenPlace({ methods }: BrokenBackend): BackendPlace {
  const store: Stored[] = []
  const roots: StoredRoots = new Map()
  const make = (isReadOnly: boolean, metadataIndexes: readonly string[] = []) => {
    const correct = new ArrayBackend(store, roots, isReadOnly, metadataIndexes)
    return {
      supports: correct.supports,
      isReadOnly: correct.isReadOnly,
      subtrees: correct.subtrees,
      open: () => correct.open(),
      append: (leaves: readonly Leaf[]) => correct.append(leaves),
      size: () => correct.size(),
      read: (start: number, end: number) => correct.read(start, end),
      find: (selection: Selection) => correct.find(selection),
      count: (selection: Selection) => correct.count(selection),
      leafHashes: (start: number, end: number) => correct.leafHashes(start, end),
      summarize: (request: SummaryRequest) => correct.summarize(request),
      digests: (start: number, end: number) => correct.digests(start, end),
      inspect: () => correct.inspect(),
      close: () => correct.close(),
      ...methods(correct, store),
    }
  }
  return {
    open: () => make(false),
    openReadOnly: () => make(true),
    openIndexed: metadataIndexes => make(false, metadataIndexes),
    teardown() {},
  }
}

type Methods = BrokenBackend['methods']

/** Stores entries changed. */
export function storing(change: (entry: EntryFields) => EntryFields): Methods {
  return correct => ({
    append: leaves =>
      correct.append(leaves.map((leaf): Leaf => ({ ...leaf, line: encodeLine(change(leaf.entry)) }))),
  })
}

/** Stores texts changed: user, input, output. */
export function storingTexts(change: (text: string) => string): Methods {
  return storing(entry => ({
    ...entry,
    user: change(entry.user),
    inputText: change(entry.inputText),
    outputText: change(entry.outputText),
  }))
}

/** Stores metadata changed. */
export function storingMetadata(change: (metadata: JsonObject) => JsonObject): Methods {
  return storing(entry => ({ ...entry, metadata: change(entry.metadata) }))
}

/** Asks for something else than it was asked for. */
export function asking(change: (selection: Selection) => Selection): Methods {
  return correct => ({
    find: async selection => correct.find(change(selection)),
    count: async selection => correct.count(change(selection)),
  })
}

/** Compares one filter in its own way, and the others as it should. */
export function comparing<Key extends keyof Selection>(
  key: Key,
  isMatch: (wanted: NonNullable<Selection[Key]>, entry: AuditEntry, selection: Selection) => boolean,
): Methods {
  return correct => {
    const find = (selection: Selection): Promise<AuditEntry[]> => {
      const { [key]: wanted, ...others } = selection
      // Without its own filter a selection is one still, since `order` is never compared.
      const rest = { order: selection.order, ...others } as Selection
      return correct.select(
        selection,
        entry => matches(rest, entry) && (wanted === undefined || isMatch(wanted, entry, selection)),
      )
    }
    return { find, count: async selection => (await find(selection)).length }
  }
}
