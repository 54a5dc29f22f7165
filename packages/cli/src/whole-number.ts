import { InvalidArgumentError } from 'commander'

/** Reads the value of an option that takes a whole number from 0. Throws InvalidArgumentError, which commander reports. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value < Number.MAX_SAFE_INTEGER) return value // there is a next one
  throw new InvalidArgumentError('Give a whole number from 0.')
}
