import type { Context } from '../context.ts'
import { safeText } from './safe-text.ts'

/** Writes a line for people to standard error, dimmed: what was left out, what to do next. */
export async function note({ stderr }: Context, text: string): Promise<void> {
  await stderr.line(stderr.style('dim', safeText(text)))
}
