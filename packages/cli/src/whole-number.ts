import { InvalidArgumentError } from 'commander'

/** Reads the value of an option that takes a whole number from 0. Throws InvalidArgumentError, which commander reports. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('Give a whole number from 0.')
}
