// node test/golden/generate.ts: writes the golden files. They were made once; a change to them is a change of the format.
// check.py looks at them with none of our code.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLeaf } from '@audit/core/backend'
import { rootOf } from '../../src/merkle/tree.ts'
import { ENTRIES, goldenEntries } from './entries.ts'
import { type GoldenNotes, type GoldenTree, goldenLogOf } from './golden-log.ts'

/** Round the sizes at which a tree changes its shape. */
const SIZES = [1, 2, 3, 255, 256, 257, 511, 512, 513, ENTRIES] as const

const leaves = goldenEntries().map(createLeaf)
const lines = leaves.map(({ line }) => line)
const rootBetween = (start: number, end: number) =>
  toBase64(rootOf(Buffer.concat(leaves.slice(start, end).map(({ hash }) => hash))))

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function tree(): GoldenTree {
  const bounds = [
    [0, 128],
    [0, 256],
    [256, 512],
    [0, 512],
    [512, 576],
    [592, 600],
  ] as const
  return {
    leafHashes: leaves.map(({ hash }) => toBase64(hash)),
    roots: Array.from({ length: ENTRIES + 1 }, (_, size) => rootBetween(0, size)),
    subtrees: bounds.map(([start, end]) => ({ start, end, root: rootBetween(start, end) })),
  }
}

async function notes(): Promise<GoldenNotes> {
  const checkpoints: { size: number; checkpoint: string }[] = []
  const inclusion: { index: number; size: number; proof: string }[] = []
  const consistency: { oldSize: number; size: number; proof: string }[] = []
  for (const size of SIZES) {
    await using log = await goldenLogOf(lines, size)
    const checkpoint = await log.checkpoint()
    for (const index of new Set([0, size >> 1, size - 1])) {
      inclusion.push({ index, size, proof: await log.prove(leaves[index]?.entry.entryId ?? '') })
    }
    for (const older of checkpoints) {
      consistency.push({ oldSize: older.size, size, proof: await log.proveConsistency(older.checkpoint) })
    }
    checkpoints.push({ size, checkpoint })
  }
  return { checkpoints, inclusion, consistency }
}

function write(file: string, text: string): void {
  writeFileSync(join(import.meta.dirname, file), text)
}

write('log.jsonl', lines.map(line => `${line}\n`).join(''))
write('tree.json', `${JSON.stringify(tree(), undefined, 1)}\n`)
write('notes.json', `${JSON.stringify(await notes(), undefined, 1)}\n`)
