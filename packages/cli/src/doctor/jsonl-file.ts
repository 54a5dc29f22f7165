import { open } from 'node:fs/promises'
import type { Diagnosis } from './diagnosis.ts'
import type { FoundFile } from './file-stats.ts'

const SAMPLE_BYTES = 256 * 1024

/** Looks at the beginning and the end of a JSONL file, for what editors and crashes leave. */
export async function examineJsonlFile({ real, stats }: FoundFile): Promise<readonly Diagnosis[]> {
  await using file = await open(real, 'r')
  const size = Number(stats.size)
  const beginning = await bytesAt(file, 0)
  const end = await bytesAt(file, Math.max(size - 1, 0))
  return [{ about: 'format', level: 'ok', message: 'JSON Lines' }, spellingOf(beginning), tailOf(end)]
}

function spellingOf(beginning: Buffer): Diagnosis {
  const about = 'settings'
  const faults = [
    ...(beginning.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))
      ? ['it begins with a byte-order mark']
      : []),
    ...(beginning.includes('\r\n') ? ['its lines end with CRLF'] : []),
  ]
  if (faults.length === 0) return { about, level: 'ok', message: 'UTF-8 lines with LF' }
  return {
    about,
    level: 'warning',
    message: `${faults.join(', and ')}: an editor or git has changed it; its entries still say the same`,
    advice: 'restore the file as it was written, and mark it as binary in .gitattributes',
  }
}

function tailOf(end: Buffer): Diagnosis {
  const about = 'length'
  if (end.length === 0 || end[0] === 0x0a) return { about, level: 'ok', message: 'the last line is complete' }
  return {
    about,
    level: 'note',
    message:
      'the last line has no newline: it is being written, or its writer was killed, and it does not count',
    advice: 'nothing: what was acknowledged is complete',
  }
}

async function bytesAt(file: Awaited<ReturnType<typeof open>>, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, position)
  return buffer.subarray(0, bytesRead)
}
