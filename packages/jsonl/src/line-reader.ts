import type { ReadInto } from './line-scanner.ts'
import type { LineTable } from './line-table.ts'

/** Lines that stand this close are read in one go: a second call costs more than these bytes. */
const LARGEST_GAP = 16 * 1024
/** A read ends here, unless it is one line. */
const LARGEST_READ = 1024 * 1024

interface Run {
  readonly start: number
  end: number
  /** Positions in the list of places. */
  readonly members: number[]
}

/** The bytes of the lines at these places, in the order of the places, read in few large pieces. */
export async function readLines(
  read: ReadInto,
  table: LineTable,
  places: readonly number[],
): Promise<Buffer[]> {
  const lines = new Array<Buffer>(places.length)
  const readRun = async ({ start, end, members }: Run) => {
    const bytes = Buffer.allocUnsafe(end - start)
    await read(bytes, start)
    for (const member of members) {
      const place = places[member] ?? 0
      const offset = table.offset(place) - start
      lines[member] = bytes.subarray(offset, offset + table.length(place))
    }
  }
  await Promise.all(runsOf(table, places).map(readRun))
  return lines
}

function runsOf(table: LineTable, places: readonly number[]): readonly Run[] {
  const inFileOrder = places.map((_, member) => member).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))
  const runs: Run[] = []
  let run: Run | undefined
  for (const member of inFileOrder) {
    const start = table.offset(places[member] ?? 0)
    const end = start + table.length(places[member] ?? 0)
    if (run && start - run.end <= LARGEST_GAP && end - run.start <= LARGEST_READ) {
      run.end = end
      run.members.push(member)
    } else {
      run = { start, end, members: [member] }
      runs.push(run)
    }
  }
  return runs
}
