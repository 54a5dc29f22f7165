/** As much as core stores at once. */
const BATCH_ENTRIES = 4096
const BATCH_CHARACTERS = 8 * 1024 * 1024

/** Gathers batches that are worth a write: bounded in entries and in characters. */
export async function* batchesOf<T extends { readonly line: string }>(
  items: AsyncIterable<T>,
): AsyncGenerator<readonly T[], void, undefined> {
  let batch: T[] = []
  let characters = 0
  for await (const item of items) {
    batch.push(item)
    characters += item.line.length
    if (batch.length < BATCH_ENTRIES && characters < BATCH_CHARACTERS) continue
    yield batch
    batch = []
    characters = 0
  }
  if (batch.length > 0) yield batch
}

/** The same items, each of which is fetched while the one before is used. */
export async function* ahead<T>(
  items: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  let next = items.next()
  try {
    for (let item = await next; !item.done; item = await next) {
      next = items.next()
      next.catch(() => {}) // it is thrown where it is awaited, if it ever is
      yield item.value
    }
  } finally {
    await items.return()
  }
}
