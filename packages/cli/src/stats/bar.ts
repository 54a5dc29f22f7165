const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const FULL = '█'

/** A bar as long as its share of the longest, to an eighth of a column; what is not nothing is never empty. */
export function bar(value: number, longest: number, width: number): string {
  if (value === 0 || longest === 0) return ''
  const eighths = Math.max(Math.round((value / longest) * width * 8), 1)
  return FULL.repeat(Math.floor(eighths / 8)) + BLOCKS[eighths % 8]
}
