/** So many entries for a log that is to be attacked: in each, every field that is stored has something to change. */
export function attackedEntries(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    model: 'm',
    user: i % 2 === 0 ? 'alice' : 'bob',
    inputText: `question ${i}`,
    outputText: 'answer',
    costUsd: 0.25,
    latencyMs: 8,
    metadata: { k: 'v' },
  }))
}
