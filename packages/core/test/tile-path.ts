// The names of tiles in C2SP tlog-tiles, by which published cases name what they hold.

/** A tile; `width` is how many hashes it has, 256 when it is complete. */
export interface Tile {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

const WIDTH = 256
const PATH =
  /^tile\/(?<level>entries|[0-9]|[1-5][0-9]|6[0-3])\/(?<index>(?:x\d{3}\/)*\d{3})(?:\.p\/(?<width>[1-9]\d{0,2}))?$/

export function encodeTilePath({ level, index, width }: Tile): string {
  const groups = [String(index % 1000).padStart(3, '0')]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  }
  return `tile/${level}/${groups.join('/')}${width === WIDTH ? '' : `.p/${width}`}`
}

/** The tile with this path, or `undefined` for a text that is no path of a tile. */
export function decodeTilePath(path: string): Tile | undefined {
  const groups = PATH.exec(path)?.groups
  if (!groups) return undefined
  const level = groups.level === 'entries' ? 'entries' : Number(groups.level)
  const index = Number((groups.index ?? '').replaceAll(/[x/]/g, ''))
  const tile = { level, index, width: Number(groups.width ?? WIDTH) } as const
  return encodeTilePath(tile) === path ? tile : undefined
}

/** Where the tile of a level that holds the leaf is, in a log of this size. */
export function tileOf(level: number | 'entries', place: number, size: number): Tile {
  const index = Math.floor(place / WIDTH)
  return { level, index, width: Math.min(WIDTH, size - index * WIDTH) }
}
