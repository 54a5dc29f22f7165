import { Buffer } from 'node:buffer'

/** How to write the elements of an array: the type's number in `pg_type`, and the bytes of one element. */
interface ElementType<T> {
  readonly oid: number
  readonly lengthOf: (value: T) => number
  /** Writes the bytes of an element at an offset of the array. */
  readonly write: (value: T, array: Buffer, offset: number) => void
}

const TEXT: ElementType<string> = {
  oid: 25,
  lengthOf: value => Buffer.byteLength(value),
  write: (value, array, offset) => {
    array.write(value, offset)
  },
}

const DOUBLE: ElementType<number> = {
  oid: 701,
  lengthOf: () => 8,
  write: (value, array, offset) => {
    array.writeDoubleBE(value, offset)
  },
}

const TIMESTAMPTZ: ElementType<bigint> = {
  oid: 1184,
  lengthOf: () => 8,
  write: (value, array, offset) => {
    array.writeBigInt64BE(value, offset)
  },
}

/** Texts as a `text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return encode(TEXT, values)
}

/** Numbers as a `double precision[]`. */
export function doubleArray(values: readonly (number | null)[]): Buffer {
  return encode(DOUBLE, values)
}

/** Microseconds since the year 2000 as a `timestamptz[]`. */
export function timestampArray(values: readonly bigint[]): Buffer {
  return encode(TIMESTAMPTZ, values)
}

const HEADER_BYTES = 20
const LENGTH_BYTES = 4
/** The length that means NULL. */
const NULL = -1

/**
 * An array of one dimension in PostgreSQL's binary format (`array_recv`). `pg` sends a Buffer unchanged. It would write a
 * JavaScript array as one text, escape each element, and hold each of them several times on the heap.
 */
function encode<T>({ oid, lengthOf, write }: ElementType<T>, values: readonly (T | null)[]): Buffer {
  const lengths = values.map(value => (value === null ? NULL : lengthOf(value)))
  const bytes = lengths.reduce((sum, length) => sum + LENGTH_BYTES + Math.max(length, 0), HEADER_BYTES)
  const array = Buffer.allocUnsafe(bytes)
  // Dimensions, whether any element is NULL, the type; then the length of the one dimension and its first subscript.
  const header = [1, lengths.includes(NULL) ? 1 : 0, oid, values.length, 1]
  header.forEach((field, i) => {
    array.writeInt32BE(field, i * LENGTH_BYTES)
  })
  let offset = HEADER_BYTES
  values.forEach((value, i) => {
    const length = lengths[i] ?? NULL
    offset = array.writeInt32BE(length, offset)
    if (value === null) return
    write(value, array, offset)
    offset += length
  })
  return array
}
